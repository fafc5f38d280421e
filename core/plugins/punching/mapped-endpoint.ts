import type { StunClient } from '../../nat/stun-client.ts';
import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';

/** Requests are repeated sooner than RFC 8489 has it: what is seen grows old. */
export const LOOK = { rtoMs: 250, deadlineMs: 3000 } as const;
const SECOND_LOOK_MS = 1000;

/** How the server sees a socket. @throws Error if it does not say */
export async function mappedEndpoint(client: StunClient, stun: Endpoint, signal: AbortSignal): Promise<Endpoint> {
  const result = await client.binding(stun, { ...LOOK, signal });
  if (result.outcome === 'response') return result.mapped;
  throw new Error(`the STUN server gave no mapped endpoint: ${result.outcome}`);
}

/** Do two places see the socket alike? Undefined: the server has no second one, or an answer is missing. */
export async function looksAlike(
  client: StunClient,
  stun: Endpoint,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const first = await client.binding(stun, { ...LOOK, signal });
  if (first.outcome !== 'response' || !first.other) return undefined;
  const second = await client.binding(first.other, { ...LOOK, deadlineMs: SECOND_LOOK_MS, signal });
  return second.outcome === 'response' ? sameEndpoint(first.mapped, second.mapped) : undefined;
}
