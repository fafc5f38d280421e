import { existsSync } from 'node:fs';
import type { Console } from '../console.ts';
import { loadEngine } from '../engine.ts';
import { nearestWord } from '../scenario/nearest.ts';
import { InputError } from '../scenario/problem.ts';

/** `lab conform`. @returns the exit code: 1 if a plugin fails a check */
export async function conform(what: string, { out, err, outColors }: Console): Promise<number> {
  const names = await pluginsOf(what);
  const { CHECKS } = await import('../conformance/checks.ts');
  const { ConformanceError } = await import('../conformance/check.ts');
  const { registry } = await import('../../core/node/index.ts');
  let failed = 0;
  for (const name of names) {
    out.write(`${outColors.bold(name)}\n`);
    for (const { title, run } of CHECKS) {
      try {
        const found = await run(registry.get(name)!);
        out.write(`${outColors.green('met   ')} ${title}${found ? ` (${found})` : ''}\n`);
      } catch (error) {
        if (!(error instanceof ConformanceError)) throw error;
        failed++;
        out.write(`${outColors.red('FAILED')} ${title}\n       ${error.message}\n`);
      }
    }
  }
  if (failed > 0) err.write(`${failed} of ${CHECKS.length * names.length} checks failed\n`);
  return failed > 0 ? 1 : 0;
}

/** The names of the plugins in a file, or the name itself. */
async function pluginsOf(what: string): Promise<readonly string[]> {
  if (existsSync(what) || /[./\\]/.test(what)) {
    const { pluginFiles } = await loadEngine([what]);
    return pluginFiles.flatMap(({ plugins }) => plugins);
  }
  const names = [...(await loadEngine()).knownPlugins().keys()];
  if (names.includes(what)) return [what];
  const nearest = nearestWord(what, names);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  throw new InputError(`there is no file and no plugin "${what}" (\`lab list plugins\`)${hint}`);
}
