import { p256 } from '@noble/curves/nist.js';
import type { KeyPair, Signer } from '../ports/index.ts';

const ENTROPY_LENGTH = 48;
const SIGNATURE_LENGTH = 64;
const PUBLIC_KEY_LENGTH = 33;

/** The reference signer, and the one for real hosts: `@noble/curves`, whose algorithms do not branch on secrets. */
export class NobleSigner implements Signer {
  keyPair(entropy: Uint8Array): KeyPair {
    if (entropy.length !== ENTROPY_LENGTH) {
      throw new RangeError(`a key pair takes ${ENTROPY_LENGTH} bytes of entropy, not ${entropy.length}`);
    }
    // FIPS 186-5 A.2.1: d = (c mod (n - 1)) + 1, where c has 128 bits more than n.
    const { secretKey, publicKey } = p256.keygen(entropy);
    return { secretKey, publicKey };
  }

  publicKey(secretKey: Uint8Array): Uint8Array {
    assertSecretKey(secretKey);
    return p256.getPublicKey(secretKey, true);
  }

  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
    assertSecretKey(secretKey);
    return p256.sign(message, secretKey, { prehash: true, lowS: true, extraEntropy: false, format: 'compact' });
  }

  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
    // The library also takes uncompressed points; here a key has one spelling only, since node ids are hashes of it.
    if (signature.length !== SIGNATURE_LENGTH || publicKey.length !== PUBLIC_KEY_LENGTH) return false;
    try {
      return p256.verify(signature, message, publicKey, { prehash: true, lowS: true, format: 'compact' });
    } catch {
      return false; // It throws for what is no point and no signature at all; the port answers false.
    }
  }

  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
    assertSecretKey(secretKey);
    if (publicKey.length !== PUBLIC_KEY_LENGTH) throw notAPoint();
    try {
      return p256.getSharedSecret(secretKey, publicKey, true).subarray(1);
    } catch (cause) {
      throw notAPoint(cause);
    }
  }
}

function assertSecretKey(secretKey: Uint8Array): void {
  if (!p256.utils.isValidSecretKey(secretKey)) throw new RangeError('the secret key is not in 1 to n - 1');
}

function notAPoint(cause?: unknown): RangeError {
  return new RangeError('the public key is not a compressed point of P-256', { cause });
}
