import { describe, expect, it } from 'vitest';
import { RELIABLE, Retransmission, type RetransmissionOptions } from './retransmission.ts';

/** Lets time jump from due to due and notes what happens when, in milliseconds from the start. */
function run(options: RetransmissionOptions | undefined, startUs = 0): { sends: number[]; fails: number } {
  const schedule = new Retransmission(startUs, options);
  const sends: number[] = [];
  for (let nowUs = startUs; ; nowUs = schedule.dueUs) {
    const step = schedule.step(nowUs);
    if (step === 'expired') return { sends, fails: (nowUs - startUs) / 1000 };
    expect(step).toBe('send');
    sends.push((nowUs - startUs) / 1000);
    expect(schedule.step(nowUs)).toBe('wait');
  }
}

describe('Retransmission', () => {
  it.each<[string, RetransmissionOptions | undefined, number[], number]>([
    ['RFC 8489 section 6.2.1', undefined, [0, 500, 1500, 3500, 7500, 15_500, 31_500], 39_500],
    ['RFC 8489 section 6.2.2: Ti', RELIABLE, [0], 39_500],
    ['another RTO', { rtoMs: 100 }, [0, 100, 300, 700, 1500, 3100, 6300], 7900],
    ['other Rc and Rm', { maxRequests: 3, lastWaitFactor: 2 }, [0, 500, 1500], 2500],
    ['a deadline between two sends', { deadlineMs: 2000 }, [0, 500, 1500], 2000],
    ['a deadline on a send', { deadlineMs: 1500 }, [0, 500], 1500],
    ['a deadline after the end', { maxRequests: 1, deadlineMs: 60_000 }, [0], 8000],
  ])('keeps %s', (_name, options, sends, fails) => {
    expect(run(options)).toEqual({ sends, fails });
    expect(run(options, 123_456_789)).toEqual({ sends, fails });
  });

  it('counts requests, and waits when asked too early', () => {
    const schedule = new Retransmission(1000);
    expect([schedule.requests, schedule.dueUs]).toEqual([0, 1000]);
    schedule.step(1000);
    expect([schedule.requests, schedule.dueUs]).toEqual([1, 501_000]);
    expect(schedule.step(500_999)).toBe('wait');
    expect(schedule.step(501_000)).toBe('send');
  });

  it('is due in whole microseconds, whatever the times that it is given', () => {
    const schedule = new Retransmission(7, { rtoMs: 66.9115, maxRequests: 2, deadlineMs: 150.0004 });
    schedule.step(7);
    expect(schedule.dueUs).toBe(7 + 66_912);
    schedule.step(schedule.dueUs);
    expect(schedule.dueUs).toBe(7 + 150_000);
  });

  it('does not send twice what fell due while nobody asked', () => {
    const schedule = new Retransmission(0);
    schedule.step(0);
    expect(schedule.step(2_000_000)).toBe('send');
    expect(schedule.requests).toBe(2);
  });
});
