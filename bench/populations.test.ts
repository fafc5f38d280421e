import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../lab-cli/package-root.ts';
import { Workload } from '../lab-cli/pool/workload.ts';
import { OutputDirectory } from '../lab-cli/run/output-directory.ts';
import { resultLine } from '../lab-cli/run/result-line.ts';
import { runInfo } from '../lab-cli/run/run-info.ts';
import { loadScenario } from '../lab-cli/scenario/load-scenario.ts';
import { knownPlugins, runTrial } from '../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../lab-cli/vocabulary.ts';
import { marginalTable, marginalValues } from './populations.ts';

const shipped = (file: string) => readFileSync(join(packageRoot(), file), 'utf8');
/** The cells of a Markdown table's rows, the heads apart. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| `.*$/gm)].map(([line]) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it('what each plugin is worth in homes is what the documentation says', { timeout: 120_000 }, async () => {
  const yaml = shipped('scenarios/population-home.yaml');
  const scenario = { ...loadScenario(yaml, 'home.yaml', vocabulary(knownPlugins())), trials: 1 };
  const dir = mkdtempSync(join(tmpdir(), 'punchlab-'));
  try {
    const output = new OutputDirectory(dir);
    const work = new Workload(scenario);
    for (let index = 0; index < work.size; index++) output.append(resultLine(await runTrial(work.at(index))));
    const outcome = { interrupted: false, expectations: [], startedAt: new Date(0), wallMs: 0, workers: 1 };
    output.commit(runInfo(scenario, yaml, { ...outcome, outcomes: new Map() }));
    const ours = rowsOf(marginalTable([await marginalValues(dir)]));
    const [, documented] = /<!-- marginal -->([\s\S]*?)<!-- end of marginal -->/.exec(shipped('docs/populations.md'))!;
    const theirs = rowsOf(documented!);
    expect(ours.map(([plugin]) => plugin)).toEqual(theirs.map(([plugin]) => plugin));
    for (const [row, [plugin, ...cells]] of ours.entries()) {
      for (const [column, cell] of cells.entries()) {
        const away = Math.abs(Number.parseFloat(cell) - Number.parseFloat(theirs[row]![column + 1]!));
        // A search that fails by chance is worth less than a point here.
        expect(away, `${plugin} ${cell} ${theirs[row]![column + 1]}`).toBeLessThan(1);
      }
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('a run that says nothing of it is refused', async () => {
  await expect(marginalValues(join(packageRoot(), 'absent'))).rejects.toThrow('ENOENT');
});
