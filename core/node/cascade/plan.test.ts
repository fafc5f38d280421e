import { describe, expect, it } from 'vitest';
import { type Contender, LIMIT_MS, planCascade } from './plan.ts';

const dial: Contender = { name: 'dial', path: 'direct', packets: 16 };
const punch: Contender = { name: 'punch', path: 'direct', packets: 16 };
const slow: Contender = { name: 'slow', path: 'direct', packets: 48 };
const spray: Contender = { name: 'spray', path: 'direct', packets: 1000 };
const relay: Contender = { name: 'relay', path: 'relayed', packets: 16 };
const ALL = [spray, relay, slow, dial, punch];

describe('the plan of a cascade', () => {
  it.each([
    // The cheapest that fit the budget go first; most pairs need no more.
    ['likely', ALL, ['dial 0', 'punch 0', 'slow 250', 'relay 250', 'spray 400'], 1500],
    // Nobody knows: the relay is the safety net from the start.
    ['unsure', ALL, ['dial 0', 'punch 0', 'slow 0', 'relay 0', 'spray 400'], 1000],
    // A direct path would be a wonder: the relay is not held back for it.
    ['unlikely', ALL, ['dial 0', 'punch 0', 'slow 0', 'relay 0', 'spray 400'], 0],
    ['likely', [slow], ['slow 0'], 1500],
    ['likely', [spray], ['spray 0'], 1500],
    ['likely', [relay], ['relay 0'], 1500],
    ['unsure', [], [], 1000],
  ] as const)('is right where the outlook is %s, for %#', (outlook, contenders, starts, holdMs) => {
    const plan = planCascade(contenders, { outlook, relay: 'hold', limitMs: undefined });
    expect(plan.starts.map(({ name, afterMs }) => `${name} ${afterMs}`)).toEqual(starts);
    expect(plan.relayHoldMs).toBe(holdMs);
  });

  it.each(['likely', 'unsure', 'unlikely'] as const)(
    'has a relay from the start if asked to, outlook %s',
    (outlook) => {
      const { starts, relayHoldMs } = planCascade(ALL, { outlook, relay: 'at-once', limitMs: undefined });
      expect(starts.find(({ name }) => name === 'relay')).toEqual({ name: 'relay', afterMs: 0 });
      expect(relayHoldMs).toBe(0);
    },
  );

  it('gives up in less than 20 s unless it is told when, and leaves a second try as much time as the first', () => {
    const plan = (limitMs?: number) => planCascade(ALL, { outlook: 'unsure', relay: 'hold', limitMs });
    expect(LIMIT_MS).toBeLessThan(20_000);
    expect([plan().limitMs, plan(500).limitMs, plan(60_000).limitMs]).toEqual([LIMIT_MS, 500, 60_000]);
    for (const given of [undefined, 500, 60_000]) {
      const { retryUntilMs, limitMs } = plan(given);
      expect(2 * retryUntilMs).toBeLessThan(limitMs);
    }
    // A search that begins a second late on a bad line, and finds nothing in 8.1 s, is not the last one.
    expect(plan().retryUntilMs).toBeGreaterThan(9100);
  });

  it('names every plugin once', () => {
    const { starts } = planCascade(ALL, { outlook: 'likely', relay: 'hold', limitMs: undefined });
    expect(starts.map(({ name }) => name).sort()).toEqual(ALL.map(({ name }) => name).sort());
  });
});
