import type { Endpoint } from '../net/endpoint.ts';
import { canonicalAddress } from '../net/ip.ts';

/** An address and port as Node gives them. The zone of a link-local address (`fe80::1%eth0`) is lost. */
export function nodeEndpoint(address: string, port: number): Endpoint {
  const zone = address.indexOf('%');
  return { address: canonicalAddress(zone < 0 ? address : address.slice(0, zone)), port };
}
