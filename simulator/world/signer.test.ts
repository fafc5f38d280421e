import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NobleSigner } from '../../core/identity/noble-signer.ts';
import type { Signer } from '../../core/ports/index.ts';
import { SimSigner } from './signer.ts';

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const scalar = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const noble = new NobleSigner();
const run = { numRuns: 60, seed: 6979 };

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
/** Valid for the most part, with the edges and what lies beyond them. */
const secret = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: ORDER - 1n }).map(scalar) },
  { weight: 2, arbitrary: fc.constantFrom(1n, 2n, ORDER - 1n, ORDER, 0n, 2n ** 256n - 1n).map(scalar) },
  { weight: 1, arbitrary: bytes(0, 40) },
);
const message = bytes(0, 300);

/** What a call yields, or the class of what it throws. */
function outcome(call: () => unknown): unknown {
  try {
    const result = call();
    return result instanceof Uint8Array ? Buffer.from(result).toString('hex') : result;
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

/** Asserts that a fresh simulator signer does what the reference does; a fresh one has nothing cached. */
function agree(call: (signer: Signer) => unknown): void {
  expect(outcome(() => call(new SimSigner()))).toEqual(outcome(() => call(noble)));
}

describe('SimSigner is the reference signer, bit for bit', () => {
  it('in keyPair', () => {
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: bytes(48) }, bytes(0, 64)), (entropy) => {
        agree((signer) => signer.keyPair(entropy).secretKey);
        agree((signer) => signer.keyPair(entropy).publicKey);
      }),
      run,
    );
  });

  it('in publicKey', () => {
    fc.assert(
      fc.property(secret, (key) => agree((signer) => signer.publicKey(key))),
      run,
    );
  });

  it('in sign', () => {
    fc.assert(
      fc.property(message, secret, (text, key) => agree((signer) => signer.sign(text, key))),
      run,
    );
  });

  it('in sharedSecret', () => {
    const point = fc.oneof(
      { weight: 6, arbitrary: fc.bigInt({ min: 1n, max: ORDER - 1n }).map((value) => noble.publicKey(scalar(value))) },
      {
        weight: 3,
        arbitrary: fc.tuple(fc.integer({ min: 0, max: 5 }), bytes(32)).map(([f, x]) => Uint8Array.of(f, ...x)),
      },
      { weight: 1, arbitrary: bytes(0, 66) },
    );
    fc.assert(
      fc.property(secret, point, (key, peer) => agree((signer) => signer.sharedSecret(key, peer))),
      run,
    );
  });

  it('in sharedSecret between two keys that it made itself', () => {
    const key = fc.bigInt({ min: 1n, max: ORDER - 1n }).map(scalar);
    fc.assert(
      fc.property(key, key, (own, other) =>
        agree((signer) => {
          signer.publicKey(own);
          return signer.sharedSecret(own, signer.publicKey(other));
        }),
      ),
      run,
    );
  });

  it('in verify, whatever was done to the signature, the message or the key', () => {
    const key = fc.bigInt({ min: 1n, max: ORDER - 1n }).map(scalar);
    const change = fc.oneof(
      fc.constant({ kind: 'none' as const }),
      fc.record({ kind: fc.constantFrom('signature', 'message', 'key'), bit: fc.nat(10_000) }),
      fc.constant({ kind: 'mirror' as const }),
      fc.record({ kind: fc.constantFrom('random signature', 'random key'), bytes: bytes(0, 70) }),
      fc.constantFrom(0n, 1n, ORDER - 1n, ORDER, ORDER + 1n).map((value) => ({ kind: 'r' as const, value })),
      fc.constantFrom(0n, 1n, ORDER >> 1n, ORDER).map((value) => ({ kind: 's' as const, value })),
    );
    fc.assert(
      fc.property(key, bytes(1, 200), change, (secretKey, text, what) => {
        let signature = Buffer.from(noble.sign(text, secretKey));
        let publicKey = Buffer.from(noble.publicKey(secretKey));
        const flip = (target: Uint8Array, bit: number) => {
          target[(bit >> 3) % target.length]! ^= 1 << (bit & 7);
        };
        if (what.kind === 'signature' && 'bit' in what) flip(signature, what.bit);
        if (what.kind === 'message' && 'bit' in what) flip(text, what.bit);
        if (what.kind === 'key' && 'bit' in what) flip(publicKey, what.bit);
        if (what.kind === 'mirror') {
          const s = BigInt(`0x${signature.toString('hex', 32)}`);
          scalar(ORDER - s).copy(signature, 32);
        }
        if (what.kind === 'random signature' && 'bytes' in what) signature = Buffer.from(what.bytes);
        if (what.kind === 'random key' && 'bytes' in what) publicKey = Buffer.from(what.bytes);
        if (what.kind === 'r' && 'value' in what) scalar(what.value).copy(signature, 0);
        if (what.kind === 's' && 'value' in what) scalar(what.value).copy(signature, 32);
        const verdict = noble.verify(signature, text, publicKey);
        if (what.kind === 'none') expect(verdict).toBe(true);
        if (what.kind === 'mirror') expect(verdict).toBe(false);
        const sim = new SimSigner();
        expect(sim.verify(signature, text, publicKey)).toBe(verdict);
        expect(sim.verify(signature, text, publicKey)).toBe(verdict);
      }),
      { numRuns: 200, seed: 6979 },
    );
  });
});

describe('the verify cache', () => {
  const signer = new SimSigner();
  const { secretKey, publicKey } = signer.keyPair(new Uint8Array(48).fill(7));
  const text = Buffer.from('message');
  const signature = signer.sign(text, secretKey);

  it('does not vouch for another message, signature or key', () => {
    const other = signer.keyPair(new Uint8Array(48).fill(8));
    const bent = Uint8Array.from(signature);
    bent[5]! ^= 1;
    expect(signer.verify(signature, text, publicKey)).toBe(true);
    expect(signer.verify(signature, Buffer.from('massage'), publicKey)).toBe(false);
    expect(signer.verify(bent, text, publicKey)).toBe(false);
    expect(signer.verify(signature, text, other.publicKey)).toBe(false);
  });

  it('is not changed through what a caller was handed', () => {
    const before = Buffer.from(signer.publicKey(secretKey));
    signer.publicKey(secretKey).fill(0);
    signer.sharedSecret(secretKey, publicKey).fill(0);
    expect(Buffer.from(signer.publicKey(secretKey))).toEqual(before);
    expect(signer.sharedSecret(secretKey, publicKey)).not.toEqual(new Uint8Array(32));
  });

  it('forgets the oldest and still answers rightly', () => {
    const many = new SimSigner();
    const first = many.sign(text, secretKey);
    for (let index = 0; index < 4096; index++) many.sign(Buffer.from(`${index}`), secretKey);
    expect(many.verify(first, text, publicKey)).toBe(true);
  });
});
