import type { Identity } from '../identity/identity.ts';
import type { Host } from '../ports/index.ts';
import { encodeEnvelope, NONCE_LENGTH } from '../wire/signal/envelope.ts';
import { encodeInner, SIGNAL_CONTEXT, signedMessage } from '../wire/signal/inner.ts';
import { encodeSignalContent, type SignalContent } from '../wire/signal/signal-content.ts';
import { EnvelopeKey } from './envelope-key.ts';

/** An ephemeral key serves one receiver for this long, so that the cost of ECDH is paid once for a conversation. */
const KEY_LIFETIME_US = 600e6;
/** Nonces are random: after this many the odds of a repeated one are still below 2^-64 (NIST SP 800-38D 8.3). */
const KEY_USES = 65_536;
const MAX_RECEIVERS = 256;

interface Conversation {
  readonly ephemeralKey: Uint8Array;
  readonly key: EnvelopeKey;
  readonly endsAt: number;
  uses: number;
}

/** Signs messages and encrypts them for their receivers. */
export class SignalSealer {
  readonly #host: Pick<Host, 'clock' | 'random' | 'signer'>;
  readonly #identity: Identity;
  readonly #conversations = new Map<string, Conversation>();

  constructor(host: Pick<Host, 'clock' | 'random' | 'signer'>, identity: Identity) {
    this.#host = host;
    this.#identity = identity;
  }

  /**
   * @throws RangeError if the receiver's key is none, or the content passes a limit
   */
  seal(receiverKey: Uint8Array, content: SignalContent): Buffer {
    const encoded = encodeSignalContent(content);
    const { ephemeralKey, key } = this.#conversation(receiverKey);
    const senderKey = this.#identity.publicKey;
    const message = signedMessage(receiverKey, ephemeralKey, senderKey, encoded);
    const signature = this.#identity.sign(SIGNAL_CONTEXT, message);
    const inner = encodeInner({ senderKey, signature, content: encoded });
    return encodeEnvelope(key.seal(inner, this.#host.random.bytes(NONCE_LENGTH)));
  }

  #conversation(receiverKey: Uint8Array): Conversation {
    const { clock, random, signer } = this.#host;
    const name = Buffer.from(receiverKey).toString('latin1');
    const known = this.#conversations.get(name);
    if (known && known.uses < KEY_USES && clock.now() < known.endsAt) {
      known.uses++;
      return known;
    }
    this.#conversations.delete(name);
    if (this.#conversations.size >= MAX_RECEIVERS) {
      this.#conversations.delete(this.#conversations.keys().next().value!);
    }
    const { secretKey, publicKey: ephemeralKey } = signer.keyPair(random.bytes(48));
    const key = new EnvelopeKey(signer.sharedSecret(secretKey, receiverKey), ephemeralKey, receiverKey);
    const conversation = { ephemeralKey, key, endsAt: clock.now() + KEY_LIFETIME_US, uses: 1 };
    this.#conversations.set(name, conversation);
    return conversation;
  }
}
