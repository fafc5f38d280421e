import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Writes the API documentation, from the source: Markdown, and beside it `api.json`, the same as a tree.
 *
 * @param root the project's folder
 * @returns what TypeDoc said, and 0 if it had nothing to complain of
 */
export function writeApiDocs(root: string, folder: string): { status: number | null; output: string } {
  const typedoc = join(dirname(createRequire(import.meta.url).resolve('typedoc/package.json')), 'bin/typedoc');
  const args = [typedoc, '--out', folder, '--json', join(folder, 'api.json')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}
