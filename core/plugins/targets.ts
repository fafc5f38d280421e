import type { Endpoint } from '../net/endpoint.ts';
import { familyOf, isLoopback } from '../net/ip.ts';
import { parsePrefix, prefixContains, prefixOf } from '../net/prefix.ts';
import type { AddressContent, AddressInterface } from '../wire/address/address-content.ts';

/** A peer can name only so many places for us to dial: it is not to scan with our hands. */
const MAX_TARGETS = 8;

/** Multicast, broadcast, unspecified and link-local addresses: no peer is there, but others might hear us. */
const NO_PEER = ['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8'].map(
  parsePrefix,
);
const UNIQUE_LOCAL = parsePrefix('fc00::/7');
/** Below are the services of a machine, which no node listens on by chance. */
const FIRST_LOCAL_PORT = 1024;

type Protocol = 'udp' | 'tcp';

/**
 * Where a stranger could reach the peer's listening port: in a network that both are in, the interface's own address;
 * else the external one.
 */
export function listeningTargets(local: AddressContent, remote: AddressContent, protocol: Protocol): Endpoint[] {
  const targets: Endpoint[] = [];
  for (const place of remote.interfaces) {
    const { port, externalPort } = place[protocol];
    if (port !== undefined && port >= FIRST_LOCAL_PORT && sharesNetwork(local, place)) {
      targets.push({ address: place.address, port });
    }
    const external = externalPort ?? port;
    if (external === undefined || place.external === undefined) continue;
    if (local.interfaces.some((own) => familyOf(own.address) === familyOf(place.external!))) {
      targets.push({ address: place.external, port: external });
    }
  }
  return unicast(distinct(targets), local).slice(0, MAX_TARGETS);
}

/**
 * Those that a peer can be at: a peer says where we are to send, and could have us knock at our own services, or shout
 * at everybody.
 */
export function unicast(endpoints: readonly Endpoint[], local: AddressContent): Endpoint[] {
  const onLoopback = local.interfaces.some(({ address }) => isLoopback(address));
  return endpoints.filter(({ address }) => {
    if (isLoopback(address)) return onLoopback;
    return !NO_PEER.some((prefix) => prefixContains(prefix, address));
  });
}

/** The peer's own addresses in networks that both are in, with a port of a socket that is bound to all of them. */
export function sharedNetworkTargets(local: AddressContent, remote: AddressContent, port: number): Endpoint[] {
  if (port < FIRST_LOCAL_PORT) return [];
  const shared = remote.interfaces.filter((place) => sharesNetwork(local, place));
  return unicast(distinct(shared.map(({ address }) => ({ address, port }))), local).slice(0, MAX_TARGETS);
}

/**
 * May the peer's interface be reached without the Internet? In a subnet of ours it can; behind the NAT that we are
 * behind it may, as NATs often route between their inside segments. The same private range is in use in millions of
 * homes, so two sides that know their external addresses must also see the same one.
 */
function sharesNetwork(local: AddressContent, place: AddressInterface): boolean {
  return local.interfaces.some((own) => isNear(own, place));
}

function isNear(own: AddressInterface, place: AddressInterface): boolean {
  if (familyOf(own.address) !== familyOf(place.address)) return false;
  if (own.external !== undefined && own.external === place.external) return true;
  if (own.external !== undefined && place.external !== undefined && own.external !== place.external) {
    const untranslated = own.external === own.address && place.external === place.address;
    // RFC 4193 section 3.2.1: other networks have other random bits.
    const unique = prefixContains(UNIQUE_LOCAL, own.address);
    if (!untranslated && !unique) return false;
  }
  return prefixContains(prefixOf(own.address, own.prefixLength), place.address);
}

/** Does either of two addresses of one family, each with what is known of it, lie where the other one is? */
export function shareNetwork(own: AddressInterface, other: AddressInterface): boolean {
  return isNear(own, other) || isNear(other, own);
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((endpoint) => [`${endpoint.address} ${endpoint.port}`, endpoint])).values()];
}
