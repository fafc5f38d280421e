import { describe, expect, it } from 'vitest';
import type { PortMappingFault, PortMappingProtocol } from '../nat/behaviour.ts';
import { PortMapper, type PortMapperOptions, type PortWish } from './port-mapper.ts';
import { atHome, CLIENT, CLIENT6, EXTERNAL, type Home, NEIGHBOUR, sleepOn } from './testdata/home.ts';

const never = new AbortController().signal;
const WISH: PortWish = { protocol: 'udp', port: 6000, signal: never };
const KINDS: readonly PortMappingProtocol[] = ['pcp', 'nat-pmp', 'igd2', 'igd1'];

/** Has one port mapped by a gateway of this kind, and gives it back. */
async function mapOnce(
  home: Home,
  protocols: readonly PortMappingProtocol[],
  faults: readonly PortMappingFault[] = [],
  wish: Partial<PortWish> = {},
  options: PortMapperOptions = {},
) {
  if (protocols.length > 0) await home.startGateway({ protocols, faults });
  const mapper = new PortMapper(home.client, options);
  const startUs = home.world.now;
  try {
    const lease = await mapper.open({ ...WISH, ...wish });
    const tookMs = (home.world.now - startUs) / 1000;
    const { grant } = lease;
    const rules = [...home.table.rules];
    await mapper.close();
    return { ...grant, tookMs, rules, left: home.table.rules.size, doubt: lease.doubt };
  } finally {
    await mapper.close();
    // A closed socket is closed; TIME-WAIT is not a leak.
    expect(home.client.udp.openCount).toBe(0);
  }
}

