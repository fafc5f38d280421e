import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayWindow } from './replay-window.ts';

describe('ReplayWindow', () => {
  it('admits every number once and none that is too old, as a set that forgets nothing would', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: -3000, max: 200 }), fc.integer({ min: 0, max: 5000 })), {
      maxLength: 400,
    });
    fc.assert(
      fc.property(steps, (moves) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let highest = -1;
        for (const move of moves) {
          const sequence = Math.max(0, highest + move);
          const expected = sequence > highest || (highest - sequence < 2048 && !seen.has(sequence));
          expect([sequence, window.admit(sequence)]).toEqual([sequence, expected]);
          seen.add(sequence);
          highest = Math.max(highest, sequence);
        }
      }),
    );
  });

  it('has no trouble with numbers beyond 32 bits', () => {
    const window = new ReplayWindow();
    const far = 2 ** 47;
    expect([far, far - 1, far, far - 1, far + 5000, far].map((n) => window.admit(n))).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});
