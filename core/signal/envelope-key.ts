import { createCipheriv, createDecipheriv } from 'node:crypto';
import { associatedData, type Envelope, type EnvelopeType, NONCE_LENGTH, TAG_LENGTH } from '../wire/signal/envelope.ts';
import { hkdfSha256 } from './hkdf.ts';

const CIPHER = 'aes-256-gcm';
const INFO = Buffer.from('punchlab/1 signal key');
const KEY_LENGTH = 32;

/** The symmetric key that one ephemeral key pair and one receiver share. */
export class EnvelopeKey {
  readonly #ephemeralKey: Uint8Array;
  readonly #key: Buffer;

  /**
   * HKDF-SHA256 (RFC 5869) of the ECDH secret, salted with both public keys, so that the key belongs to this pair.
   * @param sharedSecret x coordinate, 32 bytes
   */
  constructor(sharedSecret: Uint8Array, ephemeralKey: Uint8Array, receiverKey: Uint8Array) {
    const salt = Buffer.concat([ephemeralKey, receiverKey]);
    this.#ephemeralKey = Uint8Array.from(ephemeralKey);
    this.#key = hkdfSha256(sharedSecret, salt, INFO, KEY_LENGTH);
  }

  /** @param nonce never the same twice under one key */
  seal(type: EnvelopeType, plaintext: Uint8Array, nonce: Uint8Array): Envelope {
    if (nonce.length !== NONCE_LENGTH) throw new RangeError(`a nonce has ${NONCE_LENGTH} bytes`);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_LENGTH });
    const ephemeralKey = this.#ephemeralKey;
    cipher.setAAD(associatedData({ type, ephemeralKey }));
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return { type, ephemeralKey, nonce, ciphertext, tag: cipher.getAuthTag() };
  }

  /** Undefined if it was not sealed under this key, or was touched since. */
  open(envelope: Envelope): Buffer | undefined {
    const decipher = createDecipheriv(CIPHER, this.#key, envelope.nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(associatedData(envelope));
    decipher.setAuthTag(envelope.tag);
    const plaintext = decipher.update(envelope.ciphertext);
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  }
}
