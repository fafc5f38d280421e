import { expect } from 'vitest';
import { type LinkModel, type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { startStunServer } from '../servers/stun/stun-server.ts';
import { type Dependence, type NatDescription, resolveBehaviour } from './behaviour.ts';
import { type DiscoveryOptions, discoverNat } from './discovery.ts';
import type { NatReport } from './nat-report.ts';

export const DEPENDENCES: readonly Dependence[] = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
];

/** All nine of RFC 4787. */
export const PAIRS = DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => ({ mapping, filtering })));

export interface Circumstances {
  readonly seed?: string;
  readonly link?: LinkModel;
  readonly server?: 'up' | 'down';
  /** Loses all that comes after this, for good. */
  readonly limitUs?: number;
}

export interface Scene {
  readonly host: SimHost;
  readonly servers: readonly Endpoint[];
  readonly world: World;
}

/**
 * What happens in a world with a STUN server (RFC 5780) and a host behind these NATs, host side first. It is a world of
 * IPv6 where one of them translates prefixes.
 */
export async function play<T>(
  nats: readonly NatDescription[],
  circumstances: Circumstances,
  body: (scene: Scene) => Promise<T>,
): Promise<T> {
  const { seed = 'discovery', link = { latencyUs: 20_000 }, server: state = 'up' } = circumstances;
  const world = new World({ seed });
  const net = new Topology(world);
  const family = nats.some(({ translation }) => translation === 'nptv6') ? 6 : 4;
  const server = net.server('stun', { link: symmetricLink({ latencyUs: 500 }), addresses: 2, families: [family] });
  const line = { family, nats: nats.map(resolveBehaviour), link: symmetricLink(link) } as const;
  const { host } = net.side('client', { lines: [line] });
  const [first, second] = server.interfaces()[1]!.addresses.map(({ address }) => address) as [string, string];
  const primary = { address: first, port: 3478 };
  const limits = circumstances.limitUs === undefined ? {} : { limitUs: circumstances.limitUs };
  const result = await world.run(async () => {
    if (state === 'up') await startStunServer(server, { primary, alternate: { address: second, port: 3479 } });
    const value = await body({ host, servers: [primary], world });
    expect(host.udp.openCount).toBe(0);
    return value;
  }, limits);
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(`the world ended: ${result.outcome}`);
  return result.value;
}

/** What a host behind these NATs finds out. */
export function discover(
  nats: readonly NatDescription[],
  { seed, link, server, limitUs, ...options }: Circumstances & DiscoveryOptions = {},
): Promise<NatReport> {
  const circumstances = {
    ...(seed && { seed }),
    ...(link && { link }),
    ...(server && { server }),
    ...(limitUs && { limitUs }),
  };
  return play(nats, circumstances, ({ host, servers }) => discoverNat(host, servers, options));
}
