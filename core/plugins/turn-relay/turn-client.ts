import type { Endpoint, Family } from '../../net/endpoint.ts';
import { NetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host } from '../../ports/index.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { Allocation, type Granted } from './turn-client-allocation.ts';
import { readStun, TurnError, TurnSession } from './turn-client-session.ts';
import { openTransport } from './turn-client-transport.ts';

export type { Allocation } from './turn-client-allocation.ts';
export { TurnError } from './turn-client-session.ts';

export interface AllocateOptions {
  readonly server: Endpoint;
  readonly transport: 'udp' | 'tcp';
  readonly username: string;
  readonly password: string;
  /** Of the relayed address (RFC 8656 section 7.1). @default that of the server's own address */
  readonly relayedFamily?: Family;
  /** @default chosen by the route */
  readonly localAddress?: string;
  /** For everything from the first packet to the grant. @default 10,000 */
  readonly deadlineMs?: number;
  /** Gives up the request. It has no effect on an allocation that is there. */
  readonly signal?: AbortSignal;
}

const UDP = 17;
/** RFC 8656 section 7.4: somebody else had our 5-tuple, as seen by the server, before us; another port helps. */
const MISMATCH = 437;
const MAX_PORTS = 3;

type ClientHost = Pick<Host, 'clock' | 'random' | 'udp' | 'tcp'>;

/**
 * Asks a TURN server for a relayed transport address (RFC 8656 section 7).
 *
 * @throws TurnError what the server refused with (401: wrong username or password); NetError ETIMEDOUT, ECANCELED,
 * ECONNREFUSED if nobody is there, and whatever opening the transport fails with
 */
export async function allocate(host: ClientHost, options: AllocateOptions): Promise<Allocation> {
  const endUs = host.clock.now() + 1000 * (options.deadlineMs ?? 10_000);
  for (let attempt = 1; ; attempt++) {
    try {
      return await allocateOnce(host, options, endUs);
    } catch (error) {
      if (!(error instanceof TurnError) || error.code !== MISMATCH || attempt === MAX_PORTS) throw error;
    }
  }
}

async function allocateOnce(host: ClientHost, options: AllocateOptions, endUs: number): Promise<Allocation> {
  const { server, signal, localAddress } = options;
  const remainingMs = () => Math.max(0, (endUs - host.clock.now()) / 1000);
  const transport = await openTransport(host, server, {
    kind: options.transport,
    localAddress,
    timeoutMs: remainingMs(),
    signal,
  });
  const session = new TurnSession(host, transport, server, options);
  transport.onMessage = (bytes) => {
    const message = readStun(bytes);
    if (message) session.receive(message);
  };
  transport.onError = (error) => session.fail(error);
  try {
    const attributes: Attribute[] = [{ type: 'requested-transport', value: UDP }];
    const { relayedFamily = familyOf(server.address) } = options;
    // RFC 8656 section 7.1: without a word it is IPv4, whatever the request travels over.
    if (relayedFamily === 6) attributes.push({ type: 'requested-address-family', value: 6 });
    const response = await session.request(METHOD.allocate, attributes, { deadlineMs: remainingMs(), signal });
    return new Allocation(host, transport, session, granted(response));
  } catch (error) {
    // The answer may have been lost, not the request: the server should not keep what nobody uses.
    if (!(error instanceof TurnError)) session.tell(METHOD.refresh, [{ type: 'lifetime', value: 0 }]);
    transport.close();
    throw error;
  }
}

/** @throws NetError ECONNRESET if the grant lacks what it must tell */
function granted(response: ReceivedMessage): Granted {
  const relayed = attributeOf(response, 'xor-relayed-address');
  const mapped = attributeOf(response, 'xor-mapped-address');
  const lifetime = attributeOf(response, 'lifetime');
  if (!relayed || !mapped || lifetime === undefined) {
    throw new NetError('ECONNRESET', 'the TURN server granted an allocation without saying where');
  }
  return { relayed, mapped, lifetimeMs: 1000 * lifetime };
}
