import { createECDH, createHash, createHmac, createPublicKey, ECDH, type KeyObject, verify } from 'node:crypto';
import type { KeyPair, Signer } from '../../core/ports/index.ts';
import { inverse } from './inverse.ts';

const CURVE = 'prime256v1';
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = ORDER >> 1n;
const ZERO = Buffer.of(0);
const ONE = Buffer.of(1);
/** Of each cache: a worker meets a handful of keys and some hundred messages a trial. */
const CACHE_LIMIT = 4096;

/** A signature that is known to be good. */
interface Verified {
  readonly message: Buffer;
  readonly publicKey: Buffer;
}

/**
 * P-256 over node:crypto, byte for byte what the reference signer yields and several times faster, since it lets
 * OpenSSL multiply the points. Node's own ECDSA draws its nonce at random, so RFC 6979 is done here.
 *
 * Both ends of a world ask the same signer, so it knows the secrets behind most public keys that it meets: it needs
 * to verify nothing that it signed, and a shared secret is a multiple of the generator, for which OpenSSL has tables.
 *
 * For the simulator only: the arithmetic on secrets is plain BigInt and takes a time that depends on them.
 */
export class SimSigner implements Signer {
  readonly #point = createECDH(CURVE);
  readonly #publicKeys = new Map<string, Buffer>();
  readonly #keyObjects = new Map<string, KeyObject>();
  /** The secrets behind the public keys that were worked out here. */
  readonly #secrets = new Map<string, bigint>();
  /** Secrets of pairs of keys, by the product of the two. */
  readonly #shared = new Map<string, Buffer>();
  /** By signature. A forged message is never among them. */
  readonly #verified = new Map<string, Verified>();

  keyPair(entropy: Uint8Array): KeyPair {
    if (entropy.length !== 48) throw new RangeError(`a key pair takes 48 bytes of entropy, not ${entropy.length}`);
    // FIPS 186-5 A.2.1
    const secretKey = toBytes((toBigInt(entropy) % (ORDER - 1n)) + 1n);
    return { secretKey, publicKey: this.publicKey(secretKey) };
  }

  publicKey(secretKey: Uint8Array): Uint8Array {
    return Uint8Array.from(this.#publicKeyOf(secretKey));
  }

  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
    const publicKey = this.#publicKeyOf(secretKey);
    const digest = createHash('sha256').update(message).digest();
    const hash = toBigInt(digest) % ORDER;
    const secret = toBigInt(secretKey);
    for (const nonce of nonces(secretKey, toBytes(hash))) {
      const r = toBigInt(this.#multiple(nonce)) % ORDER;
      const s = (inverse(toBigInt(nonce), ORDER) * (hash + r * secret)) % ORDER;
      if (r === 0n || s === 0n) continue; // RFC 6979 3.4: take the next nonce
      const signature = Buffer.concat([toBytes(r), toBytes(s > HALF_ORDER ? ORDER - s : s)]);
      this.#vouch(signature, message, publicKey);
      return signature;
    }
    throw new Error('unreachable: RFC 6979 yields nonces without end');
  }

  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
    if (signature.length !== 64 || publicKey.length !== 33) return false;
    const known = this.#verified.get(text(signature));
    if (known?.message.equals(message) && known.publicKey.equals(publicKey)) return true;
    if (toBigInt(signature.subarray(32)) > HALF_ORDER) return false;
    const keyObject = this.#keyObject(publicKey);
    if (!keyObject) return false;
    if (!verify('sha256', message, { key: keyObject, dsaEncoding: 'ieee-p1363' }, signature)) return false;
    this.#vouch(signature, message, publicKey);
    return true;
  }

  sharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
    const own = this.#secretOf(secretKey);
    const other = this.#secrets.get(text(publicKey));
    if (other !== undefined) return Uint8Array.from(this.#known(toBytes((own * other) % ORDER)));
    if (!this.#keyObject(publicKey)) throw new RangeError('the public key is not a compressed point of P-256');
    this.#point.setPrivateKey(secretKey);
    return Uint8Array.from(this.#point.computeSecret(publicKey));
  }

  #vouch(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): void {
    const verified = { message: Buffer.from(message), publicKey: Buffer.from(publicKey) };
    remember(this.#verified, text(signature), verified);
  }

  #secretOf(secretKey: Uint8Array): bigint {
    return this.#secrets.get(text(this.#publicKeyOf(secretKey))) ?? toBigInt(secretKey);
  }

  #publicKeyOf(secretKey: Uint8Array): Buffer {
    const key = text(secretKey);
    let publicKey = this.#publicKeys.get(key);
    if (!publicKey) {
      assertSecretKey(secretKey);
      this.#point.setPrivateKey(secretKey);
      publicKey = this.#point.getPublicKey(null, 'compressed');
      remember(this.#publicKeys, key, publicKey);
      remember(this.#secrets, text(publicKey), toBigInt(secretKey));
    }
    return publicKey;
  }

  /** Undefined if the bytes are no compressed point. */
  #keyObject(publicKey: Uint8Array): KeyObject | undefined {
    const key = text(publicKey);
    const known = this.#keyObjects.get(key);
    if (known) return known;
    const point = decompress(publicKey);
    if (!point) return undefined;
    const [x, y] = [point.toString('base64url', 1, 33), point.toString('base64url', 33)];
    const keyObject = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
    remember(this.#keyObjects, key, keyObject);
    return keyObject;
  }

  /** {@link #multiple} of a secret that two share: the second asks soon after the first. */
  #known(scalar: Buffer): Buffer {
    const key = text(scalar);
    const known = this.#shared.get(key) ?? this.#multiple(scalar);
    remember(this.#shared, key, known);
    return known;
  }

  /** The x coordinate of that multiple of the generator, 32 bytes. */
  #multiple(scalar: Buffer): Buffer {
    this.#point.setPrivateKey(scalar);
    return this.#point.getPublicKey().subarray(1, 33);
  }
}

/** RFC 6979 section 3.2: the candidates for k, in order, that lie in 1 to n - 1. */
function* nonces(secretKey: Uint8Array, hash: Buffer): Generator<Buffer> {
  let value: Buffer = Buffer.alloc(32, 1);
  let key: Buffer = Buffer.alloc(32, 0);
  for (const separator of [ZERO, ONE]) {
    key = hmac(key, value, separator, secretKey, hash);
    value = hmac(key, value);
  }
  for (;;) {
    value = hmac(key, value);
    const candidate = toBigInt(value);
    if (candidate > 0n && candidate < ORDER) yield value;
    key = hmac(key, value, ZERO);
    value = hmac(key, value);
  }
}

function hmac(key: Buffer, ...parts: readonly Uint8Array[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function decompress(publicKey: Uint8Array): Buffer | undefined {
  if (publicKey.length !== 33 || (publicKey[0] !== 2 && publicKey[0] !== 3)) return undefined;
  try {
    return ECDH.convertKey(publicKey, CURVE, undefined, undefined, 'uncompressed') as Buffer;
  } catch {
    return undefined;
  }
}

function assertSecretKey(secretKey: Uint8Array): void {
  const value = secretKey.length === 32 ? toBigInt(secretKey) : 0n;
  if (value === 0n || value >= ORDER) throw new RangeError('the secret key is not in 1 to n - 1');
}

/** Keeps the newest entries. */
function remember<V>(cache: Map<string, V>, key: string, value: V): void {
  if (cache.size >= CACHE_LIMIT) cache.delete(cache.keys().next().value!);
  cache.set(key, value);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}

function toBytes(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
