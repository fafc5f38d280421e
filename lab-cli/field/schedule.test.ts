import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { type FieldPlan, trialKey } from './field-plan.ts';
import { Journal } from './journal.ts';
import { Schedule } from './schedule.ts';
import { keyOf, planText, readPlan, sampleTrial } from './testdata.ts';

const HOUR_MS = 3_600_000;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-schedule-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

interface Stage {
  readonly host: SimHost;
  readonly schedule: Schedule;
  sleep(ms: number): Promise<void>;
}

/** Alice's schedule in virtual time. @param recorded what her journal has, by when each trial began */
async function onStage(plan: FieldPlan, recordedMs: readonly number[], body: (stage: Stage) => Promise<void> | void) {
  const world = new World({ seed: 'schedule' });
  const host = new Topology(world).server('alice', {
    link: symmetricLink({ latencyUs: 500 }),
    addresses: 1,
    families: [4],
  });
  const result = await world.run(
    async () => {
      const journal = new Journal(join(directory, 'alice.jsonl'), {
        ...{ agent: 'alice', plan: plan.kindDigest, check: () => undefined },
      });
      journal.begin('0123456789abcdef', host.clock.wallMs());
      recordedMs.forEach((agoMs, index) => {
        const { trial, line } = sampleTrial(plan, index);
        journal.record(trialKey(trial), host.clock.wallMs() - agoMs, line);
      });
      const schedule = new Schedule(host, plan, plan.agents[0]!, journal);
      const sleep = (ms: number) => new Promise<void>((resolve) => void host.clock.after(ms, resolve));
      await body({ host, schedule, sleep });
      journal.close();
    },
    { limitUs: 24 * HOUR_MS * 1000 },
  );
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
}

describe('the schedule of an agent', () => {
  it('begins a round so long after the last one began, and ends with the last', async () => {
    const plan = readPlan(planText('rounds: 2', 'every: 1h'));
    await onStage(plan, [], async ({ host, schedule, sleep }) => {
      const first = schedule.next()!;
      expect([trialKey(first.trial), first.waitMs]).toEqual(['alice,bob,internet/0', 0]);
      const beganMs = host.clock.wallMs();
      await sleep(60_000);
      schedule.recorded(first.trial.pair, beganMs);
      const second = schedule.next()!;
      expect([trialKey(second.trial), second.waitMs]).toEqual(['alice,bob,internet/1', HOUR_MS - 60_000]);
      await sleep(2 * HOUR_MS);
      expect(schedule.next()!.waitMs).toBe(0);
      schedule.recorded(second.trial.pair, host.clock.wallMs());
      expect(schedule.next()).toBeUndefined();
    });
  });

  it('goes on from the journal, in the middle of a round at once', async () => {
    const plan = readPlan(planText('rounds: 2', 'every: 1h', 'mode: each'));
    await onStage(plan, [600_000], ({ schedule }) => {
      const { trial, waitMs } = schedule.next()!;
      expect([trialKey(trial), waitMs]).toEqual(['alice,bob,internet/0/udp-punch', 0]);
    });
    rmSync(join(directory, 'alice.jsonl'));
    // The round counts from its first trial.
    await onStage(plan, [600_000, 500_000], ({ schedule }) => {
      const { trial, waitMs } = schedule.next()!;
      expect([trialKey(trial), waitMs]).toEqual(['alice,bob,internet/1/tcp-punch', HOUR_MS - 600_000]);
    });
  });

  it('waits for nobody where the date was put back', async () => {
    const plan = readPlan(planText('rounds: 2', 'every: 1h'));
    await onStage(plan, [-HOUR_MS], ({ schedule }) => expect(schedule.next()!.waitMs).toBe(0));
  });

  it('dials others while one is away, the one longer and longer apart, and at once when it is heard of', async () => {
    const agents = Object.entries(keyOf).map(([name, key]) => `${name}: ${key}`);
    const pairs = 'pairs: [[alice, bob], [alice, carol]]';
    const plan = readPlan(['schema: 1', 'name: test', `agents: { ${agents.join(', ')} }`, pairs, ''].join('\n'));
    const [bob, carol] = plan.pairs;
    await onStage(plan, [], ({ schedule }) => {
      expect(schedule.next()!.trial.pair).toBe(bob);
      const waits = Array.from({ length: 10 }, () => schedule.failed(bob!));
      expect(waits[0]).toBeLessThanOrEqual(1250);
      expect(waits[3]!).toBeGreaterThan(waits[0]! * 3);
      expect(Math.max(...waits)).toBeLessThanOrEqual(75_000);
      expect(schedule.next()).toMatchObject({ trial: { pair: carol }, waitMs: 0 });
      schedule.busy(carol!);
      const next = schedule.next()!;
      expect(next.trial.pair).toBe(carol);
      expect(next.waitMs).toBeGreaterThanOrEqual(750);
      schedule.heard(bob!.answers);
      expect(schedule.next()).toMatchObject({ trial: { pair: bob }, waitMs: 0 });
    });
  });
});
