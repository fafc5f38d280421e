import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../package-root.ts';
import { serveLab } from '../serving/serve-lab.suite.ts';

const MAIN = join(packageRoot(), 'dist/lab-cli/main.js');
const text = readFileSync(join(packageRoot(), 'docs/field.md'), 'utf8');

/** A command of the page, with the command that is built in place of the one that people install. */
function command(number: number): string {
  const [, line] = new RegExp(`<!-- field-${number} -->\\n\\n\`\`\`sh\\n(.*)\\n\`\`\``).exec(text)!;
  return line!.replace('npx lab', `"${process.execPath}" "${MAIN}"`);
}

function shell(line: string, cwd: string, link: string, until?: RegExp): Promise<{ code: number | null; err: string }> {
  const child = spawn('sh', ['-c', line], {
    cwd,
    env: { ...process.env, HOME: cwd, LINK: link },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  return new Promise((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      err += more;
      if (until?.test(err)) resolve({ code: null, err });
    });
    child.on('close', (code) => resolve({ code, err }));
  });
}

it('takes a newcomer from nothing to a connection in three commands', { timeout: 60_000 }, async () => {
  if (process.platform === 'win32') return;
  // The first command is this one, but for the address.
  expect(command(1)).toMatch(/ serve --address 203\.0\.113\.5$/);
  const serving = await serveLab();
  const [first, second] = ['first', 'second'].map((name) => mkdtempSync(join(tmpdir(), `lab-${name}-`))) as [
    string,
    string,
  ];
  const payload = randomBytes(300_000);
  writeFileSync(join(second, 'payload'), payload);
  try {
    const bind = (line: string) => line.replace(' --servers', ' --bind 127.0.0.1 --servers');
    const node = shell(`${bind(command(2))}; tar x -f got.tar`, first, serving.link);
    const waiting = async () => {
      for (let tries = 0; tries < 20; tries++) {
        const { code } = await shell(bind(command(3)), second, serving.link);
        if (code === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 500)); // The first host has not taken its name yet.
      }
    };
    await waiting();
    expect((await node).code).toBe(0);
    expect(readFileSync(join(first, 'payload')).equals(payload)).toBe(true);
  } finally {
    await serving.stop();
    for (const directory of [first, second]) rmSync(directory, { recursive: true, force: true });
  }
});
