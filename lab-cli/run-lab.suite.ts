import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

/** How a run of the command ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the command that people install. */
export function startLab(args: readonly string[], cwd: string): { process: ChildProcess; ended: Promise<Ended> } {
  const main = join(packageRoot(), 'dist/lab-cli/main.js');
  const process = spawn(globalThis.process.execPath, [main, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<Ended>((resolve, reject) => {
    let out = '';
    let err = '';
    process.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    process.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    process.on('error', reject);
    process.on('close', (code) => resolve({ code, out, err }));
  });
  return { process, ended };
}

export function lab(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return startLab(args, cwd).ended;
}
