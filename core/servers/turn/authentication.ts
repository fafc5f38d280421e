import type { Endpoint } from '../../net/endpoint.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { longTermKey } from '../../wire/stun/credentials.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { hasIntegrity, verifyIntegrity } from '../../wire/stun/integrity.ts';
import type { Protection } from '../../wire/stun/message.ts';
import { type ErrorCodeNumber, errorResponse } from '../stun/error-response.ts';
import { Nonces } from './nonces.ts';
import type { TurnCounters } from './turn-counters.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

/** A request whose sender has proved to know a password, and the means to answer it in kind. */
export class AuthenticRequest {
  readonly message: ReceivedMessage;
  readonly username: string;
  readonly #protection: Protection;
  readonly #counters: TurnCounters;

  constructor(message: ReceivedMessage, username: string, key: Uint8Array, counters: TurnCounters) {
    this.#counters = counters;
    this.message = message;
    this.username = username;
    const integrity = message.sha256At === undefined ? 'sha1' : 'sha256';
    this.#protection = { key, integrity, fingerprint: message.fingerprint };
  }

  succeed(attributes: readonly Attribute[]): Buffer {
    const { method, transactionId } = this.message;
    return encodeMessage({ messageClass: 'success', method, transactionId, attributes }, this.#protection);
  }

  refuse(code: ErrorCodeNumber, attributes: readonly Attribute[] = []): Buffer {
    this.#counters.refuse(code);
    return errorResponse(this.message, code, attributes, this.#protection);
  }
}

/** The long-term credential mechanism (RFC 8489 section 9.2). */
export class Authentication {
  readonly #options: ResolvedTurnOptions;
  readonly #nonces: Nonces;
  readonly #counters: TurnCounters;
  /** For users that don't exist, so that asking for one takes as long as asking for one who does. */
  readonly #noKey: Uint8Array;

  constructor(options: ResolvedTurnOptions, clock: Clock, random: Random, counters: TurnCounters) {
    this.#options = options;
    this.#counters = counters;
    this.#nonces = new Nonces(clock, random, options.nonceLifetimeMs);
    this.#noKey = random.bytes(16);
  }

  /** The request if it is authentic, else the response that says why it is not. The order is that of section 9.2.4. */
  authenticate(message: ReceivedMessage, from: Endpoint): AuthenticRequest | Buffer {
    if (!hasIntegrity(message)) return this.#challenge(message, 401, from);
    const username = attributeOf(message, 'username');
    const nonce = attributeOf(message, 'nonce');
    if (username === undefined || nonce === undefined || attributeOf(message, 'realm') === undefined) {
      return errorResponse(message, 400);
    }
    const key = this.#key(username);
    if (!verifyIntegrity(message, key ?? this.#noKey) || !key) {
      this.#counters.unauthentic++;
      return this.#challenge(message, 401, from);
    }
    if (!this.#nonces.isValid(nonce, from.address)) return this.#challenge(message, 438, from);
    return new AuthenticRequest(message, username, key, this.#counters);
  }

  #challenge(message: ReceivedMessage, code: 401 | 438, from: Endpoint): Buffer {
    return errorResponse(message, code, [
      { type: 'realm', value: this.#options.realm },
      { type: 'nonce', value: this.#nonces.issue(from.address) },
    ]);
  }

  #key(username: string): Buffer | undefined {
    const password = this.#options.users.get(username);
    return password === undefined ? undefined : longTermKey(username, this.#options.realm, password);
  }
}
