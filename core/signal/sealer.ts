import type { Identity } from '../identity/identity.ts';
import type { Host } from '../ports/index.ts';
import { type Envelope, encodeEnvelope, NONCE_LENGTH } from '../wire/signal/envelope.ts';
import { encodeInner, SIGNAL_CONTEXT, signedMessage } from '../wire/signal/inner.ts';
import { splitIds } from '../wire/signal/message-ids.ts';
import { encodeSignalContent, type SignalContent } from '../wire/signal/signal-content.ts';
import { EnvelopeKey } from './envelope-key.ts';

/** An ephemeral key serves one receiver for this long, so that the cost of ECDH is paid once for a conversation. */
const KEY_LIFETIME_US = 600e6;
/** Nonces are random: after this many the odds of a repeated one are still below 2^-64 (NIST SP 800-38D 8.3). */
const KEY_USES = 65_536;
const MAX_RECEIVERS = 256;

/** A receiver's word for having taken messages. */
export interface Acknowledgement {
  readonly receiverKey: Uint8Array;
  readonly ids: readonly Uint8Array[];
}

interface Conversation {
  readonly receiverKey: Uint8Array;
  readonly ephemeralKey: Uint8Array;
  readonly key: EnvelopeKey;
  readonly endsAt: number;
  uses: number;
}

/** Signs messages and encrypts them for their receivers. */
export class SignalSealer {
  readonly #host: Pick<Host, 'clock' | 'random' | 'signer'>;
  readonly #identity: Identity;
  /** By receiver: what its next message goes under. */
  readonly #conversations = new Map<string, Conversation>();
  /** By ephemeral key, those that were followed by another included: receipts come late. */
  readonly #byEphemeralKey = new Map<string, Conversation>();

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
    return encodeEnvelope(key.seal('message', inner, this.#host.random.bytes(NONCE_LENGTH)));
  }

  /** Whose receipt it is, and for which messages. Undefined: it is for no conversation of ours, or forged. */
  openAcknowledgement(envelope: Envelope): Acknowledgement | undefined {
    const conversation = this.#byEphemeralKey.get(nameOf(envelope.ephemeralKey));
    const plaintext = conversation?.key.open(envelope);
    return plaintext && { receiverKey: conversation!.receiverKey, ids: splitIds(plaintext) };
  }

  #conversation(receiverKey: Uint8Array): Conversation {
    const { clock, random, signer } = this.#host;
    const name = nameOf(receiverKey);
    const known = this.#conversations.get(name);
    if (known && known.uses < KEY_USES && clock.now() < known.endsAt) {
      known.uses++;
      return known;
    }
    const { secretKey, publicKey: ephemeralKey } = signer.keyPair(random.bytes(48));
    const key = new EnvelopeKey(signer.sharedSecret(secretKey, receiverKey), ephemeralKey, receiverKey);
    const endsAt = clock.now() + KEY_LIFETIME_US;
    const conversation = { receiverKey: Uint8Array.from(receiverKey), ephemeralKey, key, endsAt, uses: 1 };
    keep(this.#conversations, name, conversation);
    keep(this.#byEphemeralKey, nameOf(ephemeralKey), conversation);
    return conversation;
  }
}

/** The newest entries only. */
function keep(table: Map<string, Conversation>, name: string, conversation: Conversation): void {
  table.delete(name);
  if (table.size >= MAX_RECEIVERS) table.delete(table.keys().next().value!);
  table.set(name, conversation);
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
