import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { canonicalAddress, isAddress } from '../net/ip.ts';

/** An address and port as Node gives them. The zone of a link-local address (`fe80::1%eth0`) is lost. */
export function nodeEndpoint(address: string, port: number): Endpoint {
  // A dotted quad of the system's is canonical, and this runs for every datagram.
  if (!address.includes(':')) return { address, port };
  const zone = address.indexOf('%');
  return { address: canonicalAddress(zone < 0 ? address : address.slice(0, zone)), port };
}

/**
 * Node would ask the DNS for a name, and cut some numbers down to ports.
 *
 * @throws NetError EINVAL
 */
export function assertEndpoint(address: string, port: number): void {
  if (!isAddress(address)) throw new NetError('EINVAL', `not an IP address: ${address}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new NetError('EINVAL', `not a port: ${port}`);
}
