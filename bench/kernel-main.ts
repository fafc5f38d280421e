import { availableParallelism, loadavg } from 'node:os';
import { loadEngine } from '../lab-cli/engine.ts';
import { PHASES } from '../lab-cli/kernel/stopwatch.ts';
import { defaultWorkers } from '../lab-cli/options.ts';
import { loadScenario } from '../lab-cli/scenario/load-scenario.ts';
import { readScenario } from '../lab-cli/scenario/read-scenario.ts';
import { vocabulary } from '../lab-cli/vocabulary.ts';
import { kernelCost } from './kernel-cost.ts';

/**
 * `npm run bench:kernel [SCENARIO [TRIALS [WORKERS]]]`: what a trial through the kernel's NATs costs: part by part, by the
 * clock and of a processor, and what it adds to a run of many at a time.
 */
const [file = 'scenarios/classic.yaml', trials = '3', asked] = process.argv.slice(2);
const { knownPlugins } = await loadEngine();
const scenario = loadScenario(readScenario(file), file, vocabulary(knownPlugins()));
const workers = asked ?? `${defaultWorkers('kernel', scenario.mode)}`;
const before = load();
const { outcomes, wallMs, cpuMs } = await kernelCost({ ...scenario, trials: Number(trials) }, Number(workers));

const print = (...cells: string[]) => console.log(cells.map((cell, at) => cell.padEnd(at === 0 ? 12 : 10)).join(''));
const ms = (value: number) => `${Math.round(value)} ms`;
print('part', 'median', '90%', 'share');
const all = outcomes.map(({ took }) => sum(Object.values(took)));
for (const phase of PHASES) {
  const times = outcomes.flatMap(({ took }) => took[phase] ?? []);
  print(phase, ms(quantile(times, 0.5)), ms(quantile(times, 0.9)), `${Math.round((100 * sum(times)) / sum(all))}%`);
}
print('whole trial', ms(quantile(all, 0.5)), ms(quantile(all, 0.9)));
const unknown = outcomes.filter(({ findings: { inferred } }) => inferred.a === 'unknown' || inferred.b === 'unknown');
console.log(`
A trial takes ${ms(quantile(all, 0.5))} by the clock in the median, most of it waiting, and ${ms(cpuMs / outcomes.length)} of a processor.
${outcomes.length} trials in ${(wallMs / 1000).toFixed(1)} s, ${workers} at a time: one every ${ms(wallMs / outcomes.length)}.
On ${availableParallelism()} processors; load average ${before.toFixed(1)} before and ${load().toFixed(1)} after.
${unknown.length} trials in which a node did not know its NAT.`);
process.exit(0);

/** Processes that want a processor, ours included, over the last minute. */
function load(): number {
  return loadavg()[0]!;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
