import { describe, expect, it } from 'vitest';
import { type LinkModel, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { startStunServer } from '../servers/stun/stun-server.ts';
import { type Dependence, type NatDescription, resolveBehaviour } from './behaviour.ts';
import { discoverNat } from './discovery.ts';
import { type ClassicNat, classicNat, type NatReport } from './nat-report.ts';
import { PRESETS } from './presets.ts';

const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];
const PAIRS = DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => ({ mapping, filtering })));

interface Circumstances {
  readonly seed?: string;
  readonly link?: LinkModel;
  readonly server?: 'up' | 'down';
  readonly abortAfterMs?: number;
}

/** What a host behind these NATs, host side first, finds out. */
async function discover(nats: readonly NatDescription[], circumstances: Circumstances = {}): Promise<NatReport> {
  const { seed = 'discovery', link = { latencyUs: 20_000 }, server: state = 'up', abortAfterMs } = circumstances;
  const world = new World({ seed });
  const net = new Topology(world);
  const server = net.server('stun', { link: symmetricLink({ latencyUs: 500 }), addresses: 2 });
  const { host } = net.side('client', { nats: nats.map(resolveBehaviour), link: symmetricLink(link) });
  const [first, second] = server.interfaces()[1]!.addresses.map(({ address }) => address) as [string, string];
  const primary = { address: first, port: 3478 };
  const abort = new AbortController();
  const result = await world.run(async () => {
    if (state === 'up') await startStunServer(server, { primary, alternate: { address: second, port: 3479 } });
    if (abortAfterMs !== undefined) host.clock.after(abortAfterMs, () => abort.abort());
    const report = await discoverNat(host, primary, { signal: abort.signal });
    expect(host.udp.openCount).toBe(0);
    return report;
  });
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(`the world ended: ${result.outcome}`);
  return result.value;
}

describe('discoverNat', () => {
  it.each(PAIRS)('sees $mapping mapping and $filtering filtering through a NAT that does so', async (behaviour) => {
    for (const allocation of ['preserving', 'sequential', 'random'] as const) {
      const report = await discover([{ ...behaviour, ports: { allocation } }]);
      expect(report).toMatchObject({
        udp: { value: 'reachable' },
        translation: { value: 'napt' },
        mapping: { value: behaviour.mapping },
        filtering: { value: behaviour.filtering },
      });
      expect(report.tookMs).toBeLessThan(1000);
      expect(report.mappings).toHaveLength(3);
    }
  });

  it.each(Object.entries(PRESETS))('infers of the preset %s what it declares', async (_name, { behaviour }) => {
    const declared = resolveBehaviour(behaviour);
    const report = await discover([behaviour]);
    if (declared.blocks.includes('udp')) {
      expect(report.udp.value).toBe('blocked');
      return;
    }
    const { mapping, filtering } = declared.udp;
    expect(report).toMatchObject({
      translation: { value: declared.translation },
      mapping: { value: declared.translation === 'none' ? 'endpoint-independent' : mapping },
      filtering: { value: declared.translation === 'none' ? 'endpoint-independent' : filtering },
    });
  });

  it.each<[string, ClassicNat]>([
    ['open', 'open'],
    ['full-cone', 'full-cone'],
    ['restricted-cone', 'restricted-cone'],
    ['port-restricted-cone', 'port-restricted-cone'],
    ['symmetric', 'symmetric'],
    ['symmetric-sequential', 'symmetric'],
    ['udp-blocked', 'udp-blocked'],
  ])('calls the preset %s by the classic name %s', async (name, classic) => {
    expect(classicNat(await discover([PRESETS[name]!.behaviour]))).toBe(classic);
  });

  it('sees an open host, and a router that does not translate', async () => {
    for (const nats of [[], [{ translation: 'none' as const }]]) {
      const report = await discover(nats);
      expect(report.translation.value).toBe('none');
      expect(classicNat(report)).toBe('open');
      expect(report.portPreserved.value).toBe(true);
    }
  });

  it('is not fooled by permissions that all sockets of a host share', async () => {
    for (const behaviour of PAIRS) {
      const report = await discover([{ ...behaviour, filterScope: 'host' }]);
      expect([report.mapping.value, report.filtering.value]).toEqual([behaviour.mapping, behaviour.filtering]);
    }
  });

  it('sees the strictest of a chain', async () => {
    const carrier: NatDescription = {
      mapping: 'address-dependent',
      filtering: 'endpoint-independent',
      ports: { allocation: 'random' },
    };
    const report = await discover([{ filtering: 'address-dependent' }, carrier]);
    expect(report).toMatchObject({
      mapping: { value: 'address-dependent' },
      filtering: { value: 'address-dependent' },
      portPreserved: { value: false },
    });
  });

  it('shows the step of a NAT that counts', async () => {
    const counting: NatDescription = {
      mapping: 'address-and-port-dependent',
      ports: { allocation: 'sequential', step: 3 },
    };
    const ports = (await discover([counting])).mappings.map(({ mapped }) => mapped.port);
    expect(ports.map((port) => port - ports[0]!)).toEqual([0, 3, 6]);
  });

  it('tells blocked UDP from a server that is down', async () => {
    const blocked = await discover([{ blocks: ['udp'] }]);
    expect(classicNat(blocked)).toBe('udp-blocked');
    expect(blocked.tookMs).toBeLessThan(2000);
    const down = await discover([{}], { server: 'down' });
    expect(down.udp).toMatchObject({ value: 'unknown', why: expect.stringContaining('may be down') });
    const dark = await discover([{ blocks: ['udp', 'tcp'] }]);
    expect(dark.udp.value).toBe('unknown');
    expect(dark.tookMs).toBeLessThan(3000);
  });

  it('never mistakes one kind for another on a line that loses every tenth packet', async () => {
    const link = { latencyUs: 40_000, jitterUs: 20_000, reorder: true, lossPpm: 100_000 };
    let certain = 0;
    for (const behaviour of PAIRS) {
      for (let trial = 0; trial < 20; trial++) {
        const report = await discover([behaviour], { seed: `lossy ${trial}`, link });
        for (const axis of ['mapping', 'filtering'] as const) {
          expect([behaviour[axis], 'unknown']).toContain(report[axis].value);
          if (report[axis].value !== 'unknown') certain++;
        }
        expect(report.tookMs).toBeLessThanOrEqual(3000);
      }
    }
    // Of 360: caution must not become a habit.
    expect(certain).toBeGreaterThan(350);
  });

  it('takes no more time on a satellite line than it may', async () => {
    const report = await discover([{ filtering: 'address-and-port-dependent' }], { link: { latencyUs: 300_000 } });
    expect(report).toMatchObject({ filtering: { value: 'address-and-port-dependent' } });
    expect(report.tookMs).toBeLessThanOrEqual(3000);
  });

  it('is cancelled by its signal', async () => {
    await expect(discover([{}], { abortAfterMs: 60 })).rejects.toMatchObject({ code: 'ECANCELED' });
    await expect(discover([{ blocks: ['udp'] }], { abortAfterMs: 1450 })).rejects.toMatchObject({ code: 'ECANCELED' });
    await expect(discover([{}], { abortAfterMs: 0 })).rejects.toMatchObject({ code: 'ECANCELED' });
  });
});
