import type { Endpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import { prefixContains, prefixOf } from '../net/prefix.ts';
import type { AddressContent, AddressInterface } from '../wire/address/address-content.ts';

/** A peer can name only so many places for us to dial: it is not to scan with our hands. */
const MAX_TARGETS = 8;

type Protocol = 'udp' | 'tcp';

/**
 * Where a stranger could reach the peer's listening port: in a network that both are in, the interface's own address;
 * else the external one.
 */
export function listeningTargets(local: AddressContent, remote: AddressContent, protocol: Protocol): Endpoint[] {
  const targets: Endpoint[] = [];
  for (const place of remote.interfaces) {
    const { port, externalPort } = place[protocol];
    if (port !== undefined && sharesNetwork(local, place)) targets.push({ address: place.address, port });
    const external = externalPort ?? port;
    if (external === undefined || place.external === undefined) continue;
    if (local.interfaces.some((own) => familyOf(own.address) === familyOf(place.external!))) {
      targets.push({ address: place.external, port: external });
    }
  }
  return distinct(targets).slice(0, MAX_TARGETS);
}

/** The peer's own addresses in networks that both are in, with a port of a socket that is bound to all of them. */
export function sharedNetworkTargets(local: AddressContent, remote: AddressContent, port: number): Endpoint[] {
  const shared = remote.interfaces.filter((place) => sharesNetwork(local, place));
  return distinct(shared.map(({ address }) => ({ address, port }))).slice(0, MAX_TARGETS);
}

/**
 * May the peer's interface be reached without the Internet? In a subnet of ours it can; behind the NAT that we are
 * behind it may, as NATs often route between their inside segments. The same private range is in use in millions of
 * homes, so two sides that know their external addresses must also see the same one.
 */
function sharesNetwork(local: AddressContent, place: AddressInterface): boolean {
  return local.interfaces.some((own) => {
    if (familyOf(own.address) !== familyOf(place.address)) return false;
    if (own.external !== undefined && own.external === place.external) return true;
    if (own.external !== undefined && place.external !== undefined && own.external !== place.external) {
      const untranslated = own.external === own.address && place.external === place.address;
      if (!untranslated) return false;
    }
    return prefixContains(prefixOf(own.address, own.prefixLength), place.address);
  });
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((endpoint) => [`${endpoint.address} ${endpoint.port}`, endpoint])).values()];
}
