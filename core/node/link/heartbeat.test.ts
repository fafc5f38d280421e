import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../simulator/world/random.ts';
import { World } from '../../../simulator/world/world.ts';
import type { Clock } from '../../ports/index.ts';
import { sleep } from '../../ports/sleep.ts';
import { Heartbeat } from './heartbeat.ts';

interface Play {
  readonly clock: Clock;
  readonly heartbeat: Heartbeat;
  readonly beats: number[];
  /** When the peer was given up, in seconds. */
  readonly expired: number[];
}

async function play(body: (play: Play) => Promise<void>): Promise<Play> {
  const world = new World({ seed: 'heartbeat' });
  const clock: Clock = {
    now: () => world.now,
    wallMs: () => 0,
    after: (ms, task) => world.scheduler.timer(Math.round(ms * 1000), task),
  };
  const [beats, expired]: [number[], number[]] = [[], []];
  const heartbeat: Heartbeat = new Heartbeat({
    host: { clock, random: SeededRandom.fromText('heartbeat') },
    beat: () => beats.push(world.now / 1e6),
    expired: () => {
      expired.push(world.now / 1e6);
      heartbeat.stop();
    },
  });
  const parts = { clock, heartbeat, beats, expired };
  const result = await world.run(async () => {
    await body(parts);
    heartbeat.stop();
  });
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return parts;
}

describe('Heartbeat', () => {
  it('says every 15 s or so that we are there, unless something else was said', async () => {
    const { beats } = await play(async ({ clock, heartbeat }) => {
      for (let second = 0; second < 300; second++) {
        heartbeat.heard();
        if (second >= 150) heartbeat.sent();
        await sleep(clock, 1000);
      }
    });
    expect(beats.length).toBeGreaterThanOrEqual(150 / 18);
    expect(beats.length).toBeLessThanOrEqual(150 / 12);
    expect(Math.max(...beats)).toBeLessThan(150 + 18);
  });

  it('gives up a peer of whom nothing came for 48 to 90 s', async () => {
    const { expired } = await play(async ({ clock, heartbeat }) => {
      await sleep(clock, 100);
      heartbeat.heard();
      await sleep(clock, 200_000);
    });
    expect(expired).toHaveLength(1);
    expect(expired[0]).toBeGreaterThan(48);
    expect(expired[0]).toBeLessThan(90);
  });

  it('keeps one that it does not listen to, and counts from when it does again', async () => {
    const { expired } = await play(async ({ clock, heartbeat }) => {
      heartbeat.pause();
      await sleep(clock, 600_000);
      heartbeat.resume();
      await sleep(clock, 45_000);
    });
    expect(expired).toEqual([]);
  });
});
