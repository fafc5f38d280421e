import { describe, expect, it } from 'vitest';
import type { Dependence, NatDescription } from './behaviour.ts';
import { discoverNat } from './discovery.ts';
import { discoverLifetime, type LifetimeOptions } from './discovery-lifetime.ts';
import { type Circumstances, PAIRS, play } from './discovery-world.suite.ts';
import type { LifetimeMethod, LifetimeReport } from './lifetime-report.ts';
import type { LifetimeBounds } from './lifetime-search.ts';

/** What a host behind these NATs finds out of lifetimes, after a full discovery. */
function discover(
  nats: readonly NatDescription[],
  options: LifetimeOptions = {},
  circumstances: Circumstances = {},
): Promise<LifetimeReport> {
  return play(nats, circumstances, async ({ host, servers }) => {
    return discoverLifetime(host, await discoverNat(host, servers), options);
  });
}

function expectLifetime({ lifetime }: LifetimeReport, ms: number, withinMs = 2000): void {
  const { aliveMs, goneMs } = lifetime.value as LifetimeBounds;
  expect(aliveMs).toBeLessThanOrEqual(ms);
  expect(goneMs!).toBeGreaterThanOrEqual(ms);
  expect(goneMs! - aliveMs).toBeLessThanOrEqual(withinMs);
}

type Ports = NonNullable<NatDescription['ports']>['allocation'];

/** How a NAT shows that a mapping is gone; undefined: not at all. */
function expectedMethod(
  mapping: Dependence,
  filtering: Dependence,
  ports: Ports,
  hairpins: boolean,
): LifetimeMethod | undefined {
  if (mapping !== 'endpoint-independent') return ports === 'preserving' ? 'collision' : 'remapping';
  if (filtering !== 'endpoint-independent') return 'permission';
  if (hairpins) return 'hairpin';
  return ports === 'preserving' ? undefined : 'remapping';
}

describe('discoverLifetime', () => {
  it.each(PAIRS)('measures $mapping mapping with $filtering filtering where that can be', async (behaviour) => {
    for (const allocation of ['preserving', 'sequential', 'random'] as const) {
      for (const hairpin of ['none', 'internal-source', 'external-source'] as const) {
        const nat: NatDescription = { ...behaviour, hairpin, ports: { allocation }, udp: { timeoutMs: 47_000 } };
        const report = await discover([nat], { maxMs: 300_000 });
        const { mapping, filtering } = behaviour;
        expect(report.method).toBe(expectedMethod(mapping, filtering, allocation, hairpin !== 'none'));
        if (report.method) expectLifetime(report, 47_000);
        else expect(report.lifetime).toMatchObject({ value: 'unknown', why: expect.stringContaining('look like') });
      }
    }
  });

  it.each(['outbound', 'inbound', 'both'] as const)('sees what keeps a mapping alive: %s', async (refresh) => {
    const outbound = { value: refresh !== 'inbound' };
    const inbound = { value: refresh !== 'outbound' };
    for (const behaviour of PAIRS) {
      const nat: NatDescription = {
        ...behaviour,
        hairpin: 'external-source',
        ports: { allocation: 'random' },
        udp: { timeoutMs: 60_000, refresh },
      };
      const report = await discover([nat], { maxMs: 100_000 });
      expect(report.outboundRefresh).toMatchObject(outbound);
      if (behaviour.mapping === 'endpoint-independent') expect(report.inboundRefresh).toMatchObject(inbound);
      else expect(report.inboundRefresh.value).toBe('unknown');
    }
  });

  it('says that a mapping outlives the longest silence, unless it may only look so', async () => {
    const { lifetime } = await discover([{ udp: { timeoutMs: 900_000 } }], { maxMs: 200_000 });
    expect(lifetime).toMatchObject({ value: { aliveMs: 200_000, goneMs: undefined } });
    const remapped: NatDescription = {
      mapping: 'address-dependent',
      ports: { allocation: 'random' },
      udp: { timeoutMs: 900_000 },
    };
    expect((await discover([remapped], { maxMs: 200_000 })).lifetime).toMatchObject({
      value: 'unknown',
      why: expect.stringContaining('made again with the same port'),
    });
  });

  it('measures the shortest of a chain, and sees that a NAT is beyond the nearest router', async () => {
    const home: NatDescription = { udp: { timeoutMs: 180_000 } };
    const carrier: NatDescription = { ports: { allocation: 'random' }, udp: { timeoutMs: 40_000 } };
    const near = await discover([home]);
    expectLifetime(near, 180_000);
    expect(near.distance).toMatchObject({ value: [1, 2] });
    const two = await discover([home, carrier]);
    expectLifetime(two, 40_000);
    expect(two.distance).toMatchObject({ value: [2, 3] });
    const three = await discover([home, {}, carrier]);
    expect(three.distance).toMatchObject({ value: [3, 4] });
  });

  it('does not take a NAT that ICMP errors kill for a far one', async () => {
    const nat: NatDescription = { icmp: { errorEndsMapping: true }, udp: { timeoutMs: 30_000 } };
    const report = await discover([nat, { udp: { timeoutMs: 30_000 }, icmp: { errorEndsMapping: true } }]);
    expectLifetime(report, 30_000);
    expect(report.distance).toMatchObject({ value: 'unknown', why: expect.stringContaining('do harm') });
  });

  it('has nothing to measure where nothing is kept, or nobody answers', async () => {
    const open = await discover([]);
    expect(open.lifetime).toMatchObject({ value: 'unknown', why: expect.stringContaining('nothing is kept') });
    const blocked = await discover([{ blocks: ['udp'] }]);
    expect(blocked.lifetime).toMatchObject({ value: 'unknown', why: 'no answer over UDP' });
    expect(blocked.tookMs).toBe(0);
  });

  it('is never wrong on a line that loses every tenth packet', async () => {
    const link = { latencyUs: 40_000, jitterUs: 20_000, reorder: true, lossPpm: 100_000 };
    let measured = 0;
    for (const behaviour of PAIRS) {
      for (const allocation of ['preserving', 'random'] as const) {
        const nat: NatDescription = {
          ...behaviour,
          hairpin: 'external-source',
          ports: { allocation },
          udp: { timeoutMs: 60_000 },
        };
        const report = await discover([nat], { maxMs: 120_000 }, { link, seed: `lossy ${allocation}` });
        if (report.lifetime.value !== 'unknown') {
          // The look itself takes seconds where answers get lost, and sooner or later is all that it tells.
          expectLifetime(report, 60_000, 12_000);
          measured++;
        }
        expect([true, 'unknown']).toContain(report.outboundRefresh.value);
        expect([false, 'unknown']).toContain(report.inboundRefresh.value);
      }
    }
    expect(measured).toBeGreaterThan(14);
  });

  it('is cancelled by its signal, and leaves nothing behind', async () => {
    for (const afterMs of [100, 30_000, 110_000, 200_000]) {
      const cancelled = play(
        [{ hairpin: 'external-source', udp: { timeoutMs: 60_000 } }],
        {},
        async ({ host, servers }) => {
          const report = await discoverNat(host, servers);
          const abort = new AbortController();
          host.clock.after(afterMs, () => abort.abort());
          return discoverLifetime(host, report, { signal: abort.signal });
        },
      );
      await expect(cancelled).rejects.toMatchObject({ code: 'ECANCELED' });
    }
  });
});
