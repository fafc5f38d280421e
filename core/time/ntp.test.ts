import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Lab } from '../ports/lab.suite.ts';
import { createRealHost } from '../real/index.ts';
import { startNtpServer } from '../servers/ntp/ntp-server.ts';
import { missing } from '../signal/testdata/certificates.ts';
import { ntpSuite } from './ntp.suite.ts';

ntpSuite(
  'real sockets',
  async (): Promise<Lab> => ({
    hosts: [createRealHost(), createRealHost()],
    addresses: ['127.0.0.1', '127.0.0.1'],
    silent: () => Promise.reject(new Error('nothing here is silent')),
    run: (body) => body(),
    close: async () => {},
  }),
);

const root = process.getuid?.() === 0 ? undefined : 'chronyd runs as root only';
const why = missing('chronyd', '-v') ?? root;

describe.skipIf(why)(`chronyd${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each([0, -2500])('finds by our server that the clock is %i ms off', async (offsetMs) => {
    const server = await startNtpServer(createRealHost(), { address: '127.0.0.1', port: 0, offsetMs });
    // -Q prints the offset and sets nothing.
    const folder = mkdtempSync(join(tmpdir(), 'punchlab-chronyd-'));
    const source = `server 127.0.0.1 port ${server.local.port} iburst`;
    const config = [source, 'cmdport 0', 'bindcmdaddress /', `pidfile ${join(folder, 'pid')}`];
    const { stderr, stdout } = await promisify(execFile)('chronyd', ['-Q', '-t', '15', '-f', '/dev/null', ...config]);
    const found = /System clock wrong by (-?[\d.]+) seconds/.exec(stdout + stderr);
    expect(found, stdout + stderr).not.toBeNull();
    expect(Math.abs(Number(found![1]) * 1000 - offsetMs)).toBeLessThan(200);
    server.close();
    rmSync(folder, { recursive: true });
  });
});
