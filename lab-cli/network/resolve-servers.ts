import type { Endpoint, Family } from '../../core/net/endpoint.ts';
import { lookupAddresses } from '../../core/real/index.ts';
import { InputError } from '../scenario/problem.ts';
import type { HostPort } from './host-port.ts';

/**
 * Where servers are that were given by name: every address of each.
 *
 * @throws InputError for a name that has no address
 */
export async function resolveServers(servers: readonly HostPort[], family?: Family): Promise<Endpoint[]> {
  const found = await Promise.all(
    servers.map(async ({ host, port }) => {
      try {
        return (await lookupAddresses(host, { family })).map((address) => ({ address, port }));
      } catch (error) {
        throw new InputError((error as Error).message);
      }
    }),
  );
  return found.flat();
}
