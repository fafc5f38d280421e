import type { Dependence } from '../../core/nat/behaviour.ts';
import type { AddressId } from '../packet.ts';

/** An endpoint as one exact integer. */
export function endpointKey(address: AddressId, port: number): number {
  return address * 65536 + port;
}

/**
 * What a mapping (RFC 4787 section 4.1) or a filter (section 5) sees of a remote endpoint: all that it does not depend
 * on is blanked. As nobody has port 0, no two dependences have a key in common.
 */
export function dependentKey(dependence: Dependence, remote: AddressId, remotePort: number): number {
  if (dependence === 'endpoint-independent') return 0;
  return dependence === 'address-dependent' ? endpointKey(remote + 1, 0) : endpointKey(remote, remotePort);
}

/** In the place of what a mapping sees of the remote: a rule of the router, for every remote. No dependence has this key. */
export const FIXED = 2 ** 52;
