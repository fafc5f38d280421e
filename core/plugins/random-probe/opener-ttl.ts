import type { StunClient } from '../../nat/stun-client.ts';
import type { Endpoint } from '../../net/endpoint.ts';

/** Past the NATs of a home and its carrier, and well before anybody else's. */
const USUAL_TTL = 5;
const STUN = { rtoMs: 250, deadlineMs: 500 };

/**
 * Looks for a TTL with which packets pass our own NATs and die before the peer's: one less than it takes to reach a
 * server, where that is near, since our NATs are all on the way there.
 *
 * @returns what is known by the time at which the server has answered another request
 */
export function lookForTtl(client: StunClient, server: Endpoint, signal: AbortSignal): () => number {
  let ttl = USUAL_TTL;
  for (let hops = 2; hops <= USUAL_TTL; hops++) {
    void client.binding(server, { ...STUN, ttl: hops, signal }).then(({ outcome }) => {
      if (outcome === 'response') ttl = Math.min(ttl, hops - 1);
    });
  }
  return () => ttl;
}
