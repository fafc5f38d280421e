export interface KeyPair {
  /** 32 bytes, big endian. */
  readonly secretKey: Uint8Array;
  /** 33 bytes, SEC 1 compressed point. */
  readonly publicKey: Uint8Array;
}

/** ECDSA and ECDH over P-256. Every implementation yields the same bytes for the same input (RFC 6979). */
export interface Signer {
  /** A fresh key pair from 48 bytes of entropy (FIPS 186-5 A.2.1: extra bits, then reduction). */
  keyPair(entropy: Uint8Array): KeyPair;
  /**
   * The public key of a secret key.
   * @throws RangeError if the secret key is not in 1 to n - 1
   */
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** 64 bytes, r then s, over SHA-256 of the message; deterministic nonce (RFC 6979), low s. */
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array;
  /** False for every malformed input, and for a high s; never throws. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /**
   * The x coordinate of the shared point, 32 bytes. It is no key yet: derive one with HKDF.
   * @throws RangeError if the public key is not a point of the curve
   */
  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}
