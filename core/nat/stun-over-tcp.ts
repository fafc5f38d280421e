import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { Host, TcpConnection } from '../ports/index.ts';
import { decodeMessage } from '../wire/stun/decode-message.ts';
import { METHOD, TRANSACTION_ID_LENGTH } from '../wire/stun/message.ts';
import { StreamFramer } from '../wire/turn/stream-framer.ts';
import { WireError } from '../wire/wire-error.ts';
import { RELIABLE } from './retransmission.ts';
import { bindingResult, encodeBinding, isBindingAnswer } from './stun-client.ts';
import { StunExchanges } from './stun-exchanges.ts';

export interface StunOverTcpOptions {
  /** @default chosen by the route */
  readonly localAddress?: string;
  /** @default an ephemeral port */
  readonly localPort?: number;
  /** For the connection and the answer together. @default 39,500, Ti of RFC 8489 section 6.2.2 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface TcpMapping {
  /**
   * Stays open, so that the NAT keeps its mapping, and swallows what comes in until somebody else starts it. Whoever
   * got it closes it.
   */
  readonly connection: TcpConnection;
  readonly local: Endpoint;
  /** How the server sees us. */
  readonly mapped: Endpoint;
  /** The server's other address and port, if it has them. */
  readonly other: Endpoint | undefined;
  /** How long the handshake with the server took. */
  readonly roundTripUs: number;
}

const MAX_ANSWER = 1500;

/**
 * Learns the mapped address of a TCP port by a Binding request.
 *
 * @throws NetError what dialling can fail with; ETIMEDOUT or ECANCELED while waiting for the answer; ECONNRESET if the
 * server closed or answered other than it should
 */
export async function stunOverTcp(
  host: Pick<Host, 'clock' | 'random' | 'tcp'>,
  server: Endpoint,
  options: StunOverTcpOptions = {},
): Promise<TcpMapping> {
  const { timeoutMs = 39_500, ...dialling } = options;
  const startUs = host.clock.now();
  const endUs = startUs + timeoutMs * 1000;
  const connection = await host.tcp.dial(server, { ...dialling, timeoutMs });
  const roundTripUs = host.clock.now() - startUs;
  const remainingMs = Math.max(0, (endUs - host.clock.now()) / 1000);
  try {
    const { mapped, other } = await binding(host, connection, remainingMs, options.signal);
    return { connection, local: connection.local, mapped, other, roundTripUs };
  } catch (error) {
    connection.reset();
    throw error;
  }
}

async function binding(
  host: Pick<Host, 'clock' | 'random'>,
  connection: TcpConnection,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Pick<TcpMapping, 'mapped' | 'other'>> {
  const exchanges = new StunExchanges(host.clock);
  const framer = new StreamFramer(MAX_ANSWER);
  const ended = new NetError('ECONNRESET', 'the STUN server closed the connection');
  connection.start({
    data: (bytes) => receive(bytes, framer, exchanges, connection.remote),
    end: () => exchanges.fail(ended),
    closed: (error) => exchanges.fail(error ?? ended),
    drained: () => {},
  });
  const transactionId = host.random.bytes(TRANSACTION_ID_LENGTH);
  const result = bindingResult(
    await exchanges.run({
      transactionId,
      method: METHOD.binding,
      send: () => connection.send(encodeBinding(transactionId)),
      accepts: isBindingAnswer,
      retransmission: { ...RELIABLE, deadlineMs },
      signal,
    }),
  );
  switch (result.outcome) {
    case 'response':
      return result;
    case 'unreachable':
      throw result.error;
    case 'timeout':
      throw new NetError('ETIMEDOUT', 'the STUN server did not answer');
    case 'cancelled':
      throw new NetError('ECANCELED');
    case 'error':
      throw new NetError('ECONNRESET', `the STUN server answered ${result.code} ${result.reason}`);
  }
}

function receive(bytes: Uint8Array, framer: StreamFramer, exchanges: StunExchanges, from: Endpoint): void {
  try {
    for (const frame of framer.push(bytes)) exchanges.receive(decodeMessage(frame), from);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    exchanges.fail(new NetError('ECONNRESET', `the STUN server sent other than STUN: ${error.message}`));
  }
}
