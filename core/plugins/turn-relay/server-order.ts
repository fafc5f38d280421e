import { type Endpoint, type Family, formatEndpoint, sameEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { TurnServer } from '../plugin.ts';

/** What is known of a server from this node. */
export interface ServerRecord {
  /** Of one exchange, with what had to be sent again; undefined: none was measured. */
  readonly rttMs: number | undefined;
  /** Has nobody answered there the last time? */
  readonly silent: boolean;
}

export type ServerRecords = ReadonlyMap<string, ServerRecord>;

export interface OrderBy {
  /** Families by which the node was seen from outside: the other one may lead nowhere. */
  readonly seen: ReadonlySet<Family>;
  readonly records: ServerRecords;
  /** Servers that were of no use in this attempt. */
  readonly failed?: readonly Endpoint[];
  /** The relay that the peer has: one server for both ends always reaches itself. */
  readonly peerAt?: string | undefined;
}

export function recordKey(server: Endpoint): string {
  return formatEndpoint(server);
}

/**
 * Servers, best first: not those that failed just now; the peer's own; those that answer; those of a family that leads
 * outside; then by round trip, the unmeasured after the measured, and else as they were given. A pure function.
 */
export function orderServers<S extends Pick<TurnServer, 'endpoint'>>(servers: readonly S[], by: OrderBy): S[] {
  const rank = ({ endpoint }: S): readonly number[] => {
    const record = by.records.get(recordKey(endpoint));
    return [
      by.failed?.some((each) => sameEndpoint(each, endpoint)) ? 1 : 0,
      by.peerAt === endpoint.address ? 0 : 1,
      record?.silent ? 1 : 0,
      by.seen.has(familyOf(endpoint.address)) ? 0 : 1,
      record?.rttMs ?? Number.MAX_VALUE,
    ];
  };
  const ranked = servers.map((server) => ({ server, rank: rank(server) }));
  return ranked.sort((one, other) => compare(one.rank, other.rank)).map(({ server }) => server);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) if (value !== other[index]) return value - other[index]!;
  return 0;
}
