import { beforeAll, describe, expect, it } from 'vitest';
import type { TrialResult } from '../reports/schema.ts';
import { type Goal, goals, pairsLost } from './goals.ts';
import { NATS, OURS, play, REFERENCES, summarise } from './rivals.ts';

/** Connected pairs, a row for each NAT that dials: + always, . never, ~ sometimes. */
function grid(results: readonly TrialResult[]): string[] {
  return NATS.map((a) =>
    NATS.map((b) => {
      const of = results.filter(({ cell }) => cell.a === a && cell.b === b);
      const won = of.filter(({ outcome }) => outcome === 'connected').length;
      return won === of.length ? '+' : won === 0 ? '.' : '~';
    }).join(''),
  );
}

// Measured through kernel NATs with the same delays, three runs a pair: libdatachannel's ICE and werift's 17 of 25 pairs,
// hyperdht 6.34.0 21 of 25. What is implemented here from descriptions has to agree with the programs themselves.
describe('the reference strategies', { timeout: 300_000 }, () => {
  it('ice connects what WebRTC stacks do', async () => {
    expect(grid(await play('ice', 2))).toEqual(['+++++', '+++++', '+++..', '++...', '++...']);
  });

  it('hyperdht connects what hyperdht does', async () => {
    expect(grid(await play('hyperdht', 2))).toEqual(['+++++', '+++++', '+++++', '+++..', '+++..']);
  });

  it('dcutr connects where the address that others see is good for the peer, or it need not be', async () => {
    expect(grid(await play('dcutr', 2))).toEqual(['+++..', '+++..', '+++..', '++...', '++...']);
  });

  it('warpgate connects the pairs that its own analysis names', async () => {
    const results = grid(await play('warpgate', 6));
    expect(results.map((row) => row.replaceAll(/[+~]/g, '?'))).toEqual(['?????', '?????', '???..', '??...', '??...']);
    expect(results.slice(0, 3).map((row) => row.slice(0, 3))).toEqual(['+++', '+++', '+++']);
  });
});

// Virtual time: the same figures on every machine.
describe('the engine, beside the reference strategies', { timeout: 300_000 }, () => {
  const trials = 3;
  const results = new Map<string, readonly TrialResult[]>();
  let reached: Goal[];
  beforeAll(async () => {
    for (const strategy of [OURS, ...REFERENCES]) results.set(strategy, await play(strategy, trials));
    reached = await goals(results);
  }, 300_000);
  const others = () => new Map(REFERENCES.map((name) => [name, results.get(name)!]));

  it('connects every pair as often as any other', () => {
    expect(pairsLost(results.get(OURS)!, others(), 'success')).toEqual([]);
    expect(grid(results.get(OURS)!)).toEqual(['+++++', '+++++', '+++++', '+++..', '+++.+']);
  });

  it('is first or tied in every pair', () => {
    expect(pairsLost(results.get(OURS)!, others(), 'median')).toEqual([]);
  });

  it('keeps every goal', () => {
    const missed = reached.filter(({ measured, limit }) => !(measured !== undefined && measured <= limit));
    expect(missed).toEqual([]);
    expect(reached).toHaveLength(8);
  });

  it('spends no more packets than it did', () => {
    expect(summarise(results.get(OURS)!).packets).toBeLessThanOrEqual(108);
  });
});