describe('port mapping', () => {
  describe.each(KINDS)('by %s', (kind) => {
    it.each(['udp', 'tcp'] as const)('maps a port of %s and gives it back', async (protocol) => {
      const result = await atHome((home) => mapOnce(home, [kind], [], { protocol }));
      expect(result).toMatchObject({ method: kind, external: { address: EXTERNAL, port: 6000 }, lifetimeS: 7200 });
      expect(result.rules).toEqual([[`${protocol} 6000`, `${CLIENT}:6000`]]);
      expect(result.left).toBe(0);
    });

    it('takes the port that it is granted where the wanted one is not to be had', async () => {
      const result = await atHome((home) => {
        home.table.occupied.add(6000);
        return mapOnce(home, [kind]);
      });
      expect(result.external.port).not.toBe(6000);
      expect(result.rules).toEqual([[`udp ${result.external.port}`, `${CLIENT}:6000`]]);
    });

    it('never takes a mapping of another host for its own', async () => {
      const result = await atHome(async (home) => {
        await home.startGateway({ protocols: [kind] });
        const other = new PortMapper(home.neighbour);
        await other.open(WISH);
        const mapped = await mapOnce(home, []);
        const kept = [...home.table.rules];
        await other.close();
        return { ...mapped, kept };
      });
      expect(result.kept).toEqual([['udp 6000', `${NEIGHBOUR}:6000`]]);
      expect(result.external.port).not.toBe(6000);
    });

    it('prolongs a lease before it ends, for as long as it is held', async () => {
      const result = await atHome(async (home) => {
        await home.startGateway({ protocols: [kind] });
        const mapper = new PortMapper(home.client, { lifetimeS: 600 });
        await mapper.open(WISH);
        await sleepOn(home.client, 6_000_000);
        const held = [...home.table.rules];
        await mapper.close();
        return { held, left: home.table.rules.size };
      });
      expect(result).toEqual({ held: [['udp 6000', `${CLIENT}:6000`]], left: 0 });
    });

    it('has the mapping made anew after the gateway has lost it', async () => {
      const changes = await atHome(async (home) => {
        const gateway = await home.startGateway({ protocols: [kind] });
        const mapper = new PortMapper(home.client, { lifetimeS: 600 });
        const lease = await mapper.open(WISH);
        await sleepOn(home.client, 100_000);
        home.table.rules.clear();
        gateway.restart();
        await sleepOn(home.client, 400_000);
        const rules = [...home.table.rules];
        expect(lease.external).toEqual({ address: EXTERNAL, port: 6000 });
        await mapper.close();
        return rules;
      });
      expect(changes).toEqual([['udp 6000', `${CLIENT}:6000`]]);
    });

    it('says that a gateway refuses', async () => {
      await expect(atHome((home) => mapOnce(home, [kind], ['refuses']))).rejects.toMatchObject({ code: 'refused' });
    });

    it('gets over a port that belongs to another host, an address that is wrong, and slowness', async () => {
      const conflict = await atHome((home) => mapOnce(home, [kind], ['conflict']));
      expect(conflict.external.port).not.toBe(6000);
      const usurped = await atHome((home) => mapOnce(home, [kind], ['usurped']));
      expect(usurped.external.port).not.toBe(6000);
      expect(usurped.rules).toEqual([[`udp ${usurped.external.port}`, `${CLIENT}:6000`]]);
      const wrong = await atHome((home) => mapOnce(home, [kind], ['wrong-address'], { observed: EXTERNAL }));
      expect(wrong.doubt).toMatch(/198\.18\.0\.99.*203\.0\.113\.7/);
      expect((await atHome((home) => mapOnce(home, [kind], ['slow']))).external.port).toBe(6000);
    });

    it('calls garbage what is garbage', async () => {
      const error = await atHome((home) => mapOnce(home, [kind], ['garbage'])).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: kind.startsWith('igd') ? 'no-gateway' : 'malformed' });
    });

    it.each(['100.64.3.4', '192.168.0.2', '10.9.9.9'])('sees another NAT behind the address %s', async (external) => {
      const result = atHome(async (home) => {
        home.table.external = external;
        return mapOnce(home, [kind]).finally(() => expect(home.table.rules.size).toBe(0));
      });
      await expect(result).rejects.toMatchObject({ code: 'double-nat', message: expect.stringContaining(external) });
    });
  });

  it('falls back to leases without an end where a gateway knows no others (725)', async () => {
    const result = await atHome((home) => mapOnce(home, ['igd1'], ['permanent-only']));
    expect(result).toMatchObject({ lifetimeS: 0, left: 0, external: { port: 6000 } });
  });

  it('renews every lease at once when an epoch shows that the gateway has forgotten them', async () => {
    const after = await atHome(async (home) => {
      const gateway = await home.startGateway({ protocols: ['nat-pmp'] });
      const mapper = new PortMapper(home.client, { lifetimeS: 7200 });
      await mapper.open(WISH);
      await sleepOn(home.client, 60_000);
      home.table.rules.clear();
      gateway.restart();
      await mapper.open({ ...WISH, port: 6001 });
      await sleepOn(home.client, 5000);
      const rules = [...home.table.rules.keys()];
      await mapper.close();
      return rules;
    });
    expect(after.sort()).toEqual(['udp 6000', 'udp 6001']);
  });

  it('asks by one way where that is enough, and takes an instant', async () => {
    const result = await atHome((home) => mapOnce(home, KINDS));
    expect(result.method).toBe('pcp');
    expect(result.tookMs).toBeLessThan(5);
  });

  it.each([
    ['nat-pmp', 2000],
    ['igd2', 1000],
    ['igd1', 1000],
  ] as const)('finds %s alone soon enough', async (kind, withinMs) => {
    expect((await atHome((home) => mapOnce(home, [kind]))).tookMs).toBeLessThan(withinMs);
  });

  it('uses another way where one refuses', async () => {
    const result = await atHome(async (home) => {
      await home.startGateway({ protocols: ['igd1'] });
      return mapOnce(home, []);
    });
    expect(result.method).toBe('igd1');
  });

  it('keeps to the methods that it may use', async () => {
    const result = await atHome((home) => mapOnce(home, KINDS, [], {}, { methods: ['igd1'] }));
    expect(result.method).toBe('igd1');
  });

  it('says so where there is no gateway, and gives up in time', async () => {
    const outcome = await atHome(async (home) => {
      const error = await mapOnce(home, []).catch((reason: unknown) => reason);
      return { error, tookMs: home.world.now / 1000 };
    });
    expect(outcome.error).toMatchObject({ code: 'no-gateway' });
    expect(outcome.tookMs).toBeLessThan(3000);
  });

  it('stops at once when it is called off', async () => {
    await atHome(async (home) => {
      await home.startGateway({ faults: ['slow'] });
      const mapper = new PortMapper(home.client);
      const abort = new AbortController();
      const opening = mapper.open({ ...WISH, signal: abort.signal });
      home.client.clock.after(100, () => abort.abort(new Error('given up')));
      await expect(opening).rejects.toThrow('given up');
      await sleepOn(home.client, 10_000);
      expect([home.client.udp.openCount, mapper.leases.length]).toEqual([0, 0]);
      await mapper.close();
    });
  });

  describe.each(['pcp', 'igd2'] as const)('for IPv6 by %s', (kind) => {
    it('opens a pinhole, prolongs it, and closes it', async () => {
      const result = await atHome(async (home) => {
        await home.startGateway({ protocols: [kind] });
        const mapper = new PortMapper(home.client, { lifetimeS: 600 });
        const lease = await mapper.open({ ...WISH, family: 6 });
        const opened = [...home.table.pinholes];
        await sleepOn(home.client, 3_000_000);
        const held = [...home.table.pinholes];
        await mapper.close();
        return { external: lease.grant.external, opened, held, left: home.table.pinholes.size };
      });
      const pinhole = [`udp [${CLIENT6}]:6000`];
      expect(result).toEqual({ external: { address: CLIENT6, port: 6000 }, opened: pinhole, held: pinhole, left: 0 });
    });
  });
});
