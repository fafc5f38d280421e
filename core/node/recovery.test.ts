import { describe, expect, it } from 'vitest';
import type { Side } from '../../simulator/index.ts';
import type { NatRouter } from '../../simulator/router/nat-router.ts';
import type { ConnectOptions } from './index.ts';
import { type NatOf, PipeStage } from './pipe-stage.suite.ts';

const unkept = (like: string): NatOf => ({ like, but: { ports: { allocation: 'random' } } });
const NOTHING_LOST: ConnectOptions = { reliable: true, transport: 'datagram' };

/** The pipe is talked over, something happens, and all gets there in the end. Returns how long it was silent, in seconds. */
async function survives(stage: PipeStage, happens: () => void | Promise<void>): Promise<number> {
  const talk = stage.listen();
  await stage.chat(talk, 2000, 50);
  await happens();
  const since = stage.world.now;
  const before = talk.sent.map(({ length }) => length);
  const back = () => talk.heard.every((heard, index) => heard.length > before[1 - index]!);
  let seconds = Number.NaN;
  for (let ms = 0; ms < 40_000; ms += 50) {
    await stage.chat(talk, 50, 50);
    if (Number.isNaN(seconds) && back()) seconds = (stage.world.now - since) / 1e6;
  }
  await stage.sleep(10_000);
  expect(talk.heard.map(({ length }) => length)).toEqual(talk.sent.map(({ length }) => length).reverse());
  expect(talk.heard).toEqual([talk.sent[1], talk.sent[0]]);
  return seconds;
}

const PAIRS: readonly (readonly [NatOf, NatOf])[] = [
  [unkept('port-restricted-cone'), unkept('port-restricted-cone')],
  ['symmetric', 'restricted-cone'],
  ['restricted-cone', 'symmetric'],
  ['symmetric', 'symmetric'],
];
const nameOf = (nat: NatOf) => (typeof nat === 'string' ? nat : `${nat.like}, random ports`);

describe('a reliable pipe whose path is gone for good finds another one, and brings all, in order', () => {
  for (const nats of PAIRS) {
    for (const side of [0, 1] as const) {
      it(`the NAT of side ${side} is renumbered: ${nats.map(nameOf).join(' and ')}`, () =>
        PipeStage.run({ nats, connect: NOTHING_LOST }, async (stage) => {
          const silent = await survives(stage, () => (stage.sides[side].routers[0] as NatRouter).renumber());
          expect(silent).toBeLessThan(20);
        }));
    }
  }

  it.each([0, 1] as const)('the host of side %d moves to another network', (side) =>
    PipeStage.run({ nats: ['port-restricted-cone', 'port-restricted-cone'], connect: NOTHING_LOST }, async (stage) => {
      const elsewhere: Side = stage.side('elsewhere', 'port-restricted-cone');
      const before = stage.nodes[side].host.interfaces();
      const silent = await survives(stage, () => elsewhere.welcome(stage.sides[side].host));
      expect(stage.nodes[side].host.interfaces()).not.toEqual(before);
      expect(silent).toBeLessThan(20);
    }),
  );

  it('the relay is started anew', () =>
    PipeStage.run({ nats: ['symmetric', 'symmetric'], connect: NOTHING_LOST, ownRelay: true }, async (stage) => {
      expect(stage.pipes.map(({ path }) => path)).toEqual(['relayed', 'relayed']);
      expect(await survives(stage, () => stage.restartRelay())).toBeLessThan(20);
      expect(stage.pipes.map(({ path }) => path)).toEqual(['relayed', 'relayed']);
    }));
});

describe('a pipe whose path is gone', () => {
  it('closes after a while with the reason if nothing else is found', () =>
    PipeStage.run({ nats: ['full-cone', 'full-cone'], connect: { plugins: ['udp-punch'] } }, async (stage) => {
      const nowhere = stage.side('nowhere', 'udp-blocked');
      nowhere.welcome(stage.sides[1].host);
      const since = stage.world.now;
      const reasons = await Promise.all(stage.pipes.map((pipe) => pipe.closed));
      expect(reasons.map(({ by }) => by)).toEqual(['network', 'network']);
      // Whichever end gives up first tells the other one when that looks for it the next time.
      const [limit, told] = [/silent, and no other path was found in 30 s$/, /the peer has no such pipe any more$/];
      for (const { text } of reasons)
        expect(text).toMatch(new RegExp(`^path-lost: .*(${limit.source}|${told.source})`));
      expect(reasons.some(({ text }) => limit.test(text))).toBe(true);
      expect((stage.world.now - since) / 1e6).toBeLessThan(60);
    }));

  it('closes at once where the peer has closed it meanwhile', () =>
    PipeStage.run({ nats: ['symmetric', 'symmetric'] }, async (stage) => {
      const [pipe, other] = stage.pipes;
      (stage.sides[0].routers[0] as NatRouter).renumber();
      other.close('enough');
      const reason = await pipe.closed;
      expect(reason.text).toBe('path-lost: the peer has no such pipe any more');
    }));
});
