import { describe, expect, it } from 'vitest';
import type { SessionMessage } from '../wire/session-message.ts';
import { TwoTables } from './two-tables.suite.ts';

const PLUGINS = { endless: { afterMs: 1e6 } };
const id = (byte: number) => Buffer.alloc(16, byte);
const opening = (sessionId: Uint8Array, resumes = false): SessionMessage => ({
  sessionId,
  open: {
    plugins: [{ plugin: 'endless', afterMs: 0, round: 0 }],
    secret: Buffer.alloc(32, 1),
    reliable: false,
    ...(resumes && { resumes }),
  },
  entries: [],
});
const key = (byte: number) => Buffer.alloc(33, byte);

describe('SessionTable', () => {
  it('opens a session for a caller, and keeps it from everybody else', () => {
    const two = new TwoTables('caller', PLUGINS);
    return two.run(async () => {
      const [, { table }] = two.ends;
      table.signalled(key(1), undefined, opening(id(1)));
      table.signalled(key(2), undefined, { sessionId: id(1), entries: [], close: true });
      expect(table.size).toBe(1);
      table.signalled(key(1), undefined, { sessionId: id(1), entries: [], close: true });
      await two.sleep(1);
      expect(table.size).toBe(0);
    });
  });

  it('has room for four sessions of one peer, and 64 of all, for a minute', () => {
    const two = new TwoTables('room', PLUGINS);
    return two.run(async () => {
      const [, { table }] = two.ends;
      for (let index = 0; index < 10; index++) table.signalled(key(1), undefined, opening(id(index)));
      expect(table.size).toBe(4);
      for (let index = 10; index < 200; index++) table.signalled(key(index), undefined, opening(id(index)));
      expect(table.size).toBe(64);
      await two.sleep(61_000);
      expect(table.size).toBe(0);
    });
  });

  it('takes no more than 64 at once and 4 a second, however soon they end', () => {
    const two = new TwoTables('pace', PLUGINS);
    return two.run(async () => {
      const [, { table }] = two.ends;
      let opened = 0;
      const call = async (index: number) => {
        table.signalled(key(index), undefined, opening(id(index)));
        opened += table.size;
        table.signalled(key(index), undefined, { sessionId: id(index), entries: [], close: true });
        await two.sleep(0);
      };
      for (let index = 0; index < 100; index++) await call(index);
      expect(opened).toBe(64);
      await two.sleep(10_000);
      for (let index = 100; index < 200; index++) await call(index);
      expect(opened).toBe(64 + 40);
    });
  });

  it('gives a session what came for it before it was opened', () => {
    const two = new TwoTables('early', { fast: {} });
    return two.run(async () => {
      // The message that opens it is overtaken by all others: by the one that ends it, too.
      let late: SessionMessage | undefined;
      two.lose = (message) => message.open !== undefined && (late = message) !== undefined;
      const session = two.dial();
      await two.sleep(10);
      session.close('enough');
      await two.sleep(100);
      const [from, { table }] = two.ends;
      expect(table.size).toBe(0);
      table.signalled(from.identity.publicKey, from.address, late!);
      await two.sleep(1);
      expect([late !== undefined, table.size]).toEqual([true, 0]);
    });
  });

  it('refuses, by one short message, to look for a path of a pipe that there is not', () => {
    const two = new TwoTables('no such pipe', PLUGINS);
    return two.run(async () => {
      const [, { table, posted, accepted }] = two.ends;
      table.signalled(key(1), undefined, opening(id(1), true));
      expect(posted).toEqual([{ sessionId: id(1), entries: [], close: true }]);
      expect([table.size, accepted.length]).toEqual([0, 0]);
      for (let index = 0; index < 200; index++) table.signalled(key(2), undefined, opening(id(index), true));
      expect(posted.length).toBe(64); // Paced like all requests.
    });
  });

  it('looks for another path for a link of its own, and for nobody else than its peer', () => {
    const two = new TwoTables('search', { fast: {} });
    return two.run(async () => {
      const [ours, theirs] = two.ends;
      const session = two.dial();
      const { link } = (await session.winner)!;
      await two.sleep(500);
      const [[session2, { link: link2 }]] = theirs.accepted as [(typeof theirs.accepted)[0]];
      const sink = { message: () => {}, closed: () => {}, drained: () => {} };
      for (const each of [link, link2]) each.start(sink);
      ours.table.keep(link, session);
      theirs.table.keep(link2, session2);
      const first = [link.path, link2.path];
      theirs.table.signalled(key(7), undefined, opening(link.path.guard.searchId(0), true));
      expect(theirs.table.size).toBe(0);
      link2.path.abort(); // The end that was called notices, and asks.
      await two.sleep(3000);
      expect([link.isClosed, link2.isClosed]).toEqual([false, false]);
      expect([link.path === first[0], link2.path === first[1]]).toEqual([false, false]);
      expect(link.path.guard).toBe(first[0]!.guard);
      expect(theirs.accepted).toHaveLength(1); // It is no new pipe.
      link.abort();
    });
  });
});
