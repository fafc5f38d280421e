import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../simulator/world/random.ts';
import { World } from '../../../simulator/world/world.ts';
import type { Clock } from '../../ports/index.ts';
import { sleep } from '../../ports/sleep.ts';
import { Consent } from './consent.ts';

interface Quiet {
  readonly keepAliveMs?: number;
  /** Number of the one check that is lost. */
  readonly lost?: number;
}

/** Plays a peer that answers for a while; what happened when, in seconds. */
async function play(answersForMs: number, lastsMs: number, sendEveryMs?: number, quiet: Quiet = {}) {
  const world = new World({ seed: 'consent' });
  const clock: Clock = {
    now: () => world.now,
    wallMs: () => 0,
    after: (ms, task) => world.scheduler.timer(Math.round(ms * 1000), task),
  };
  const asked: number[] = [];
  const events: [string, number][] = [];
  const seconds = () => world.now / 1_000_000;
  const result = await world.run(async () => {
    const consent: Consent = new Consent({
      host: { clock, random: SeededRandom.fromText('consent') },
      keepAliveMs: () => quiet.keepAliveMs ?? 15_000,
      ask: () => {
        asked.push(seconds());
        if (asked.length === quiet.lost) return;
        if (world.now < answersForMs * 1000) clock.after(80, () => consent.answered());
      },
      moved: () => false,
      suspect: () => events.push(['suspect', seconds()]),
      expired: () => {
        events.push(['expired', seconds()]);
        consent.stop();
      },
    });
    for (let ms = 0; sendEveryMs !== undefined && ms < lastsMs; ms += sendEveryMs) {
      consent.sent();
      await sleep(clock, sendEveryMs);
    }
    if (sendEveryMs === undefined) await sleep(clock, lastsMs);
    consent.stop();
  });
  expect(result.outcome).toBe('done');
  return { asked, events };
}

const gaps = (times: number[]) => times.slice(1).map((time, index) => time - times[index]!);

describe('consent (RFC 7675)', () => {
  it('is asked for every 4 to 6 s by who sends, and is kept as long as the peer answers', async () => {
    const { asked, events } = await play(600_000, 600_000, 100);
    expect(events).toEqual([]);
    expect(Math.min(...gaps(asked))).toBeGreaterThan(4);
    expect(Math.max(...gaps(asked))).toBeLessThan(7.1);
  });

  it('costs a packet in about 15 s where nothing is sent', async () => {
    const { asked, events } = await play(600_000, 600_000);
    expect(events).toEqual([]);
    expect(asked.length).toBeGreaterThan(600 / 19.1);
    expect(asked.length).toBeLessThan(600 / 12);
  });

  it('outlives a lost check on a path that is asked seldom, and not a peer that is gone', async () => {
    expect((await play(600_000, 600_000, undefined, { keepAliveMs: 45_000, lost: 3 })).events).toEqual([]);
    const { asked, events } = await play(60_000, 600_000, undefined, { keepAliveMs: 45_000 });
    const first = asked.find((time) => time >= 60)!;
    const [suspect, expired] = events as [[string, number], [string, number]];
    expect([suspect[0], expired[0], events.length]).toEqual(['suspect', 'expired', 2]);
    expect(expired[1] - first).toBeGreaterThanOrEqual(10);
    expect(expired[1] - first).toBeLessThan(11.5);
  });

  it('is over 30 s after the last answer, and in doubt long before', async () => {
    const { asked, events } = await play(20_000, 120_000, 100);
    const last = asked.filter((time) => time < 20).at(-1)! + 0.08;
    const [suspect, expired] = events as [[string, number], [string, number]];
    expect([suspect[0], expired[0], events.length]).toEqual(['suspect', 'expired', 2]);
    expect(suspect[1] - last).toBeLessThan(12);
    expect(expired[1] - last).toBeGreaterThanOrEqual(30);
    expect(expired[1] - last).toBeLessThan(31.5);
  });
});
