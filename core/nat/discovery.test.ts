import { describe, expect, it } from 'vitest';
import type { NatDescription, PortAllocation } from './behaviour.ts';
import { discoverNat } from './discovery.ts';
import { type Circumstances, discover, PAIRS, play } from './discovery-world.suite.ts';
import { type ClassicNat, classicNat } from './nat-report.ts';
import { PRESETS } from './presets.ts';

type Ports = Partial<PortAllocation>;

const ALLOCATIONS: readonly Ports[] = [
  { allocation: 'preserving' },
  { allocation: 'sequential', step: 1 },
  { allocation: 'sequential', step: 2 },
  { allocation: 'random' },
];

describe('discoverNat', () => {
  it.each(PAIRS)('infers all that a NAT with $mapping mapping and $filtering filtering declares', async (behaviour) => {
    for (const ports of ALLOCATIONS) {
      const report = await discover([{ ...behaviour, ports }]);
      const allocation = { allocation: { value: ports.allocation }, step: ports.step ?? 0 };
      expect(report).toMatchObject({
        udp: { value: 'reachable' },
        translation: { value: 'napt' },
        mapping: { value: behaviour.mapping },
        filtering: { value: behaviour.filtering },
        ports: allocation,
        tcp: {
          tcp: { value: 'reachable' },
          translation: { value: 'napt' },
          mapping: { value: behaviour.mapping },
          ports: allocation,
        },
      });
      expect(report.mappings).toHaveLength(3);
      expect(report.tookMs).toBeLessThan(3000);
    }
  });

  it('tells TCP from UDP where a NAT treats them apart', async () => {
    const dependent = { mapping: 'address-and-port-dependent' } as const;
    const report = await discover([{ tcp: dependent }]);
    expect([report.mapping.value, report.tcp.mapping.value]).toEqual([
      'endpoint-independent',
      'address-and-port-dependent',
    ]);
    const other = await discover([{ udp: dependent }]);
    expect([other.mapping.value, other.tcp.mapping.value]).toEqual([
      'address-and-port-dependent',
      'endpoint-independent',
    ]);
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
    expect(classicNat(await discover([PRESETS[name]!.behaviour], { depth: 'quick' }))).toBe(classic);
  });

  it('sees an open host, and a router that does not translate', async () => {
    for (const nats of [[], [{ translation: 'none' as const }]]) {
      const report = await discover(nats);
      expect(report).toMatchObject({
        translation: { value: 'none' },
        portPreserved: { value: true },
        ports: { allocation: { value: 'preserving' } },
        hairpin: { value: 'unknown', why: 'nothing is known to translate' },
        chain: { carrier: { value: false }, nested: { value: false } },
        tcp: { translation: { value: 'none' }, mapping: { value: 'endpoint-independent' } },
      });
      expect(classicNat(report)).toBe('open');
    }
  });

  it('is not fooled by permissions that all sockets of a host share', async () => {
    for (const behaviour of PAIRS) {
      for (const allocation of ['preserving', 'random'] as const) {
        const report = await discover([{ ...behaviour, filterScope: 'host', ports: { allocation } }], {
          depth: 'quick',
        });
        expect([report.mapping.value, report.filtering.value]).toEqual([behaviour.mapping, behaviour.filtering]);
      }
    }
  });

  it.each(PAIRS)('is not fooled by what binds answers to their mapping: $mapping, $filtering', async (behaviour) => {
    for (const ports of ALLOCATIONS) {
      const report = await discover([{ ...behaviour, ports, inboundSession: 'bind' }], { depth: 'quick' });
      expect([report.mapping.value, report.filtering.value]).toEqual([behaviour.mapping, behaviour.filtering]);
      expect([report.ports.allocation.value, report.ports.step]).toEqual([ports.allocation, ports.step ?? 0]);
      expect(report.mappings).toHaveLength(3);
      expect(report.tookMs).toBeLessThan(1000);
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
      ports: { allocation: { value: 'random' } },
      chain: { carrier: { value: 'unknown' }, nested: { value: 'unknown' } },
    });
  });

  it('knows that the gateway’s own address tells of a chain', async () => {
    const chain = await discover([{}, {}], { depth: 'quick', gateway: '100.64.0.2' });
    expect(chain.chain).toMatchObject({ carrier: { value: true }, nested: { value: true } });
    const { mappings } = await discover([{}], { depth: 'quick' });
    const single = await discover([{}], { depth: 'quick', gateway: mappings[0]!.mapped.address });
    expect(single.chain).toMatchObject({ carrier: { value: false }, nested: { value: false } });
  });

  it('tells blocked UDP from a server that is down', async () => {
    const blocked = await discover([{ blocks: ['udp'] }]);
    expect(classicNat(blocked)).toBe('udp-blocked');
    expect(blocked).toMatchObject({
      mapping: { value: 'unknown' },
      ports: { allocation: { value: 'unknown' } },
      tcp: { mapping: { value: 'endpoint-independent' }, ports: { allocation: { value: 'preserving' } } },
    });
    const down = await discover([{}], { server: 'down' });
    expect(down.udp).toMatchObject({ value: 'unknown', why: expect.stringContaining('may be down') });
    const dark = await discover([{ blocks: ['udp', 'tcp'] }], { depth: 'quick' });
    expect(dark).toMatchObject({ udp: { value: 'unknown' }, tcp: { tcp: { value: 'unknown' } } });
    expect(dark.tookMs).toBeLessThan(3000);
    const udpOnly = await discover([{ blocks: ['tcp'] }], { depth: 'quick' });
    expect(udpOnly).toMatchObject({ udp: { value: 'reachable' }, tcp: { tcp: { value: 'unknown' } } });
  });

  it('is cancelled by its signal', async () => {
    const behindAll: [NatDescription, number][] = [
      [{}, 60],
      [{}, 0],
      [{ blocks: ['udp'] }, 1350],
      [{ blocks: ['udp', 'tcp'] }, 1450],
      [{ ports: { allocation: 'random' } }, 900],
      [{ hairpin: 'none' }, 1000],
    ];
    for (const [nat, afterMs] of behindAll)
      await expect(cancelled([nat], afterMs)).rejects.toMatchObject({ code: 'ECANCELED' });
  });

  it('wants a server', async () => {
    await expect(play([], {}, ({ host }) => discoverNat(host, []))).rejects.toThrow(RangeError);
  });
});

