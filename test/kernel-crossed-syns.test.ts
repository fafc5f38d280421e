import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { sandboxCommand, whyNoIpv6, whyNoKernelLab } from '../kernel-lab/index.ts';

const PROGRAM = fileURLToPath(new URL('programs/cross-syns.mjs', import.meta.url));
const LIMIT_MS = 120_000;
const why = (await whyNoKernelLab()) ?? whyNoIpv6();
const what = 'SYNs that cross after one was refused by ICMP connect: conntrack looks at no sequence numbers';

it.skipIf(why)(`${what}${why ? ` (skipped: ${why})` : ''}`, { timeout: LIMIT_MS }, async () => {
  const { file, args } = await sandboxCommand(process.execPath, [PROGRAM]);
  const options = { encoding: 'utf8', timeout: LIMIT_MS - 10_000, killSignal: 'SIGKILL' } as const;
  const { alone, together } = JSON.parse(execFileSync(file, args, options)) as Record<string, string[]>;
  // An administrator's prohibition to the one, and the reset of a host that nobody listens on to the other.
  expect(alone).toEqual(['EACCES', 'ECONNREFUSED']);
  expect(together).toEqual(['connected', 'connected']);
});
