import { isUnspecified } from '../../core/net/ip.ts';
import type { Host } from '../../core/ports/index.ts';
import { type RunningTurnServer, startTurnServer } from '../../core/servers/turn/turn-server.ts';
import type { Credentials } from './credentials.ts';
import { counter, gauge, type Metric } from './metrics.ts';
import { type Running, starting } from './running.ts';
import type { ServeConfig, ServiceConfig } from './serve-shape.ts';
import { at, type Place } from './where.ts';

/** A TURN server for each family that clients come by; each relays both. */
export async function startTurn(
  host: Host,
  places: readonly Place[],
  turn: ServiceConfig<'turn'>,
  config: ServeConfig,
  credentials: Credentials,
): Promise<Running> {
  const servers: RunningTurnServer[] = [];
  const endpoints = places.map(({ first }) => at(first, turn.port));
  const close = () => {
    for (const server of servers) server.close();
  };
  const options = {
    realm: turn.realm,
    users: new Map([[credentials.username, credentials.password]]),
    relayAddresses: places.map(({ first }) => first),
    publicAddresses: new Map(Object.entries(config.public)),
    relayPorts: turn.relayPorts,
    maxAllocations: turn.allocations,
    maxAllocationsPerUser: turn.allocations,
    maxAllocationsPerAddress: turn.allocationsPerAddress,
    maxBytesPerSecond: turn.bytesPerSecond,
    requestLimit: { perSecond: turn.requestsPerSecond, burst: turn.burst },
    tcp: { maxConnections: turn.allocations, maxConnectionsPerAddress: turn.allocationsPerAddress },
    ...(turn.privatePeers && { allowPeer: (address: string) => !isUnspecified(address) }),
  };
  try {
    for (const endpoint of endpoints) {
      servers.push(await starting('turn', endpoint, startTurnServer(host, { endpoint, ...options })));
    }
  } catch (error) {
    close();
    throw error;
  }
  return { name: 'turn', endpoints, metrics: () => turnMetrics(servers), close };
}

function turnMetrics(servers: readonly RunningTurnServer[]): Metric[] {
  const all = servers.map(({ counters }) => counters);
  const sum = (pick: (counters: (typeof all)[number]) => number) => all.reduce((total, one) => total + pick(one), 0);
  const refused = new Map<number, number>();
  for (const { refused: some } of all) {
    for (const [code, count] of some) refused.set(code, (refused.get(code) ?? 0) + count);
  }
  const ways = ['to-peer', 'from-peer'] as const;
  const byWay = (pick: 'packets' | 'bytes') =>
    ways.map((way) => ({ labels: { way }, value: sum((counters) => counters[pick][way]) }));
  return [
    gauge(
      'turn_allocations',
      'Allocations that are alive',
      servers.reduce((total, { allocations }) => total + allocations, 0),
    ),
    counter(
      'turn_allocations_granted',
      'Allocations that were granted',
      sum(({ granted }) => granted),
    ),
    counter(
      'turn_refused',
      'Requests of known users that were refused, by error code',
      [...refused].map(([code, value]) => ({ labels: { code }, value })),
    ),
    counter(
      'turn_unauthentic',
      'Requests with wrong credentials',
      sum(({ unauthentic }) => unauthentic),
    ),
    counter(
      'turn_limited',
      'Requests of sources that ask too often',
      sum(({ limited }) => limited),
    ),
    counter(
      'turn_malformed',
      'Messages that nobody could read',
      sum(({ malformed }) => malformed),
    ),
    counter(
      'turn_over_rate',
      'Datagrams of allocations that had used up their rate',
      sum(({ overBudget }) => overBudget),
    ),
    counter('turn_relayed_packets', 'Datagrams that were relayed', byWay('packets')),
    counter('turn_relayed_bytes', 'Bytes that were relayed', byWay('bytes')),
  ];
}
