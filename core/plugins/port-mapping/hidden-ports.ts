import type { Family } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { AddressContent, AddressInterface } from '../../wire/address/address-content.ts';
import type { PlanInput } from '../plugin.ts';

/** An address of ours at which nobody outside reaches a port unless a gateway leads there. */
export interface HiddenPlace {
  readonly address: string;
  readonly family: Family;
  /** How a STUN server sees the address; undefined: none was asked. */
  readonly observed: string | undefined;
  /** The TCP port that listens there; undefined: none does that is hidden, or no stream is wanted. */
  readonly tcpPort: number | undefined;
  /** Is UDP hidden there, and wanted? */
  readonly udp: boolean;
}

/** Addresses of a host that gateways are asked for: a home has one of each family. */
const MAX_PLACES = 4;

/** The places that a stranger does not reach, as far as the address tells. A pure function. */
export function hiddenPlaces({ interfaces }: AddressContent, wanted: PlanInput['transport']): HiddenPlace[] {
  const places = interfaces.map((place): HiddenPlace => {
    const stream = wanted !== 'datagram' && isHidden(place, 'tcp');
    return {
      address: place.address,
      family: familyOf(place.address),
      observed: place.external,
      tcpPort: stream ? place.tcp.port : undefined,
      udp: wanted !== 'stream' && isHidden(place, 'udp'),
    };
  });
  return places.filter(({ tcpPort, udp }) => tcpPort !== undefined || udp).slice(0, MAX_PLACES);
}

function isHidden(place: AddressInterface, protocol: 'udp' | 'tcp'): boolean {
  const { address, external } = place;
  const { mapping, filtering } = place[protocol].nat;
  // Without a NAT there may still be a firewall, which nearly every IPv6 router has (RFC 6092).
  if (familyOf(address) === 6) return filtering !== 'endpoint-independent';
  return external !== address && mapping !== 'none';
}
