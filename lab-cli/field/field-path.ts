import type { Endpoint } from '../../core/net/endpoint.ts';
import { familyOf } from '../../core/net/ip.ts';
import { parsePrefix, prefixContains } from '../../core/net/prefix.ts';
import { isPublicPeer } from '../../core/servers/turn/peer-policy.ts';
import type { AddressInterface } from '../../core/wire/address/address-content.ts';
import type { Path } from '../../reports/schema.ts';

/** Who is where, as the addresses of the two nodes say. */
export interface FieldPlaces {
  readonly turn: readonly Endpoint[];
  readonly own: readonly AddressInterface[];
  readonly peer: readonly AddressInterface[];
}

/**
 * How a pipe runs, from whom a mark was sent to or came from: nobody can watch the Internet from outside.
 *
 * - `relayed`: the other end was a TURN server, or a port that it may lend: one of its address, unless the peer has that too
 * - `lan`: the peer's own address, on a network of ours or a private one
 * - `hairpin`: the address that we ourselves have outside
 * - `direct`: anything else
 */
export function fieldPath(seen: readonly Endpoint[], { turn, own, peer }: FieldPlaces): Path | undefined {
  if (seen.length === 0) return undefined;
  const paths = seen.map(({ address, port }): Path => {
    const servers = turn.filter((server) => server.address === address);
    if (servers.some((server) => server.port === port)) return 'relayed';
    const isPeers = peer.some((place) => place.address === address);
    if (!isPeers && servers.length > 0) return 'relayed';
    if (isPeers && (!isPublicPeer(address) || own.some((place) => holds(place, address)))) return 'lan';
    const isOurs = own.some((place) => place.external === address && place.address !== address);
    return isOurs ? 'hairpin' : 'direct';
  });
  return PATHS.find((path) => paths.includes(path));
}

/** The first one that a mark took says how the pipe runs: what went two ways took the worse one as well. */
const PATHS: readonly Path[] = ['relayed', 'hairpin', 'direct', 'lan'];

function holds({ address, prefixLength }: AddressInterface, other: string): boolean {
  if (familyOf(address) !== familyOf(other)) return false;
  return prefixContains(parsePrefix(`${address}/${prefixLength}`), other);
}
