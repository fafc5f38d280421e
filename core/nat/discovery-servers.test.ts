import { describe, expect, it } from 'vitest';
import { type LinkModel, type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { answerBinding } from '../servers/stun/binding.ts';
import { listenFramed } from '../servers/stun/framed-tcp.ts';
import { startStunServer } from '../servers/stun/stun-server.ts';
import { decodeMessage } from '../wire/stun/decode-message.ts';
import { type NatDescription, resolveBehaviour } from './behaviour.ts';
import { type DiscoveryOptions, discoverNat } from './discovery.ts';
import { PAIRS } from './discovery-world.suite.ts';
import { classicNat, type NatReport } from './nat-report.ts';

/** `plain` has one address, `able` two and two ports (RFC 5780), `down` is silent. */
type Kind = 'plain' | 'able' | 'down';

interface Circumstances extends DiscoveryOptions {
  readonly seed?: string;
  readonly link?: LinkModel;
  /** What the host is told to ask. @default the servers' primary endpoints */
  readonly list?: (servers: readonly (readonly [Endpoint, Endpoint])[]) => readonly Endpoint[];
}

/** What a host behind a NAT finds out with these servers, the first best. */
async function discover(
  nat: NatDescription,
  kinds: readonly Kind[],
  { seed = 'servers', link = { latencyUs: 20_000 }, list, ...options }: Circumstances = {},
): Promise<NatReport> {
  const world = new World({ seed });
  const net = new Topology(world);
  const { host } = net.side('client', { nats: [resolveBehaviour(nat)], link: symmetricLink(link) });
  const result = await world.run(async () => {
    const servers: [Endpoint, Endpoint][] = [];
    for (const [index, kind] of kinds.entries()) {
      const server = net.server(`stun ${index}`, { link: symmetricLink({ latencyUs: 500 }), addresses: 2 });
      servers.push(await start(server, kind));
    }
    return discoverNat(host, list?.(servers) ?? servers.map(([primary]) => primary), options);
  });
  if (result.outcome !== 'done') throw new Error(`the world ended: ${result.outcome}`, { cause: result });
  return result.value;
}

async function start(server: SimHost, kind: Kind): Promise<[Endpoint, Endpoint]> {
  const [first, second] = server.interfaces()[1]!.addresses.map(({ address }) => address) as [string, string];
  const primary = { address: first, port: 3478 };
  const alternate = { address: second, port: 3479 };
  if (kind === 'able') await startStunServer(server, { primary, alternate });
  if (kind === 'plain') await startPlainServer(server, primary);
  return [primary, alternate];
}

/** A server as most are: one that only says what it sees (RFC 8489). */
async function startPlainServer(server: SimHost, endpoint: Endpoint): Promise<void> {
  const answer = (data: Uint8Array, from: Endpoint) => answerBinding(decodeMessage(data), from, undefined, false);
  const socket = await server.udp.bind(endpoint);
  socket.onMessage = (data, from) => socket.send(answer(data, from), from);
  await listenFramed(server, endpoint, {
    message: (data, connection) => connection.send(answer(data, connection.remote)),
    closed: () => {},
    needed: () => false,
  });
}

describe('with two plain servers', () => {
  it.each(PAIRS)('tells whether mapping depends on the peer: $mapping, $filtering', async (behaviour) => {
    const independent = behaviour.mapping === 'endpoint-independent';
    const mapping = { value: independent ? 'endpoint-independent' : 'endpoint-dependent' };
    for (const allocation of ['preserving', 'sequential', 'random'] as const) {
      const report = await discover({ ...behaviour, ports: { allocation } }, ['plain', 'plain']);
      expect(report).toMatchObject({
        udp: { value: 'reachable' },
        mapping,
        filtering: { value: 'unknown', why: 'the server has no second address and port' },
        ports: { allocation: { value: allocation } },
        tcp: { mapping, ports: { allocation: { value: allocation } } },
      });
      expect(classicNat(report)).toBe(independent ? 'unknown' : 'symmetric');
    }
  });

  it('is never wrong on a line that loses every tenth packet', async () => {
    const link = { latencyUs: 40_000, jitterUs: 20_000, reorder: true, lossPpm: 100_000 };
    for (const behaviour of PAIRS) {
      for (const seed of ['one', 'two', 'three', 'four', 'five']) {
        const report = await discover(behaviour, ['plain', 'plain'], { link, seed, depth: 'quick' });
        const dependent = behaviour.mapping !== 'endpoint-independent';
        expect([dependent ? 'endpoint-dependent' : 'endpoint-independent', 'unknown']).toContain(report.mapping.value);
        expect(report.filtering.value).toBe('unknown');
        expect(report.tookMs).toBeLessThanOrEqual(3100);
      }
    }
  });

  it('takes no longer than a round trip or two', async () => {
    expect((await discover({}, ['plain', 'plain'], { depth: 'quick' })).tookMs).toBeLessThan(200);
  });
});

describe('with other servers', () => {
  const nat: NatDescription = { mapping: 'address-dependent', filtering: 'address-dependent' };
  const everything = { mapping: { value: 'address-dependent' }, filtering: { value: 'address-dependent' } };

  it('one plain server tells little', async () => {
    const report = await discover(nat, ['plain']);
    expect(report).toMatchObject({
      udp: { value: 'reachable' },
      translation: { value: 'napt' },
      mapping: { value: 'unknown', why: 'the server has no second address and port' },
      tcp: { mapping: { value: 'unknown' } },
      ports: { allocation: { value: 'preserving' } },
    });
  });

  it('goes on with the next one where the first is silent', async () => {
    const report = await discover(nat, ['down', 'able'], { depth: 'quick' });
    expect(report).toMatchObject(everything);
    expect(report.server.address).not.toBe(report.mappings[1]!.destination.address);
    expect(report.tookMs).toBeLessThan(3000);
  });

  it('finds the one that can help with everything, wherever it stands', async () => {
    expect(await discover(nat, ['plain', 'plain', 'able'])).toMatchObject(everything);
    expect(await discover(nat, ['plain', 'down', 'able'])).toMatchObject(everything);
  });

  it('asks only the first if that can', async () => {
    const { mappings } = await discover(nat, ['able', 'able', 'plain']);
    expect(mappings).toHaveLength(3);
  });

  it('uses no more than four', async () => {
    const report = await discover(nat, ['down', 'down', 'down', 'down', 'able']);
    expect(report.udp.value).toBe('unknown');
  });

  it('does not take an answer for unasked that comes from a server it had asked', async () => {
    // The list names both addresses of one server, and its first one is silent, so the second is asked as well.
    const list = (servers: readonly (readonly [Endpoint, Endpoint])[]) => [
      servers[0]![0],
      servers[1]![1],
      servers[1]![0],
    ];
    const report = await discover({ filtering: 'address-dependent' }, ['down', 'able'], { list, depth: 'quick' });
    expect(report.filtering).toMatchObject({ value: 'unknown', why: expect.stringContaining('had been asked itself') });
    expect(report.mapping.value).toBe('endpoint-independent');
  });
});
