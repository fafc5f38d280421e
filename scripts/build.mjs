// Compiles the sources to dist/ and makes the command executable. Run by `npm ci` through the prepare script.
import { spawnSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

// Beside dist and then swapped in: a build that fails, or runs twice at a time, leaves a whole one in place.
const fresh = `dist-${process.pid}`;
const stale = `${fresh}-old`;
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], {
  stdio: 'inherit',
});
if (status !== 0) {
  rmSync(fresh, { recursive: true, force: true });
  process.exit(status ?? 1);
}
chmodSync(`${fresh}/lab-cli/main.js`, 0o755);
try {
  renameSync('dist', stale);
} catch (error) {
  if (error.code !== 'ENOENT') throw error; // The first build finds nothing to put aside.
}
renameSync(fresh, 'dist');
rmSync(stale, { recursive: true, force: true });
