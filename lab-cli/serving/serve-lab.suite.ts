import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealHost } from '../../core/real/index.ts';
import { freePort } from '../network/free-port.suite.ts';
import { parseServerLink, type ServerLink } from '../network/server-link.ts';
import { type Ended, startLab } from '../run-lab.suite.ts';

export interface ServingLab {
  readonly link: string;
  readonly servers: ServerLink;
  readonly metricsUrl: string;
  readonly pid: number;
  /** A directory of its own, gone after {@link ServingLab.stop}. */
  readonly directory: string;
  /** The lines of its log so far. */
  log(): readonly Readonly<Record<string, unknown>>[];
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Ports that are free now, for a configuration on the loopback. */
export async function freeConfig(more: readonly string[] = []): Promise<string> {
  const host = createRealHost();
  const ports: number[] = [];
  while (ports.length < 7) {
    const port = await freePort(host);
    if (!ports.includes(port) && port < 49_152) ports.push(port);
  }
  const [stun, alternate, turn, mqtt, metrics, names, ntp] = ports;
  const keys = new Set(more.map((line) => line.split(':')[0]));
  const lines = [
    'schema: 1',
    'addresses: [127.0.0.1, 127.0.0.2]',
    `stun: { port: ${stun}, alternatePort: ${alternate} }`,
    `turn: { port: ${turn}, privatePeers: true }`,
    `mqtt: { port: ${mqtt} }`,
    `names: { port: ${names} }`,
    `ntp: { port: ${ntp} }`,
    `metrics: { port: ${metrics} }`,
  ];
  return [...lines.filter((line) => !keys.has(line.split(':')[0]!)), ...more, ''].join('\n');
}

/** `lab serve` on the loopback, ready. */
export async function serveLab(
  yaml?: string,
  directory = mkdtempSync(join(tmpdir(), 'lab-serve-')),
  more: readonly string[] = ['--print-link'],
): Promise<ServingLab> {
  const config = yaml ?? (await freeConfig());
  writeFileSync(join(directory, 'serve.yaml'), config);
  const { process, ended } = startLab(['serve', 'serve.yaml', '--state', 'state', ...more], directory);
  let out = '';
  let err = '';
  const ready = new Promise<void>((resolve) => {
    process.stderr!.on('data', (text: string) => {
      err += text;
      if (err.includes('"ready"') && out.includes('\n')) resolve();
    });
    process.stdout!.on('data', (text: string) => {
      out += text;
      if (err.includes('"ready"') && out.includes('\n')) resolve();
    });
  });
  const lost = ended.then(({ code, err: said }) => Promise.reject(new Error(`lab serve ended with ${code}: ${said}`)));
  await Promise.race([ready, lost]);
  lost.catch(() => {}); // From here on it may end as it likes.
  const log = () =>
    err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const metrics = log().find(({ server }) => server === 'metrics');
  return {
    link: out.trim(),
    servers: parseServerLink(out.trim()),
    metricsUrl: `http://${metrics?.endpoint}`,
    pid: process.pid!,
    directory,
    log,
    stop: async (signal = 'SIGTERM') => {
      process.kill(signal);
      const end = await ended;
      rmSync(directory, { recursive: true, force: true });
      return end;
    },
  };
}
