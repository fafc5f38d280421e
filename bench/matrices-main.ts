import { table } from '../lab-cli/docs/table.ts';
import { isAsExpected, judgeRun, type KindTally, type MatrixVerdict } from './matrices.ts';

/**
 * `npm run bench:matrices DIR…`: finished runs beside what theory says of every cell, as the table of docs/matrices.md. Ends
 * with 1 if a connection is missing that theory is sure of, or one is there that it rules out, or chance was not kept.
 */
const dirs = process.argv.slice(2);
if (dirs.length === 0) {
  console.error('usage: npm run bench:matrices DIR…, where `lab run` wrote to');
  process.exit(2);
}
const verdicts: MatrixVerdict[] = [];
for (const dir of dirs) verdicts.push(await judgeRun(dir));
const heads = ['Scenario', 'Trials', 'Certain', 'By chance', 'Expected', 'Open', 'Impossible'];
console.log(table(heads, verdicts.map(row)));
for (const [index, verdict] of verdicts.entries()) {
  for (const command of verdict.against) console.log(`against theory: ${command}`);
  if (!isAsExpected(verdict)) console.log(`against chance: ${dirs[index]}`);
  if (verdict.against.length > 0 || !isAsExpected(verdict)) process.exitCode = 1;
}

function row({ name, trials, kinds, expected }: MatrixVerdict): string[] {
  const { certain, chance, open, impossible } = kinds;
  const { mean, low, high } = expected;
  const interval = chance.cases === 0 ? '' : `${mean.toFixed(1)}, ${low} to ${high}`;
  return [`\`${name}\``, `${trials}`, text(certain), text(chance), interval, text(open), text(impossible)];
}

function text({ cases, trials, connected }: KindTally): string {
  return cases === 0 ? '' : `${connected} of ${trials} in ${cases}`;
}
