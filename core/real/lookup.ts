import { lookup } from 'node:dns/promises';
import type { Family } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { canonicalAddress, isAddress } from '../net/ip.ts';
import { withinTime } from './within-time.ts';

export interface LookupOptions {
  /** Only addresses of this family. @default both */
  readonly family?: Family | undefined;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * The addresses of a host name, in the order that the system's resolver prefers; an address is its own.
 *
 * @throws NetError EHOSTUNREACH if the name has none, ETIMEDOUT
 */
export async function lookupAddresses(name: string, options: LookupOptions = {}): Promise<string[]> {
  const { family, timeoutMs = 5000 } = options;
  const fits = (address: string) => family === undefined || (family === 6) === address.includes(':');
  if (isAddress(name)) {
    const address = canonicalAddress(name);
    if (!fits(address)) throw new NetError('EHOSTUNREACH', `${name} is no IPv${family} address`);
    return [address];
  }
  // The system's resolver can't be told to stop; nobody waits for it longer.
  const addresses = await withinTime(resolve(name), `looking up ${name}`, timeoutMs);
  const fitting = [...new Set(addresses)].filter(fits);
  if (fitting.length === 0) throw new NetError('EHOSTUNREACH', `${name} has no IPv${family} address`);
  return fitting;
}

async function resolve(name: string): Promise<string[]> {
  try {
    const found = await lookup(name, { all: true, verbatim: true });
    // A zone means nothing to an endpoint (RFC 4007).
    return found.filter(({ address }) => !address.includes('%')).map(({ address }) => canonicalAddress(address));
  } catch (cause) {
    throw new NetError('EHOSTUNREACH', `no address is known for ${name} (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
}
