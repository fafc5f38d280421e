import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverse } from './inverse.ts';

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const PRIMES = [P256_ORDER, 2n ** 255n - 19n, 2n ** 127n - 1n, 2n ** 61n - 1n, 65_537n, 7n, 2n];

describe('inverse', () => {
  it.each(PRIMES)('times the value is one modulo %s', (modulus) => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: modulus - 1n }), (value) => {
        const result = inverse(value, modulus);
        expect(result > 0n && result < modulus).toBe(true);
        expect((result * value) % modulus).toBe(1n);
      }),
      { numRuns: 3000, seed: 6979 },
    );
  });

  it.each(PRIMES)('holds at the ends of the range modulo %s', (modulus) => {
    const ends = [1n, 2n, 3n, modulus / 2n, modulus - 2n, modulus - 1n].filter(
      (value) => value > 0n && value < modulus,
    );
    for (const value of ends) expect((inverse(value, modulus) * value) % modulus).toBe(1n);
  });

  it('holds for values with long runs of equal bits, where quotients are large', () => {
    for (let high = 1n; high < 256n; high++) {
      for (const low of [0n, 1n, high / 2n]) {
        const value = (2n ** high - 2n ** low) % P256_ORDER;
        if (value !== 0n) expect((inverse(value, P256_ORDER) * value) % P256_ORDER).toBe(1n);
      }
    }
  });
});
