import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['core', 'simulator', 'kernel-lab', 'lab-cli', 'reports', 'bench'];
const FILES = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];
const BUILT = 'dist/lab-cli/main.js';

/** Some tests run the command as people do, so what is built must be what stands in the sources. */
export function setup(): void {
  if (!isStale()) return;
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('the build failed');
}

function isStale(): boolean {
  const built = changedMs(BUILT);
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(name))
      .map((name) => join(folder, name)),
  );
  return [...FILES, ...sources].some((file) => changedMs(file) > built);
}

/** When a file was last written; before all time if there is none. */
function changedMs(file: string): number {
  return statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
