import { Resolver } from 'node:dns/promises';
import { formatPrefix } from '../net/prefix.ts';
import { prefixOfSynthesised } from '../net/rfc6052.ts';

/** RFC 7050 section 2.2: a name that has IPv4 addresses only, so that who answers with others has a NAT64. */
const NAME = 'ipv4only.arpa';
const TIMEOUT_MS = 1000;
const TRIES = 2;

/**
 * Asks the network's resolver for the prefix of its NAT64 (RFC 7050 section 3).
 *
 * @param servers `ADDRESS:PORT` of resolvers @default those of the system
 * @returns undefined if it tells of none, or does not answer within a few seconds
 */
export async function findNat64Prefix(servers?: readonly string[]): Promise<string | undefined> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (servers) resolver.setServers(servers);
  const addresses = await resolver.resolve6(NAME).catch(() => []);
  const prefix = prefixOfSynthesised(addresses);
  return prefix && formatPrefix(prefix);
}
