import { describe, expect, it } from 'vitest';
import { SimSigner } from '../../simulator/world/signer.ts';
import { NobleSigner } from './noble-signer.ts';
import ecdh from './testdata/wycheproof-ecdh-p256.json' with { type: 'json' };
import ecdsa from './testdata/wycheproof-ecdsa-p256-p1363.json' with { type: 'json' };

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const PRIME = BigInt('0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff');
const hex = (text: string) => Buffer.from(text, 'hex');
const scalar = (value: bigint) => hex(value.toString(16).padStart(64, '0'));

/** SEC 1 section 2.3.3. Wycheproof writes most points uncompressed. */
function compressed(point: Buffer): Buffer {
  return point.length === 65 ? Buffer.concat([Buffer.of(2 + (point[64]! & 1)), point.subarray(1, 33)]) : point;
}

/** Of a signature and its mirror image, both mathematically valid, only the one with the low s counts. */
function isLow(signature: Buffer): boolean {
  return BigInt(`0x${signature.toString('hex', 32)}`) <= ORDER / 2n;
}

const cases = ecdsa.groups.flatMap(({ publicKey, tests }) =>
  tests.map((test) => ({ ...test, publicKey: compressed(hex(publicKey)), signature: hex(test.sig) })),
);

describe.each([
  ['the reference signer', () => new NobleSigner()],
  ["the simulator's signer", () => new SimSigner()],
])('Wycheproof: %s', (_name, create) => {
  it.each(cases)('ECDSA $tcId: $comment', ({ publicKey, signature, msg, result }) => {
    const valid = result === 'valid' && isLow(signature);
    expect(create().verify(signature, hex(msg), publicKey)).toBe(valid);
  });

  it('takes the mirror image of a valid high s', () => {
    const high = cases.filter(({ signature, result }) => result === 'valid' && !isLow(signature));
    expect(high.length).toBeGreaterThan(3);
    for (const { publicKey, signature, msg } of high) {
      const mirrored = Buffer.concat([
        signature.subarray(0, 32),
        scalar(ORDER - BigInt(`0x${signature.toString('hex', 32)}`)),
      ]);
      expect(create().verify(mirrored, hex(msg), publicKey)).toBe(true);
    }
  });

  it('refuses every special value of r and s', () => {
    const special = [0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, PRIME, PRIME + 1n].map(scalar);
    const signer = create();
    for (const r of special) {
      for (const s of special) {
        expect(signer.verify(Buffer.concat([r, s]), hex('313233343030'), cases[0]!.publicKey)).toBe(false);
      }
    }
  });

  it.each(ecdh.tests)('ECDH $tcId: $comment', ({ public: point, private: secret, shared }) => {
    expect(Buffer.from(create().sharedSecret(hex(secret), compressed(hex(point)))).toString('hex')).toBe(shared);
  });
});
