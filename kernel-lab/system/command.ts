import { spawn } from 'node:child_process';

/** A command of the system that failed. The message holds what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * Runs a command to its end.
 * @param input for its stdin
 * @returns its stdout
 * @throws CommandError if it can't start or does not exit with 0
 */
export function command(file: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (error) => reject(new CommandError(`${file}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(new CommandError(`${file} ${args.join(' ')}: ${signal ?? `exit code ${code}`}: ${err.trim()}`));
    });
    child.stdin.on('error', () => {}); // It ended before it had read everything; its exit code says why.
    child.stdin.end(input);
  });
}

/** Runs a shell script in a network namespace. */
export function inNamespace(namespace: string, script: string, input?: string): Promise<string> {
  return command('nsenter', [`--net=/run/netns/${namespace}`, 'sh', '-ec', script], input);
}

/**
 * Lines for `ip -batch`, in a network namespace, or in our own.
 *
 * @param family where a line does not show it
 */
export async function ip(lines: readonly string[], namespace?: string, family?: 4 | 6): Promise<void> {
  if (lines.length === 0) return;
  const place = namespace === undefined ? [] : ['-n', namespace];
  const args = [...place, ...(family === undefined ? [] : [`-${family}`]), '-batch', '-'];
  await command('ip', args, `${lines.join('\n')}\n`);
}
