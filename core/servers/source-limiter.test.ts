import { describe, expect, it } from 'vitest';
import { SourceLimiter } from './source-limiter.ts';

describe('source limiter', () => {
  it('lets a burst through and then the rate, each source for itself', () => {
    const limiter = new SourceLimiter({ perSecond: 2, burst: 3 });
    const answers = (address: string, nowUs: number, count: number) =>
      Array.from({ length: count }, () => limiter.refuses(address, nowUs)).filter((refused) => !refused).length;
    expect(answers('192.0.2.1', 0, 10)).toBe(3);
    expect(answers('192.0.2.2', 0, 10)).toBe(3);
    expect(answers('192.0.2.1', 1_000_000, 10)).toBe(2);
    expect(answers('192.0.2.1', 60_000_000, 10)).toBe(3);
  });

  it('takes an IPv6 /64 for one source', () => {
    const limiter = new SourceLimiter({ perSecond: 1, burst: 1 });
    expect(limiter.refuses('2001:db8::1', 0)).toBe(false);
    expect(limiter.refuses('2001:db8::2', 0)).toBe(true);
    expect(limiter.refuses('2001:db8:0:1::1', 0)).toBe(false);
  });

  it('forgets who was quiet for longest, not who floods', () => {
    const limiter = new SourceLimiter({ perSecond: 1, burst: 1 });
    limiter.refuses('192.0.2.1', 0);
    limiter.refuses('192.0.2.2', 0);
    for (let n = 0; n < 16_383; n++) {
      limiter.refuses(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 0);
      expect(limiter.refuses('192.0.2.1', 0)).toBe(true);
    }
    expect(limiter.refuses('192.0.2.2', 0)).toBe(false);
  });
});
