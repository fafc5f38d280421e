import { describe, expect, it } from 'vitest';
import { UDP } from '../../simulator/packet.ts';
import { FRAME, frameKind } from '../wire/proof.ts';
import { type NatOf, PipeStage } from './pipe-stage.suite.ts';

const withTimer = (timeoutMs: number): NatOf => ({
  like: 'port-restricted-cone',
  but: { ports: { allocation: 'random' }, udp: { timeoutMs } },
});
const LONG_MS = 900_000;

/** A pipe on which nothing is said for a quarter of an hour; how often side a has asked in the last ten minutes, by what. */
async function quiet(timeoutMs: number, keepAliveMs: number | 'measured') {
  const nat = withTimer(timeoutMs);
  return PipeStage.run(
    { nats: [nat, nat], connect: { plugins: ['udp-punch'] }, options: { keepAliveMs } },
    async (stage) => {
      let pings = 0;
      await stage.sleep(LONG_MS - 600_000);
      stage.watch('a', ({ protocol, payload }) => {
        if (protocol === UDP && frameKind(payload) === FRAME.ping) pings++;
      });
      await stage.sleep(600_000);
      const talk = stage.listen();
      await stage.chat(talk, 1000, 100);
      await stage.sleep(1000);
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
      return { pings, keepAliveMs: stage.nodes.map((node) => node.keepAliveMs) };
    },
  );
}

describe('a quiet pipe through NATs whose timers were measured', () => {
  it('is kept where they forget after 20 s: asked every 8 s, and a second for the answer', async () => {
    const { pings, keepAliveMs } = await quiet(20_000, 'measured');
    for (const ms of keepAliveMs) expect(ms).toBeGreaterThan(7000);
    for (const ms of keepAliveMs) expect(ms).toBeLessThan(8100);
    expect(pings).toBeGreaterThan(600 / 9 / 1.1);
    expect(pings).toBeLessThan(600 / 8 / 0.9);
  });

  it('is asked seldom where they keep mappings for 300 s', async () => {
    const { pings, keepAliveMs } = await quiet(300_000, 'measured');
    expect(keepAliveMs).toEqual([45_000, 45_000]);
    expect(pings).toBeGreaterThanOrEqual(600 / 45 / 1.2 - 1);
    expect(pings).toBeLessThanOrEqual(600 / 45 / 0.8 + 1);
  });

  it('is asked every 15 s where nothing was measured', async () => {
    const { pings, keepAliveMs } = await quiet(300_000, 15_000);
    expect(keepAliveMs).toEqual([15_000, 15_000]);
    expect(pings).toBeGreaterThan(35);
    expect(pings).toBeLessThan(45);
  });
});
