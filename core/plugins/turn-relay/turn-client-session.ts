import { RELIABLE } from '../../nat/retransmission.ts';
import { StunExchanges } from '../../nat/stun-exchanges.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { NetError } from '../../net/error.ts';
import type { Host } from '../../ports/index.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { longTermKey } from '../../wire/stun/credentials.ts';
import { decodeMessage, isStun, type ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { hasIntegrity, verifyIntegrity } from '../../wire/stun/integrity.ts';
import { TRANSACTION_ID_LENGTH } from '../../wire/stun/message.ts';
import { WireError } from '../../wire/wire-error.ts';
import type { TurnTransport } from './turn-client-transport.ts';

/** The server refused, with one of the error codes of RFC 8489 section 14.8 and RFC 8656 section 19. */
export class TurnError extends Error {
  override readonly name = 'TurnError';
  readonly code: number;

  constructor(code: number, reason: string) {
    super(`the TURN server answered ${code} ${reason}`);
    this.code = code;
  }
}

export interface TurnCredentials {
  readonly username: string;
  readonly password: string;
}

export interface RequestOptions {
  /** @default that of the retransmission schedule, 39,500 */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly key: Buffer;
}

/** One challenge at the start, and one more if the nonce has just run out. */
const MAX_ROUNDS = 3;

/** Requests to one TURN server, with long-term credentials (RFC 8489 section 9.2). */
export class TurnSession {
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #transport: TurnTransport;
  readonly #credentials: TurnCredentials;
  readonly #server: Endpoint;
  readonly #exchanges: StunExchanges;
  #challenge: Challenge | undefined;

  constructor(
    host: Pick<Host, 'clock' | 'random'>,
    transport: TurnTransport,
    server: Endpoint,
    credentials: TurnCredentials,
  ) {
    this.#host = host;
    this.#transport = transport;
    this.#server = server;
    this.#credentials = credentials;
    this.#exchanges = new StunExchanges(host.clock);
  }

  /** Do requests wait for their answers? */
  get busy(): boolean {
    return this.#exchanges.size > 0;
  }

  /**
   * Sends a request until the server has answered it, with credentials as soon as it asks for them.
   *
   * @throws TurnError what the server refused with; NetError ETIMEDOUT, ECANCELED, or what broke the transport
   */
  async request(
    method: number,
    attributes: readonly Attribute[],
    options: RequestOptions = {},
  ): Promise<ReceivedMessage> {
    const { clock } = this.#host;
    const endUs = clock.now() + 1000 * (options.deadlineMs ?? Number.POSITIVE_INFINITY);
    for (let round = 1; ; round++) {
      const challenge = this.#challenge;
      const remaining = { deadlineMs: (endUs - clock.now()) / 1000, signal: options.signal };
      const message = await this.#exchange(method, attributes, challenge, remaining);
      if (message.messageClass === 'success') return message;
      const { code, reason } = attributeOf(message, 'error-code')!;
      const again = code === 438 || (code === 401 && !challenge);
      if (!again || round === MAX_ROUNDS || !this.#learn(message)) throw new TurnError(code, reason);
    }
  }

  /** Sends a request whose answer nobody waits for. Nothing leaves before the server has told its realm. */
  tell(method: number, attributes: readonly Attribute[]): void {
    if (!this.#challenge) return;
    const transactionId = this.#host.random.bytes(TRANSACTION_ID_LENGTH);
    this.#transport.send(this.#encode(method, attributes, transactionId, this.#challenge));
  }

  /** Takes a STUN message: true for the answer to one of the requests. */
  receive(message: ReceivedMessage): boolean {
    return this.#exchanges.receive(message, this.#server);
  }

  /** Ends all requests with this error. */
  fail(error: NetError): void {
    this.#exchanges.fail(error);
  }

  async #exchange(
    method: number,
    attributes: readonly Attribute[],
    challenge: Challenge | undefined,
    { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal | undefined },
  ): Promise<ReceivedMessage> {
    const transactionId = this.#host.random.bytes(TRANSACTION_ID_LENGTH);
    const bytes = this.#encode(method, attributes, transactionId, challenge);
    const result = await this.#exchanges.run({
      transactionId,
      method,
      send: () => this.#transport.send(bytes),
      accepts: (message) => isAcceptable(message, challenge),
      retransmission: { ...(this.#transport.stream && RELIABLE), deadlineMs },
      signal,
    });
    switch (result.outcome) {
      case 'response':
        return result.message;
      case 'timeout':
        throw new NetError('ETIMEDOUT', 'the TURN server did not answer');
      case 'cancelled':
        throw new NetError('ECANCELED');
      case 'unreachable':
        throw result.error;
    }
  }

  #encode(
    method: number,
    attributes: readonly Attribute[],
    transactionId: Uint8Array,
    challenge: Challenge | undefined,
  ): Buffer {
    if (!challenge) return encodeMessage({ messageClass: 'request', method, transactionId, attributes });
    const credentials: Attribute[] = [
      { type: 'username', value: this.#credentials.username },
      { type: 'realm', value: challenge.realm },
      { type: 'nonce', value: challenge.nonce },
    ];
    const all = [...attributes, ...credentials];
    return encodeMessage({ messageClass: 'request', method, transactionId, attributes: all }, { key: challenge.key });
  }

  /** False if the response asks for credentials without saying for what. */
  #learn(message: ReceivedMessage): boolean {
    const realm = attributeOf(message, 'realm');
    const nonce = attributeOf(message, 'nonce');
    if (realm === undefined || nonce === undefined) return false;
    const { username, password } = this.#credentials;
    const known = this.#challenge;
    const key = known?.realm === realm ? known.key : longTermKey(username, realm, password);
    this.#challenge = { realm, nonce, key };
    return true;
  }
}

/**
 * RFC 8489 section 9.2.5: once credentials have been sent, only what is signed with them counts; but who has just
 * refused them can't sign.
 */
function isAcceptable(message: ReceivedMessage, challenge: Challenge | undefined): boolean {
  const code = attributeOf(message, 'error-code')?.code;
  if (message.messageClass === 'error' && code === undefined) return false;
  if (!challenge) return true;
  if (hasIntegrity(message)) return verifyIntegrity(message, challenge.key);
  return message.messageClass === 'error' && (code === 401 || code === 438);
}

/** The STUN message in these bytes; undefined if they are none. */
export function readStun(bytes: Uint8Array): ReceivedMessage | undefined {
  if (!isStun(bytes)) return undefined;
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
