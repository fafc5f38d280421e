import { describe, expect, it } from 'vitest';
import { TwoTables } from './two-tables.suite.ts';

const accountOf = (reports: readonly { plugin: string; outcome: string; tries: number }[]) =>
  Object.fromEntries(reports.map(({ plugin, outcome, tries }) => [plugin, `${outcome} ${tries}`]));

describe('Session', () => {
  it('makes a link of the first path that is proven, at both ends, and cancels the rest', () => {
    const two = new TwoTables('first', { fast: {}, slow: { afterMs: 5000 } });
    return two.run(async () => {
      const session = two.dial();
      const winner = await session.winner;
      expect([winner!.link.path.plugin, winner!.link.path.kind, winner!.reliable]).toEqual(['fast', 'direct', false]);
      await session.ended;
      await two.sleep(500);
      const [, { accepted }] = two.ends;
      expect(accepted.map(([, { link }]) => link.path.plugin)).toEqual(['fast']);
      expect(accountOf(session.reports)).toEqual({ fast: 'won 1', slow: 'cancelled 1' });
      expect(accountOf(accepted[0]![0].reports)).toEqual({ fast: 'won 1', slow: 'cancelled 1' });
      expect(session.over).toBe(true);
      winner!.link.abort();
    });
  });

  it('goes on after a relay until a direct path has taken the link over', () => {
    const two = new TwoTables('upgrade', { relay: { path: 'relayed' }, direct: { afterMs: 3000 } });
    return two.run(async () => {
      const session = two.dial({ relay: 'at-once' });
      const winner = await session.winner;
      expect([winner!.link.path.plugin, session.over]).toEqual(['relay', false]);
      await session.ended;
      expect(winner!.link.path.plugin).toBe('direct');
      expect(accountOf(session.reports)).toEqual({ relay: 'cancelled 1', direct: 'won 1' });
      winner!.link.abort();
    });
  });

  it('tries what fails early once more, at both ends', () => {
    const two = new TwoTables('again', { flaky: { fails: 1 } });
    return two.run(async () => {
      const session = two.dial();
      const winner = await session.winner;
      expect(winner!.link.path.plugin).toBe('flaky');
      expect(accountOf(session.reports)).toEqual({ flaky: 'won 2' });
      winner!.link.abort();
    });
  });

  it('ends without a winner when nothing is left, and tells the peer', () => {
    const two = new TwoTables('nothing', { broken: { fails: 9 }, worse: { fails: 9, afterMs: 50 } });
    return two.run(async () => {
      const session = two.dial();
      expect(await session.winner).toBeUndefined();
      expect(accountOf(session.reports)).toEqual({ broken: 'failed 2', worse: 'failed 2' });
      expect(two.ends[0].posted.at(-1)!.close).toBe(true);
      await two.sleep(100);
      expect(two.ends.map(({ table }) => table.size)).toEqual([0, 0]);
    });
  });

  it('is tried once where that was asked for, and given up in time', () => {
    const two = new TwoTables('once', { broken: { fails: 9 }, endless: { afterMs: 1e6 } });
    return two.run(async () => {
      const session = two.dial({ retry: false });
      expect(await session.winner).toBeUndefined();
      expect(accountOf(session.reports)).toEqual({ broken: 'failed 1', endless: 'cancelled 1' });
      expect(two.world.now / 1e6).toBeLessThan(20);
    });
  });
});
