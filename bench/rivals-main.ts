import type { TrialResult } from '../reports/schema.ts';
import { installGlobals } from '../simulator/world/globals.ts';
import { goals } from './goals.ts';
import { cellsOf, NATS, OURS, play, REFERENCES, summarise } from './rivals.ts';

/**
 * `npm run bench:rivals [TRIALS]`: the engine's cascade, without its relay, beside strategies that are implemented as
 * plugins from public descriptions: success, time to a proven pipe, and packets, on the same pairs, links and seeds.
 */
installGlobals();
Error.stackTraceLimit = 0; // As in a worker of the pool.
const trials = Number(process.argv[2] ?? 5);
const pairs = NATS.length ** 2;
const ms = (value: number | undefined) => (value === undefined ? '-' : `${Math.round(value)} ms`);
const print = (cells: readonly string[]) => console.log(cells.map((text) => text.padEnd(13)).join(''));

print(['strategy', 'pairs', 'trials', 'cones', 'sequential', 'random', 'packets']);
const details: string[] = [];
const played = new Map<string, readonly TrialResult[]>();
for (const strategy of [OURS, ...REFERENCES]) {
  const results = await play(strategy, trials);
  played.set(strategy, results);
  const summary = summarise(results);
  const { cones, sequential, random } = summary.medianMs;
  const share = `${summary.connected}/${summary.trials}`;
  const packets = `${summary.packets ?? '-'}`;
  print([strategy, `${summary.pairs}/${pairs}`, share, ms(cones), ms(sequential), ms(random), packets]);
  details.push('', `${strategy}: connected trials and median, rows dial`);
  const cells = cellsOf(results);
  for (const a of NATS) {
    const row = cells.filter((cell) => cell.a === a);
    const texts = row.map(
      ({ connected, trials: of, medianMs }) => `${connected}/${of} ${medianMs === undefined ? '' : ms(medianMs)}`,
    );
    details.push(`  ${a.padEnd(22)}${texts.map((text) => text.padEnd(14)).join('')}`);
  }
}
console.log(details.join('\n'));

console.log(`\n${OURS}, and what it is to achieve`);
for (const { what, measured, limit, unit } of await goals(played)) {
  const [value, most] = [measured, limit].map((number) => (unit === 'ms' ? ms(number) : `${number}`));
  const verdict = measured !== undefined && measured <= limit ? 'ok' : 'MISSED';
  console.log(`  ${what.padEnd(46)}${value!.padEnd(10)}at most ${most!.padEnd(10)}${verdict}`);
  if (verdict === 'MISSED') process.exitCode = 1;
}
