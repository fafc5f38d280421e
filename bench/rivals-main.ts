import { installGlobals } from '../simulator/world/globals.ts';
import { median, NATS, OURS, play, REFERENCES, summarise } from './rivals.ts';

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
for (const strategy of [OURS, ...REFERENCES]) {
  const results = await play(strategy, trials);
  const summary = summarise(results);
  const { cones, sequential, random } = summary.medianMs;
  const share = `${summary.connected}/${summary.trials}`;
  const packets = `${summary.packets ?? '-'}`;
  print([strategy, `${summary.pairs}/${pairs}`, share, ms(cones), ms(sequential), ms(random), packets]);
  details.push('', `${strategy}: connected trials and median, rows dial`);
  for (const a of NATS) {
    const cells = NATS.map((b) => {
      const of = results.filter(({ cell }) => cell.a === a && cell.b === b);
      const times = of.flatMap(({ outcome, connectMs }) => (outcome === 'connected' ? [connectMs!] : []));
      return `${times.length}/${of.length} ${times.length > 0 ? ms(median(times)) : ''}`.padEnd(14);
    });
    details.push(`  ${a.padEnd(22)}${cells.join('')}`);
  }
}
console.log(details.join('\n'));
