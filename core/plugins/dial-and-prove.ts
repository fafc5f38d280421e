import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import { firstSuccess } from './first-success.ts';
import type { Attempt, ProvenTransport } from './plugin.ts';
import { StreamTransport } from './stream-transport.ts';

/** Long enough for three SYNs (RFC 6298: sent at 0, 1 and 3 s). */
const DIAL_TIMEOUT_MS = 5000;

/** Dials every target at once; the first over which the peer proves its key is taken. */
export function dialAndProve(attempt: Attempt, targets: readonly Endpoint[]): Promise<ProvenTransport> {
  const dial = (target: Endpoint, signal: AbortSignal) => dialOne(attempt, target, signal);
  return firstSuccess(targets, dial, 'address to dial', attempt.signal);
}

async function dialOne(attempt: Attempt, target: Endpoint, signal: AbortSignal): Promise<ProvenTransport> {
  const { bindAddress } = attempt;
  try {
    const connection = await attempt.host.tcp.dial(target, {
      timeoutMs: DIAL_TIMEOUT_MS,
      signal,
      ...(bindAddress !== undefined && { localAddress: bindAddress }),
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