function cancelled(nats: readonly NatDescription[], afterMs: number, circumstances: Circumstances = {}) {
  return play(nats, circumstances, async ({ host, servers }) => {
    const abort = new AbortController();
    host.clock.after(afterMs, () => abort.abort());
    return discoverNat(host, servers, { signal: abort.signal });
  });
}

describe('a quick discovery', () => {
  it.each(PAIRS)('finds $mapping mapping and $filtering filtering within a second', async (behaviour) => {
    for (const ports of ALLOCATIONS) {
      const report = await discover([{ ...behaviour, ports }], { depth: 'quick' });
      expect([report.mapping.value, report.filtering.value]).toEqual([behaviour.mapping, behaviour.filtering]);
      expect([report.ports.allocation.value, report.ports.step]).toEqual([ports.allocation, ports.step ?? 0]);
      expect(report.tcp.mapping.value).toBe(behaviour.mapping);
      expect(report.hairpin).toEqual({ value: 'unknown', why: 'not tested' });
      expect(report.tookMs).toBeLessThan(1000);
    }
  });

  it('maps no other socket where ports are kept, and three where they are not', async () => {
    const kept = await discover([{}], { depth: 'quick' });
    expect(kept.ports.samples).toHaveLength(1);
    const changed = await discover([{ ports: { allocation: 'random' } }], { depth: 'quick' });
    expect(changed.ports.samples).toHaveLength(4);
  });

  it.each(PAIRS)('tells a count along with local ports from chance: $mapping, $filtering', async (behaviour) => {
    const report = await discover([{ ...behaviour, ports: { allocation: 'local-sequential', step: 3 } }], {
      depth: 'quick',
    });
    expect([report.ports.allocation.value, report.ports.step]).toEqual(['local-sequential', 3]);
    expect([report.mapping.value, report.filtering.value]).toEqual([behaviour.mapping, behaviour.filtering]);
    expect(report.tookMs).toBeLessThan(1000);
  });

  it('takes no more time on a satellite line than it may', async () => {
    const behaviour: NatDescription = { filtering: 'address-and-port-dependent', ports: { allocation: 'sequential' } };
    const report = await discover([behaviour], { depth: 'quick', link: { latencyUs: 300_000 } });
    expect(report).toMatchObject({
      mapping: { value: 'endpoint-independent' },
      filtering: { value: 'address-and-port-dependent' },
    });
    expect(report.tookMs).toBeLessThanOrEqual(3000);
  });
});

describe('ports', () => {
  it.each([1, -1, 3, -7, 1000])('that count in steps of %d', async (step) => {
    const mapping = 'address-and-port-dependent';
    for (const seed of ['one', 'two']) {
      const report = await discover([{ mapping, ports: { allocation: 'sequential', step } }], { seed });
      expect([report.ports.step, report.tcp.ports.step]).toEqual([step, step]);
      expect(report.ports.contention).toBe(0);
    }
  });

  it('that belong to a block, and how far they were seen to reach', async () => {
    const { ports } = await discover([{ ports: { allocation: 'block', blockSize: 256, range: [20_000, 29_999] } }]);
    expect(ports.allocation.value).toBe('block');
    const [low, high] = ports.range!;
    expect([low >= 20_000, high < 20_256]).toEqual([true, true]);
  });

  it('that others take from the same count', async () => {
    for (const contention of [1, 5, 20, 100]) {
      for (const step of [1, 2, -3]) {
        const ports: Ports = { allocation: 'sequential', step, contention };
        const report = await discover([{ ports }], { seed: `busy ${contention} ${step}` });
        if (report.ports.allocation.value === 'unknown') continue;
        expect([report.ports.allocation.value, report.ports.step]).toEqual(['sequential', step]);
        if (contention < 20) continue;
        expect(report.ports.contention! / contention).toBeGreaterThan(0.3);
        expect(report.ports.contention! / contention).toBeLessThan(3);
      }
    }
  });

  it('that are drawn at random on a busy NAT', async () => {
    const { ports } = await discover([{ ports: { allocation: 'random', contention: 100 } }]);
    expect(ports.allocation.value).toBe('random');
  });

  it('that come from several addresses, each with a count of its own', async () => {
    const nat: NatDescription = { addresses: 3, pooling: 'arbitrary', ports: { allocation: 'sequential', step: 2 } };
    const { ports } = await discover([nat]);
    expect([ports.allocation.value, ports.step]).toEqual(['sequential', 2]);
    expect(new Set(ports.samples.map(({ mapped }) => mapped.address)).size).toBe(3);
  });

  it('whose parity is kept', async () => {
    for (const allocation of ['preserving', 'random'] as const) {
      const { ports } = await discover([{ ports: { allocation, parity: true } }]);
      expect(ports.allocation.value).toBe(allocation);
    }
  });
});
