import type { Family } from '../../../core/net/endpoint.ts';
import { NetError } from '../../../core/net/error.ts';
import { familyOf, isUnspecified, unspecifiedAddress } from '../../../core/net/ip.ts';
import type { AddressId } from '../../packet.ts';
import type { IpLayer } from '../ip-layer.ts';
import type { Binding } from './listener.ts';
import { EPHEMERAL_FIRST, EPHEMERAL_LAST } from './parameters.ts';

const EPHEMERAL_COUNT = EPHEMERAL_LAST - EPHEMERAL_FIRST + 1;

/** @throws NetError EINVAL if the text is no address */
export function addressId(ip: IpLayer, text: string): AddressId {
  try {
    return ip.addresses.id(text);
  } catch (cause) {
    throw new NetError('EINVAL', `not an IP address: ${text}`, { cause });
  }
}

/** @throws NetError EINVAL if it is none */
export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new NetError('EINVAL', `not a port: ${port}`);
}

/**
 * What a socket asks to be bound to.
 *
 * @throws NetError EINVAL for what is no address, no port or of the other family; EADDRNOTAVAIL for an address that
 *   the host does not have
 */
export function resolveBinding(
  ip: IpLayer,
  address: string | undefined,
  wantedFamily: Family | undefined,
  port: number,
): Binding {
  checkPort(port);
  const id = addressId(ip, address ?? unspecifiedAddress(wantedFamily ?? 4));
  const text = ip.addresses.text(id);
  const family = familyOf(text);
  if (wantedFamily !== undefined && family !== wantedFamily) {
    throw new NetError('EINVAL', `${text} is not an IPv${wantedFamily} address`);
  }
  const unspecified = isUnspecified(text);
  if (!unspecified && !ip.isLocal(id)) throw new NetError('EADDRNOTAVAIL', `bind EADDRNOTAVAIL ${text}:${port}`);
  return { address: id, unspecified, family, port };
}

/**
 * A port from the ephemeral range, the first free one from a random place on.
 *
 * @returns undefined if none is free
 */
export function ephemeralPort(ip: IpLayer, isFree: (port: number) => boolean): number | undefined {
  const offset = ip.random.below(EPHEMERAL_COUNT);
  for (let step = 0; step < EPHEMERAL_COUNT; step++) {
    const port = EPHEMERAL_FIRST + ((offset + step) % EPHEMERAL_COUNT);
    if (isFree(port)) return port;
  }
  return undefined;
}
