import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withContext } from '../wire/context.ts';
import { Identity } from './identity.ts';
import { NobleSigner } from './noble-signer.ts';
import { nodeIdOf } from './node-id.ts';

const signer = new NobleSigner();
const entropy = (byte: number) => ({
  uint32: () => 0,
  below: () => 0,
  bytes: (length: number) => new Uint8Array(length).fill(byte),
  fork: () => entropy(byte),
});
const message = Buffer.from('message');

describe('Identity', () => {
  it('comes from the random port alone', () => {
    const one = Identity.generate({ random: entropy(1), signer });
    expect(Identity.generate({ random: entropy(1), signer }).publicKey).toEqual(one.publicKey);
    expect(Identity.generate({ random: entropy(2), signer }).publicKey).not.toEqual(one.publicKey);
  });

  it('survives being stored', () => {
    const one = Identity.generate({ random: entropy(1), signer });
    const again = Identity.fromSecretKey(signer, one.secretKey());
    expect(again.nodeId).toBe(one.nodeId);
    expect(again.sign('c', message)).toEqual(one.sign('c', message));
  });

  it('hands out copies of its secret key', () => {
    const one = Identity.generate({ random: entropy(1), signer });
    const before = one.sign('c', message);
    one.secretKey().fill(0);
    expect(one.sign('c', message)).toEqual(before);
  });

  it('signs for one purpose only', () => {
    const one = Identity.generate({ random: entropy(1), signer });
    const signature = one.sign('purpose', message);
    expect(signer.verify(signature, withContext('purpose', message), one.publicKey)).toBe(true);
    expect(signer.verify(signature, withContext('purposes', message), one.publicKey)).toBe(false);
    expect(signer.verify(signature, message, one.publicKey)).toBe(false);
    expect(() => one.sign('a\0b', message)).toThrow(RangeError);
  });

  it('shares a secret with another identity', () => {
    const one = Identity.generate({ random: entropy(1), signer });
    const two = Identity.generate({ random: entropy(2), signer });
    expect(one.sharedSecret(two.publicKey)).toEqual(two.sharedSecret(one.publicKey));
  });
});

describe('nodeIdOf', () => {
  it('is 20 bytes of SHA-256 in RFC 4648 base32', () => {
    for (let round = 0; round < 20; round++) {
      const key = Buffer.alloc(33, round);
      const bits = [...createHash('sha256').update(key).digest().subarray(0, 20)]
        .map((byte) => byte.toString(2).padStart(8, '0'))
        .join('');
      const digits = bits.match(/.{5}/g)!.map((group) => Number.parseInt(group, 2));
      expect(nodeIdOf(key)).toBe(digits.map((digit) => 'abcdefghijklmnopqrstuvwxyz234567'[digit]).join(''));
    }
  });
});
