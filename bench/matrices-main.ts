import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../lab-cli/docs/table.ts';
import { packageRoot } from '../lab-cli/package-root.ts';
import { isAsExpected, judgeRun, type KindTally, type MatrixVerdict, shareOfPossible } from './matrices.ts';
import { EACH, MATRICES, type MatrixRun, RACES, runsOf } from './matrix-runs.ts';

/**
 * `npm run bench:matrices [-- NAME…] [--trials N] [--workers N]`: plays the matrices, or some of them, and prints what theory
 * says of every cell beside what was found, as the tables of docs/matrices.md. With directories in place of names: judges
 * what `lab run` wrote there. Ends with 1 if a connection is missing that theory is sure of, or one is there that it rules
 * out, or chance was not kept.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trials: { type: 'string', default: '20' }, workers: { type: 'string' } },
});

const own = positionals.filter((name) => !MATRICES.includes(name));
if (own.length > 0) {
  const verdicts: MatrixVerdict[] = [];
  for (const dir of own) verdicts.push(await judgeRun(dir));
  for (const lossless of [true, false]) print(verdicts.filter((verdict) => verdict.lossless === lossless));
} else {
  const matrices = positionals.length > 0 ? positionals : MATRICES;
  for (const way of [...RACES, EACH]) {
    const verdicts: MatrixVerdict[] = [];
    for (const matrix of matrices.filter((name) => runsOf(name).includes(way))) {
      verdicts.push(await judgeRun(played(matrix, way)));
    }
    if (verdicts.length > 0) console.log(`\n**${way.title}**\n`);
    print(verdicts);
  }
}

/** @returns the directory */
function played(matrix: string, { slug, changes: { mode, plugins, link } }: MatrixRun): string {
  const dir = join('out/matrices', `${matrix}-${slug}`);
  const changes = ['--mode', mode!, '--plugins', plugins!.join(','), '--link', link!];
  const workers = values.workers === undefined ? [] : ['--workers', values.workers];
  const { status, signal } = spawnSync(
    process.execPath,
    [
      join(packageRoot(), 'dist/lab-cli/main.js'),
      ...['run', join(packageRoot(), `scenarios/${matrix}.yaml`), ...changes],
      ...['--trials', values.trials, ...workers, '-o', dir],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) process.exit(signal === null ? status! : 130);
  return dir;
}

/** @param verdicts all of them lossless, or none */
function print(verdicts: readonly MatrixVerdict[]): void {
  if (verdicts.length === 0) return;
  const measure = verdicts[0]!.lossless ? 'Expected' : 'Of what can be';
  const heads = ['Scenario', 'Trials', 'Certain', 'By chance', measure, 'Open', 'Impossible'];
  console.log(table(heads, verdicts.map(row)));
  for (const verdict of verdicts) {
    for (const command of verdict.against) console.log(`against theory: ${command}`);
    if (!isAsExpected(verdict)) console.log(`against chance: ${verdict.dir}`);
    if (verdict.against.length > 0 || !isAsExpected(verdict)) process.exitCode = 1;
  }
}

function row(verdict: MatrixVerdict): string[] {
  const { name, trials, kinds } = verdict;
  const { certain, chance, open, impossible } = kinds;
  return [`\`${name}\``, `${trials}`, text(certain), text(chance), expectedText(verdict), text(open), text(impossible)];
}

function expectedText(verdict: MatrixVerdict): string {
  const { mean, low, high } = verdict.expected;
  if (!verdict.lossless) return `${(100 * shareOfPossible(verdict)).toFixed(2)} %`;
  return verdict.kinds.chance.cases === 0 ? '' : `${mean.toFixed(1)}, ${low} to ${high}`;
}

function text({ cases, trials, connected }: KindTally): string {
  return cases === 0 ? '' : `${connected} of ${trials} in ${cases}`;
}
