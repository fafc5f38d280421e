import { parsePrefix, prefixContains } from '../net/prefix.ts';

/** Addresses that no stranger on the Internet can send to (RFC 6890; RFC 6598 is what carriers put in front of homes). */
const UNREACHABLE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '224.0.0.0/3',
  'fc00::/7',
  'fe80::/10',
].map(parsePrefix);

/**
 * Does the gateway's own external address show that there is another NAT in front of it?
 *
 * @param external as the gateway says
 * @param observed as a STUN server saw us; undefined: none was asked
 * @returns why a mapping there may lead nowhere, with `certain` if it does
 */
export function doubleNat(
  external: string,
  observed: string | undefined,
): { readonly certain: boolean; readonly why: string } | undefined {
  if (external === observed) return undefined;
  if (UNREACHABLE.some((prefix) => prefixContains(prefix, external))) {
    return { certain: true, why: `double NAT: the gateway's own external address is ${external}` };
  }
  if (observed === undefined) return undefined;
  return {
    certain: false,
    why: `perhaps a double NAT: the gateway says that its address is ${external}, the Internet sees ${observed}`,
  };
}
