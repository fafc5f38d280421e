import { type Endpoint, sameEndpoint } from '../net/endpoint.ts';
import type { NetError } from '../net/error.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import { type Attribute, attributeOf } from '../wire/stun/attribute.ts';
import { decodeMessage, isStun, type ReceivedMessage, unknownRequired } from '../wire/stun/decode-message.ts';
import { encodeMessage } from '../wire/stun/encode-message.ts';
import { METHOD, TRANSACTION_ID_LENGTH } from '../wire/stun/message.ts';
import { WireError } from '../wire/wire-error.ts';
import type { RetransmissionOptions } from './retransmission.ts';
import { type ExchangeResult, StunExchanges } from './stun-exchanges.ts';

export interface BindingOptions extends RetransmissionOptions {
  /** Asks the server to answer from its other address (RFC 5780 section 7.2). @default false */
  readonly changeAddress?: boolean;
  /** Asks the server to answer from its other port. @default false */
  readonly changePort?: boolean;
  /** How many hops the request may go. @default 64 */
  readonly ttl?: number;
  readonly signal?: AbortSignal;
}

export type BindingResult =
  | {
      readonly outcome: 'response';
      /** How the server sees us. */
      readonly mapped: Endpoint;
      /** Where the answer came from. */
      readonly from: Endpoint;
      /** Where the server says it answered from. */
      readonly origin: Endpoint | undefined;
      /** The server's other address and port, if it has them. */
      readonly other: Endpoint | undefined;
      /** From the first request: exact if there was but one, else too long rather than too short. */
      readonly rttUs: number;
      readonly requests: number;
    }
  | { readonly outcome: 'error'; readonly code: number; readonly reason: string }
  | { readonly outcome: 'timeout'; readonly requests: number }
  | { readonly outcome: 'cancelled' }
  | { readonly outcome: 'unreachable'; readonly error: NetError };

/** What a client understands in the answer to a Binding request. */
const UNDERSTOOD = new Set(['mapped-address', 'xor-mapped-address', 'error-code', 'unknown-attributes'] as const);

/** Required once (RFC 3489), reserved now (RFC 8489 section 18.3): servers that still send them mean no harm. */
const OBSOLETE = new Set([0x0002, 0x0004, 0x0005, 0x0007, 0x000b]);

/**
 * Sends Binding requests from a socket that others use as well. While it is there, it is the socket's handler: what is
 * no answer to a request of its own goes on to {@link StunClient.onMessage}.
 */
export class StunClient {
  /** Everything that is not ours. At first the handler that the socket had. */
  onMessage: ((data: Uint8Array, from: Endpoint) => void) | undefined;
  readonly #socket: UdpSocket;
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #exchanges: StunExchanges;
  readonly #onError: ((error: NetError) => void) | undefined;

  constructor(host: Pick<Host, 'clock' | 'random'>, socket: UdpSocket) {
    this.#host = host;
    this.#socket = socket;
    this.#exchanges = new StunExchanges(host.clock);
    this.onMessage = socket.onMessage;
    this.#onError = socket.onError;
    socket.onMessage = (data, from) => {
      if (!this.#receive(data, from)) this.onMessage?.(data, from);
    };
    // Only a connected socket hears of errors, so they are about the one server there is (RFC 8489 section 6.2.1).
    socket.onError = (error) => {
      this.#exchanges.fail(error);
      this.#onError?.(error);
    };
  }

  /** One transaction with the server. Never rejects. */
  async binding(server: Endpoint, options: BindingOptions = {}): Promise<BindingResult> {
    const transactionId = this.#host.random.bytes(TRANSACTION_ID_LENGTH);
    const bytes = encodeBinding(transactionId, options);
    const result = await this.#exchanges.run({
      transactionId,
      method: METHOD.binding,
      send: () => this.#socket.send(bytes, server, options.ttl),
      accepts: (message, from) => isFrom(server, from, options) && isBindingAnswer(message),
      retransmission: options,
      signal: options.signal,
    });
    return bindingResult(result);
  }

  /** Cancels what is under way and gives the socket back to the handler that {@link onMessage} is then. */
  close(): void {
    this.#socket.onMessage = this.onMessage;
    this.#socket.onError = this.#onError;
    this.#exchanges.cancel();
  }

  #receive(data: Uint8Array, from: Endpoint): boolean {
    if (!isStun(data)) return false;
    try {
      return this.#exchanges.receive(decodeMessage(data), from);
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
  }
}

export function encodeBinding(transactionId: Uint8Array, options: BindingOptions = {}): Buffer {
  const { changeAddress = false, changePort = false } = options;
  const attributes: Attribute[] = [];
  if (changeAddress || changePort) {
    attributes.push({ type: 'change-request', value: { address: changeAddress, port: changePort } });
  }
  return encodeMessage({ messageClass: 'request', method: METHOD.binding, transactionId, attributes });
}

/**
 * An answer comes from where the request went. Asked to change, the server may answer from an address that nobody knew
 * before, or refuse from its usual one: there the 96 random bits of the transaction id vouch for it, and whoever asked
 * looks at `from`.
 */
function isFrom(server: Endpoint, from: Endpoint, options: BindingOptions): boolean {
  return options.changeAddress || options.changePort ? true : sameEndpoint(server, from);
}

/** Complete enough to act on; a response that is not gets ignored as if it were lost. */
export function isBindingAnswer(message: ReceivedMessage): boolean {
  if (message.messageClass === 'error') return attributeOf(message, 'error-code') !== undefined;
  return mappedAddress(message) !== undefined;
}

export function bindingResult(result: ExchangeResult): BindingResult {
  if (result.outcome !== 'response') return result;
  const { message, from, rttUs, requests } = result;
  if (message.messageClass === 'error') return { outcome: 'error', ...attributeOf(message, 'error-code')! };
  if (unknownRequired(message, UNDERSTOOD).some((code) => !OBSOLETE.has(code))) {
    // RFC 8489 section 6.3.3: such a response fails the transaction.
    return { outcome: 'error', code: 420, reason: 'the answer holds attributes that must be understood and are not' };
  }
  return {
    outcome: 'response',
    mapped: mappedAddress(message)!,
    from,
    origin: attributeOf(message, 'response-origin'),
    other: attributeOf(message, 'other-address'),
    rttUs,
    requests,
  };
}

/** Servers of before RFC 5389 only send the plain form. */
function mappedAddress(message: ReceivedMessage): Endpoint | undefined {
  return attributeOf(message, 'xor-mapped-address') ?? attributeOf(message, 'mapped-address');
}
