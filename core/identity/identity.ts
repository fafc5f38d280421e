import type { Host, KeyPair, Signer } from '../ports/index.ts';
import { withContext } from '../wire/context.ts';
import { nodeIdOf } from './node-id.ts';

/** A node's key pair and what it can do. The secret key leaves it only through {@link Identity.secretKey}. */
export class Identity {
  /** 33 bytes, SEC 1 compressed point of P-256. */
  readonly publicKey: Uint8Array;
  /** See {@link nodeIdOf}. */
  readonly nodeId: string;
  readonly #signer: Signer;
  readonly #secretKey: Uint8Array;

  private constructor(signer: Signer, keys: KeyPair) {
    this.#signer = signer;
    this.#secretKey = keys.secretKey;
    this.publicKey = keys.publicKey;
    this.nodeId = nodeIdOf(keys.publicKey);
  }

  /** A new identity, from the host's own randomness. */
  static generate(host: Pick<Host, 'random' | 'signer'>): Identity {
    return new Identity(host.signer, host.signer.keyPair(host.random.bytes(48)));
  }

  /** @throws RangeError if the secret key is not 32 bytes in 1 to n - 1 */
  static fromSecretKey(signer: Signer, secretKey: Uint8Array): Identity {
    return new Identity(signer, { secretKey: Uint8Array.from(secretKey), publicKey: signer.publicKey(secretKey) });
  }

  /** A copy, for storing. */
  secretKey(): Uint8Array {
    return Uint8Array.from(this.#secretKey);
  }

  /**
   * Signs for one purpose only.
   * @param context what the signature is for: one that was made for one purpose is good for no other
   */
  sign(context: string, message: Uint8Array): Uint8Array {
    return this.#signer.sign(withContext(context, message), this.#secretKey);
  }

  /**
   * See {@link Signer.sharedSecret}.
   * @throws RangeError if the public key is not a point of the curve
   */
  sharedSecret(publicKey: Uint8Array): Uint8Array {
    return this.#signer.sharedSecret(this.#secretKey, publicKey);
  }
}
