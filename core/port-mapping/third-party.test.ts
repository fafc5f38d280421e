import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const HERE = fileURLToPath(new URL('./testdata/third-party', import.meta.url));
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const WRAPPER = ['-Urnmpf', '--mount-proc', '--kill-child'];

function has(program: string): boolean {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH: path } }).status === 0;
}

/** Why a home of namespaces can't be made here; undefined: it can. */
function obstacle(...programs: string[]): string | undefined {
  const missing = ['unshare', 'ip', 'nft', 'bash', 'timeout', ...programs].filter((program) => !has(program));
  if (missing.length > 0) return `skipped: no ${missing.join(', ')}`;
  const probe = 'mount -t tmpfs none /run && mkdir /run/netns && ip netns add x && echo yes';
  const { stdout } = spawnSync('unshare', [...WRAPPER, 'sh', '-c', probe], { encoding: 'utf8', timeout: 10_000 });
  return stdout?.trim() === 'yes' ? undefined : 'skipped: no user namespaces for ordinary users here';
}

/** Runs a command on the client of network.sh, with this gateway on the router. */
function atHome(kind: 'miniupnpd' | 'own', ...command: string[]): { client: string; gateway: string } {
  const scratch = mkdtempSync(join(tmpdir(), 'punchlab-gateway-'));
  try {
    const script = [join(HERE, 'network.sh'), kind, process.execPath, DIST, scratch, ...command];
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    const options = { encoding: 'utf8', timeout: 110_000, env, maxBuffer: 1 << 24 } as const;
    const { stdout, stderr } = spawnSync('unshare', [...WRAPPER, 'bash', ...script], options);
    const [client = '', gateway = ''] = stdout.split('--- gateway\n');
    return { client: client || stderr, gateway };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const ownTest = (kind: 'miniupnpd' | 'own', ...wishes: string[]) =>
  atHome(kind, process.execPath, join(HERE, 'client.mjs'), DIST, ...wishes)
    .client.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const noDaemon = obstacle('miniupnpd');
const noHome = obstacle();

describe.skipIf(noDaemon)(`our client and miniupnpd (${noDaemon ?? 'in network namespaces'})`, () => {
  it('get on by every protocol; what is mapped is reached from outside, and afterwards it is not', {
    timeout: 120_000,
  }, () => {
    const wishes = ['pcp', 'nat-pmp', 'igd2'].flatMap((method) => [`${method}/udp/4`, `${method}/tcp/4`]);
    const pinholes = ['pcp', 'igd2'].flatMap((method) => [`${method}/udp/6`, `${method}/tcp/6`]);
    const results = ownTest('miniupnpd', ...wishes, ...pinholes);
    const expected = [...wishes, ...pinholes].map((wish) => {
      const [method, , family] = wish.split('/');
      const external = family === '4' ? '11.0.0.10' : '2001:db8:1::2';
      const by = family === '6' && method === 'igd2' ? 'pinhole' : method;
      return { wish, method: by, external, samePort: true, lifetimeS: 600, received: 1, receivedAfterwards: 0 };
    });
    expect(results).toEqual(expected);
  });

  it('find another port where another host has the one that is wanted', { timeout: 120_000 }, () => {
    const wishes = [
      'pcp/udp/4/taken',
      'pcp/tcp/4/taken',
      'nat-pmp/tcp/4/taken',
      'igd2/udp/4/taken',
      'igd2/tcp/4/taken',
    ];
    const results = ownTest('miniupnpd', ...wishes);
    const reached = { external: '11.0.0.10', samePort: false, received: 1, receivedAfterwards: 0 };
    expect(results).toEqual(wishes.map((wish) => expect.objectContaining({ wish, ...reached })));
  });

  it('let two nodes meet, over TCP and over UDP, by the plugin and nothing else', { timeout: 120_000 }, () => {
    const { client } = atHome(
      'miniupnpd',
      process.execPath,
      join(HERE, 'pair.mjs'),
      DIST,
      'at-home',
      'stream',
      'datagram',
    );
    expect(JSON.parse(client.trim().split('\n').at(-1)!)).toEqual({
      external: '11.0.0.10',
      stream: ['port-mapping', 'tcp', 'direct', 'over stream'],
      datagram: ['port-mapping', 'udp', 'direct', 'over datagram'],
    });
  });
});

describe.skipIf(noHome)(`our gateway over real sockets (${noHome ?? 'in network namespaces'})`, () => {
  const run = noHome ? { client: '', gateway: '' } : atHome('own', 'bash', join(HERE, 'stock.sh'), process.execPath);
  const saidTo = (title: string) => run.client.split(`--- ${title}\n`)[1]?.split('--- ')[0] ?? '';
  const stock = (name: string, test: () => void) => {
    const why = obstacle(name);
    it.skipIf(why)(`serves ${name}${why ? ` (${why})` : ''}`, test);
  };

  stock('upnpc', () => {
    expect(saidTo('upnpc adds')).toContain('external 11.0.0.10:6001 UDP is redirected to internal 10.0.1.2:6001');
    expect(saidTo('upnpc lists')).toMatch(/UDP {2}6001->10\.0\.1\.2:6001 {2}'test' '' 5\d\d/);
    expect(saidTo('upnpc deletes')).toContain('UPNP_DeletePortMapping() returned : 0');
    expect(saidTo('upnpc any')).toContain('external 11.0.0.10:6002 TCP is redirected to internal 10.0.1.2:6002');
    expect(saidTo('upnpc pinhole')).toMatch(/AddPinhole.*Pinhole ID = \d/);
    for (const line of ['map udp 6001 10.0.1.2 6001', 'unmap udp 6001', 'map tcp 6002 10.0.1.2 6002']) {
      expect(run.gateway).toContain(line);
    }
    expect(run.gateway).toContain('open udp 2001:db8:1::2 6003');
  });

  stock('natpmpc', () => {
    expect(saidTo('natpmpc adds')).toContain('Public IP address : 11.0.0.10');
    expect(saidTo('natpmpc adds')).toContain('Mapped public port 6004 protocol TCP to local port 6004 liftime 600');
    expect(run.gateway).toContain('map tcp 6004 10.0.1.2 6004\nunmap tcp 6004');
  });

  it('serves nat-upnp', () => {
    expect(saidTo('nat-upnp')).toBe('external 11.0.0.10\nmapped 6002 6005\n');
    expect(run.gateway).toContain('map udp 6005 10.0.1.2 6006\nunmap udp 6005');
  });

  it('serves @achingbrain/nat-port-mapper', () => {
    expect(saidTo('nat-port-mapper')).toBe('external 11.0.0.10\nmapped 6007 6007 TCP\n');
    expect(run.gateway).toContain('map tcp 6007 10.0.1.2 6007');
  });

  it('serves our own client, and nat-upnp in its place', { timeout: 60_000 }, () => {
    const results = ownTest('own', 'nat-upnp/udp/4', 'nat-upnp/tcp/4', 'igd1/udp/4', 'igd2/tcp/6', 'pcp/tcp/6');
    expect(results.map(({ method, samePort }) => [method, samePort])).toEqual([
      ['nat-upnp', true],
      ['nat-upnp', true],
      ['igd1', true],
      ['pinhole', true],
      ['pcp', true],
    ]);
  });
});
