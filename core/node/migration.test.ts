import { describe, expect, it } from 'vitest';
import type { NatRouter } from '../../simulator/router/nat-router.ts';
import { type NatOf, PipeStage } from './pipe-stage.suite.ts';

const unkept = (like: string): NatOf => ({ like, but: { ports: { allocation: 'random' } } });
/** What happens to the NAT of this side; the other one lets the peer in from where it is then. */
const CASES: readonly [side: 0 | 1, event: 'reboot' | 'renumber', nats: readonly [NatOf, NatOf]][] = [
  [0, 'reboot', [unkept('full-cone'), unkept('full-cone')]],
  [0, 'reboot', [unkept('port-restricted-cone'), unkept('restricted-cone')]],
  [1, 'reboot', [unkept('restricted-cone'), unkept('port-restricted-cone')]],
  [1, 'reboot', ['port-restricted-cone', 'port-restricted-cone']],
  [0, 'reboot', ['symmetric', 'full-cone']],
  [1, 'reboot', ['restricted-cone', 'symmetric']],
  [0, 'renumber', ['port-restricted-cone', 'full-cone']],
  [1, 'renumber', ['full-cone', 'restricted-cone']],
  [0, 'renumber', ['symmetric', 'full-cone']],
  [1, 'renumber', ['full-cone', 'symmetric']],
];
const nameOf = (nat: NatOf) => (typeof nat === 'string' ? nat : `${nat.like}, random ports`);

describe.each(CASES)('the NAT of side %d does this to a live pipe: %s', (side, event, nats) => {
  const happens = (stage: PipeStage) => {
    const nat = stage.sides[side].routers[0] as NatRouter;
    if (event === 'reboot') nat.reboot();
    else nat.renumber();
  };
  const title = nats.map(nameOf).join(' and ');

  it(`${title}: a reliable pipe brings all, in order`, () =>
    PipeStage.run({ nats, connect: { plugins: ['udp-punch'], reliable: true } }, async (stage) => {
      const talk = stage.listen();
      await stage.chat(talk, 2000, 20);
      happens(stage);
      await stage.chat(talk, 8000, 20);
      await stage.sleep(3000);
      expect([talk.heard[0].length, talk.heard[1].length]).toEqual([500, 500]);
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
    }));

  it(`${title}: a plain pipe loses what was sent within a second`, () =>
    PipeStage.run({ nats, connect: { plugins: ['udp-punch'] } }, async (stage) => {
      const talk = stage.listen();
      await stage.chat(talk, 2000, 20);
      happens(stage);
      await stage.chat(talk, 1000, 20);
      const since = talk.sent[0].length;
      await stage.chat(talk, 5000, 20);
      await stage.sleep(1000);
      for (const heard of talk.heard) {
        expect(heard.filter((text) => Number(text) >= since)).toEqual(talk.sent[0].slice(since));
        expect(new Set(heard).size).toBe(heard.length);
      }
    }));

  it(`${title}: a pipe on which nothing is said is there when something is`, () =>
    PipeStage.run({ nats, connect: { plugins: ['udp-punch'] } }, async (stage) => {
      const talk = stage.listen();
      happens(stage);
      await stage.sleep(40_000);
      await stage.chat(talk, 1000, 100);
      await stage.sleep(1000);
      expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
    }));
});
