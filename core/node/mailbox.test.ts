import { describe, expect, it } from 'vitest';
import { World } from '../../simulator/world/world.ts';
import type { Clock } from '../ports/index.ts';
import { sleep } from '../ports/sleep.ts';
import type { PluginStart } from '../wire/session-message.ts';
import { type Batch, Inbox, Mailbox } from './mailbox.ts';

const NEVER = new AbortController().signal;
const bytes = (text: string) => Buffer.from(text);
const textOf = ({ open, entries }: Batch) => [
  ...(open?.plugins ?? []).map(({ plugin, afterMs, round }) => `open ${plugin}/${round} after ${afterMs}`),
  ...entries.map(({ plugin, payload, round, ended }) => `${plugin}/${round}${ended ? ' ended' : ''}: ${payload}`),
];
const opening = (...plugins: PluginStart[]) => ({ plugins, secret: new Uint8Array(32), reliable: false });

/** A mailbox in virtual time, and what it posted when. */
async function inWorld(body: (mailbox: Mailbox, posts: [number, string[]][], clock: Clock) => Promise<void>) {
  const world = new World({ seed: 'mailbox' });
  const clock: Clock = {
    now: () => world.now,
    wallMs: () => 0,
    after: (ms, task) => world.scheduler.timer(ms * 1000, task),
  };
  const posts: [number, string[]][] = [];
  const mailbox = new Mailbox(clock, (batch) => posts.push([world.now / 1000, textOf(batch)]));
  const result = await world.run(() => body(mailbox, posts, clock));
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
}

describe('Mailbox', () => {
  it('sends what plugins say at the same time as one message', () =>
    inWorld(async (mailbox, posts, clock) => {
      mailbox.open('a', 0);
      mailbox.open('b', 2);
      mailbox.send('a', bytes('one'));
      mailbox.send('b', bytes('two'));
      mailbox.sendEnd('a', 'no luck');
      await sleep(clock, 10);
      expect(posts).toEqual([[1, ['a/0: one', 'b/2: two', 'a/0 ended: no luck']]]);
    }));

  it('sends an opening at once, with what ended in the same instant', () =>
    inWorld(async (mailbox, posts, clock) => {
      mailbox.nudge();
      mailbox.sendOpening(opening({ plugin: 'a', afterMs: 0, round: 0 }, { plugin: 'b', afterMs: 250, round: 0 }));
      await Promise.resolve();
      mailbox.sendEnd('a', 'no server');
      await sleep(clock, 100);
      expect(posts).toEqual([[0, ['open a/0 after 0', 'open b/0 after 250', 'a/0 ended: no server']]]);
    }));

  it('opens a plugin once if it is hurried in the same instant', () =>
    inWorld(async (mailbox, posts, clock) => {
      mailbox.sendOpening(opening({ plugin: 'a', afterMs: 0, round: 0 }, { plugin: 'b', afterMs: 250, round: 0 }));
      mailbox.sendOpening(opening({ plugin: 'b', afterMs: 0, round: 0 }));
      await sleep(clock, 100);
      expect(posts).toEqual([[0, ['open a/0 after 0', 'open b/0 after 0']]]);
    }));

  it('lets our part of the keys wait for a message, but not for long', () =>
    inWorld(async (mailbox, posts, clock) => {
      mailbox.nudge();
      await sleep(clock, 20);
      mailbox.send('a', bytes('company'));
      await sleep(clock, 100);
      mailbox.nudge();
      mailbox.nudge();
      await sleep(clock, 100);
      expect(posts).toEqual([
        [21, ['a/0: company']],
        [170, []],
      ]);
    }));

  it('sends no more than fits one message at a time', () =>
    inWorld(async (mailbox, posts, clock) => {
      for (let count = 0; count < 33; count++) mailbox.send('a', bytes(`${count}`));
      await sleep(clock, 10);
      expect(posts.map(([ms, batch]) => [ms, batch.length])).toEqual([
        [0, 32],
        [1, 1],
      ]);
      expect(() => mailbox.send('a', new Uint8Array(1025))).toThrow('at most 1024');
    }));

  it('keeps what nobody asked for yet, of this try only, and within a limit', () =>
    inWorld(async (mailbox) => {
      mailbox.open('a', 1);
      mailbox.deliver({ plugin: 'a', payload: bytes('old'), round: 0 });
      mailbox.deliver({ plugin: 'unheard-of', payload: bytes('x'), round: 0 });
      for (let count = 0; count < 100; count++) mailbox.deliver({ plugin: 'a', payload: bytes(`${count}`), round: 1 });
      for (let count = 0; count < 64; count++) expect(`${await mailbox.receive('a', NEVER)}`).toBe(`${count}`);
      mailbox.open('a', 2);
      mailbox.deliver({ plugin: 'a', payload: bytes('fresh'), round: 2 });
      expect(`${await mailbox.receive('a', NEVER)}`).toBe('fresh');
    }));

  it('says nothing after it was closed', () =>
    inWorld(async (mailbox, posts, clock) => {
      mailbox.send('a', bytes('one'));
      mailbox.close();
      mailbox.send('a', bytes('two'));
      mailbox.nudge();
      await sleep(clock, 100);
      expect(posts).toEqual([]);
    }));
});

describe('Inbox', () => {
  it('serves readers in the order in which they came, and forgets one who left', async () => {
    const inbox = new Inbox<string>();
    const abort = new AbortController();
    const left = inbox.take(abort.signal);
    const stayed = inbox.take(NEVER);
    abort.abort(new Error('enough'));
    await expect(left).rejects.toThrow('enough');
    expect(inbox.put('first')).toBe(true);
    expect(await stayed).toBe('first');
    await expect(inbox.take(abort.signal)).rejects.toThrow('enough');
  });

  it('refuses what does not fit', () => {
    const inbox = new Inbox<number>();
    const taken = Array.from({ length: 65 }, (_, index) => inbox.put(index));
    expect([taken.filter(Boolean).length, taken.at(-1), inbox.drain().length]).toEqual([64, false, 64]);
  });
});
