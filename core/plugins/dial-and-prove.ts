import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import { type DialRoute, dialRoutes } from './dial-routes.ts';
import type { Attempt, ProvenTransport } from './plugin.ts';
import { staggeredSuccess } from './staggered-success.ts';
import { StreamTransport } from './stream-transport.ts';

/** Long enough for three SYNs (RFC 6298: sent at 0, 1 and 3 s). */
const DIAL_TIMEOUT_MS = 5000;

/**
 * Dials every target from every address of ours that may lead there, one after the other but not waiting for an answer
 * (RFC 8305); the first over which the peer proves its key is taken.
 */
export function dialAndProve(attempt: Attempt, targets: readonly Endpoint[]): Promise<ProvenTransport> {
  const dial = (route: DialRoute, signal: AbortSignal) => dialOne(attempt, route, signal);
  return staggeredSuccess(dialRoutes(attempt.local, targets), dial, 'address to dial', {
    outer: attempt.signal,
    sleep: (ms) => attempt.sleep(ms),
  });
}

async function dialOne(
  attempt: Attempt,
  { target, localAddress = attempt.bindAddress }: DialRoute,
  signal: AbortSignal,
): Promise<ProvenTransport> {
  try {
    const connection = await attempt.host.tcp.dial(target, {
      timeoutMs: DIAL_TIMEOUT_MS,
      signal,
      ...(localAddress !== undefined && { localAddress }),
    });
    const transport = new StreamTransport(connection);
    if (attempt.role === 'responder') attempt.announce(transport);
    return await attempt.prove(transport);
  } catch (error) {
    if (isNetError(error)) throw new Error(`${formatEndpoint(target)}: ${error.code}`);
    throw error;
  }
}

/** Waits for transports that the peer opens to our listening port; the first that is proven is taken. */
export async function awaitAndProve(attempt: Attempt): Promise<ProvenTransport> {
  for (;;) {
    const transport = await attempt.incoming();
    try {
      return await attempt.prove(transport);
    } catch (error) {
      if (attempt.signal.aborted) throw error; // Otherwise it was a stranger, or a path that broke: wait for the next.
    }
  }
}
