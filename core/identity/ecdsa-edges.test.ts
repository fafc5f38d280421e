import { createPublicKey, ECDH, verify } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { SimSigner } from '../../simulator/world/signer.ts';
import { NobleSigner } from './noble-signer.ts';

/*
 * Every edge, by three judges: @noble/curves, node:crypto as OpenSSL answers when asked directly, and the simulator's
 * signer. The first two agree on everything but what is ours to decide: only the low s counts, only compressed keys.
 */
const ORDER = p256.Point.CURVE().n;
const PRIME = p256.Point.CURVE().p;
const hex = (text: string) => Buffer.from(text, 'hex');
const scalar = (value: bigint) => hex(value.toString(16).padStart(64, '0'));
const noble = new NobleSigner();
const message = Buffer.from('message');
const secretKey = scalar(0xc0ffeen);
const publicKey = Buffer.from(noble.publicKey(secretKey));
const signature = Buffer.from(noble.sign(message, secretKey));
const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** By OpenSSL, without any code of ours in between. */
function openssl(sig: Uint8Array, key: Uint8Array): boolean {
  try {
    const point = ECDH.convertKey(key, 'prime256v1', undefined, undefined, 'uncompressed') as Buffer;
    const jwk = { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33) };
    const keyObject = createPublicKey({ key: jwk, format: 'jwk' });
    return verify('sha256', message, { key: keyObject, dsaEncoding: 'ieee-p1363' }, sig);
  } catch {
    return false;
  }
}

/** By @noble/curves, likewise. */
function curves(sig: Uint8Array, key: Uint8Array): boolean {
  try {
    return p256.verify(sig, message, key, { prehash: true, lowS: false, format: 'compact' });
  } catch {
    return false;
  }
}

const special = new Map<string, bigint>([
  ['0', 0n],
  ['1', 1n],
  ['n / 2', ORDER / 2n],
  ['n / 2 + 1', ORDER / 2n + 1n],
  ['n - 1', ORDER - 1n],
  ['n', ORDER],
  ['n + 1', ORDER + 1n],
  ['p - 1', PRIME - 1n],
  ['p', PRIME],
  ['2^256 - 1', 2n ** 256n - 1n],
]);
const der = Buffer.from(p256.Signature.fromBytes(signature, 'compact').toBytes('der'));
const high = Buffer.concat([r, scalar(ORDER - number(s))]);

const signatures: [string, Uint8Array][] = [
  ['as it was made', signature],
  ['with the high s', high],
  ['in DER', der],
  ['with r and s swapped', Buffer.concat([s, r])],
  ['of no bytes', Buffer.alloc(0)],
  ['one byte short', signature.subarray(0, 63)],
  ['one byte long', Buffer.concat([signature, Buffer.of(0)])],
  ['with a zero in front', Buffer.concat([Buffer.of(0), signature])],
  ['of r alone', r],
  ['with r + n, where that still fits', Buffer.concat([scalar((number(r) + ORDER) % 2n ** 256n), s])],
  ...[...special].flatMap(([name, value]): [string, Uint8Array][] => [
    [`with r = ${name}`, Buffer.concat([scalar(value), s])],
    [`with s = ${name}`, Buffer.concat([r, scalar(value)])],
    [`with r = s = ${name}`, Buffer.concat([scalar(value), scalar(value)])],
  ]),
];

describe.each(signatures)('a signature %s', (_name, sig) => {
  it('is judged alike by all', () => {
    const verdict = curves(sig, publicKey);
    expect(openssl(sig, publicKey)).toBe(verdict);
    const ours = verdict && number(sig.subarray(32)) <= ORDER / 2n;
    expect(noble.verify(sig, message, publicKey)).toBe(ours);
    expect(new SimSigner().verify(sig, message, publicKey)).toBe(ours);
  });
});

it('the genuine one holds, and its mirror image only where low s is not asked for', () => {
  expect([curves(signature, publicKey), openssl(signature, publicKey)]).toEqual([true, true]);
  expect([curves(high, publicKey), openssl(high, publicKey), noble.verify(high, message, publicKey)]).toEqual([
    true,
    true,
    false,
  ]);
});

const uncompressed = Buffer.from(p256.Point.fromBytes(publicKey).toBytes(false));
const x = uncompressed.subarray(1, 33);
const hybrid = Buffer.concat([Buffer.of(6 + (uncompressed[64]! & 1)), uncompressed.subarray(1)]);
const offCurve = Buffer.from(uncompressed);
offCurve[64]! ^= 1;

const keys: [string, Uint8Array, boolean][] = [
  ['as it was made', publicKey, true],
  ['uncompressed', uncompressed, false],
  ['hybrid (SEC 1 of old, X9.62)', hybrid, false],
  ['of the other y', Buffer.concat([Buffer.of(publicKey[0]! ^ 1), x]), false],
  ['the point at infinity', Buffer.of(0), false],
  ['the point at infinity, padded', Buffer.alloc(33), false],
  ['uncompressed and off the curve', offCurve, false],
  ['an x without a point', Buffer.concat([Buffer.of(2), scalar(2n)]), false],
  ['an x that is p', Buffer.concat([Buffer.of(2), scalar(PRIME)]), false],
  ['an x beyond p', Buffer.concat([Buffer.of(2), scalar(2n ** 256n - 1n)]), false],
  ['short', publicKey.subarray(0, 32), false],
  ['long', Buffer.concat([publicKey, Buffer.of(0)]), false],
  ['of another form', Buffer.concat([Buffer.of(4), x]), false],
  ['the bare x', x, false],
];

describe.each(keys)('a public key %s', (_name, key, valid) => {
  it('is judged alike by both signers, and never believed by one judge alone', () => {
    expect(noble.verify(signature, message, key)).toBe(valid);
    expect(new SimSigner().verify(signature, message, key)).toBe(valid);
    const shared = (signer: NobleSigner | SimSigner) => {
      try {
        return Buffer.from(signer.sharedSecret(secretKey, key)).toString('hex');
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    expect(shared(new SimSigner())).toBe(shared(noble));
    // A hybrid key is the one thing that OpenSSL reads and the library does not; neither gets it from us.
    if (key !== hybrid) expect(openssl(signature, key)).toBe(curves(signature, key));
  });
});

describe.each([...special])('the secret key %s', (_name, value) => {
  it('is one, or is none, by both signers alike', () => {
    const outcome = (signer: NobleSigner | SimSigner) => {
      try {
        const key = signer.publicKey(scalar(value));
        return [key, signer.sign(message, scalar(value))].map((bytes) => Buffer.from(bytes).toString('hex'));
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    expect(outcome(new SimSigner())).toEqual(outcome(noble));
    expect(outcome(noble) === 'RangeError').toBe(value === 0n || value >= ORDER);
  });
});
