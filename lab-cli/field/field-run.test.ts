import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveBehaviour } from '../../core/nat/behaviour.ts';
import { PRESETS } from '../../core/nat/presets.ts';
import { Identity } from '../../core/node/index.ts';
import { parseTrial } from '../../reports/parse-result.ts';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { processConsole } from '../console.ts';
import { startInfrastructure } from '../trial/infrastructure.ts';
import { FieldDirectory } from './field-directory.ts';
import type { FieldPlan } from './field-plan.ts';
import { FieldRun } from './field-run.ts';
import { FieldWords } from './field-words.ts';
import { loadPlan } from './load-plan.ts';

const LINK = symmetricLink({ latencyUs: 20_000 });
const PLUGINS = new Map([
  ['udp-punch', {}],
  ['turn-relay', {}],
]);
const NATS = { alice: 'restricted-cone', bob: 'port-restricted-cone' } as const;
type Name = keyof typeof NATS;

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'lab-field-run-'));
});
afterEach(() => rmSync(work, { recursive: true }));

interface Agent {
  /** Ends as the run does. */
  readonly done: Promise<boolean>;
  interrupt(): void;
  /** What it has said so far. */
  readonly said: readonly string[];
}

interface Stage {
  readonly minutes: () => number;
  sleep(minutes: number): Promise<void>;
  start(name: Name, otherPlan?: FieldPlan): Agent;
  readonly plan: (...lines: string[]) => FieldPlan;
}

/** Two machines behind NATs, whose agents run in virtual time and keep real files. */
async function onStage<T>(lines: readonly string[], body: (stage: Stage) => Promise<T>): Promise<T> {
  const world = new World({ seed: 'field' });
  const topology = new Topology(world);
  const sides = Object.entries(NATS).map(([name, nat]) => {
    const nats = [resolveBehaviour(PRESETS[nat]!.behaviour)];
    return [name, topology.side(name, { nats, link: LINK }).host] as const;
  });
  const hosts = new Map<string, SimHost>(sides);
  const identities = new Map(sides.map(([name, host]) => [name, Identity.generate(host)]));
  const yaml = (more: readonly string[]) => {
    const keys = [...identities].map(
      ([name, { publicKey }]) => `${name}: ${Buffer.from(publicKey).toString('base64url')}`,
    );
    return ['schema: 1', 'name: virtual', `agents: { ${keys.join(', ')} }`, ...more, ''].join('\n');
  };
  const read = (...more: string[]) =>
    loadPlan(yaml(more), 'plan.yaml', { plugins: PLUGINS, signer: sides[0]![1].signer });
  const plan = read(...lines);
  const directories = new Map<string, FieldDirectory>();
  const result = await world.run(
    async () => {
      const servers = await startInfrastructure(topology);
      const clock = hosts.get('alice')!.clock;
      const start = (name: Name, otherPlan = plan): Agent => {
        const [host, identity] = [hosts.get(name)!, identities.get(name)!];
        directories.get(name)?.close();
        const directory = new FieldDirectory(join(work, name), otherPlan, yaml(lines));
        directories.set(name, directory);
        const said: string[] = [];
        const words = { say: (text: string) => said.push(text) };
        const interrupt = new AbortController();
        const self = otherPlan.agents.find((agent) => agent.name === name)!;
        const done = FieldRun.run(
          {
            ...{ host, plan: otherPlan, self, identity, servers, listen: {}, directory, anonymise: (text) => text },
            words: Object.assign(new FieldWords(processConsole(), otherPlan, true), words),
          },
          interrupt.signal,
        );
        done.catch(() => {});
        return { done, said, interrupt: () => interrupt.abort(new Error('SIGINT came')) };
      };
      const sleep = (minutes: number) => new Promise<void>((resolve) => void clock.after(minutes * 60_000, resolve));
      return body({ minutes: () => clock.now() / 60e6, sleep, start, plan: read });
    },
    { limitUs: 48 * 3600e6, maxEvents: 5_000_000 },
  );
  for (const directory of directories.values()) directory.close();
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.value;
}

const journal = (agent: Name, of: Name) => readFileSync(join(work, agent, 'journal', `${of}.jsonl`), 'utf8');
const recordsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as { key: string; at: string; result: string });

describe('agents in the field', () => {
  it('measure on their schedule, one trial at a time, and know the same in the end', async () => {
    const tookMinutes = await onStage(['rounds: 4', 'every: 30m'], async ({ start, minutes }) => {
      const agents = [start('alice'), start('bob')];
      expect(await Promise.all(agents.map(({ done }) => done))).toEqual([true, true]);
      return minutes();
    });
    expect(tookMinutes).toBeGreaterThan(90);
    expect(tookMinutes).toBeLessThan(93);
    for (const name of ['alice', 'bob'] as const) expect(journal('bob', name)).toBe(journal('alice', name));
    for (const name of ['alice', 'bob'] as const) {
      const records = recordsOf(journal('alice', name));
      expect(records).toHaveLength(4);
      for (const [index, { at, result }] of records.entries()) {
        expect(parseTrial(result)).toMatchObject({
          outcome: 'connected',
          plugin: 'udp-punch',
          path: 'direct',
          trial: index,
        });
        const before = records[index - 1]?.at;
        if (before) expect(Math.abs(Date.parse(at) - Date.parse(before) - 30 * 60_000)).toBeLessThan(60_000);
      }
    }
  });

  it('wait for one that is away, and go on when it is back, at no time twice', async () => {
    await onStage(['rounds: 3', 'every: 10m', 'mode: each'], async ({ start, sleep }) => {
      const alice = start('alice');
      await sleep(25);
      let bob = start('bob');
      await sleep(11);
      bob.interrupt();
      await expect(bob.done).rejects.toThrow('SIGINT came');
      await sleep(60);
      bob = start('bob');
      expect(await Promise.all([alice.done, bob.done])).toEqual([true, true]);
    });
    const keys = recordsOf(journal('bob', 'alice')).map(({ key }) => key);
    const rounds = [0, 1, 2].flatMap((round) =>
      [...PLUGINS.keys()].map((name) => `alice,bob,internet/${round}/${name}`),
    );
    expect(keys).toEqual(rounds);
    expect(journal('alice', 'bob')).toBe(journal('bob', 'bob'));
    const results = recordsOf(journal('bob', 'alice')).map(({ result }) => parseTrial(result));
    expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => 'connected'));
    expect(results.map(({ path }) => path)).toEqual(
      rounds.map((key) => (key.endsWith('relay') ? 'relayed' : 'direct')),
    );
  });

  it('measure with nobody who has another plan, and end when the others do not come for their results', async () => {
    await onStage(['rounds: 2', 'every: 1m', 'pairs: [[alice, bob]]'], async ({ start, sleep, plan }) => {
      const other = start('bob', plan('rounds: 2', 'every: 2m', 'pairs: [[alice, bob]]'));
      const alice = start('alice');
      await sleep(10);
      expect(recordsOf(journal('alice', 'alice'))).toEqual([]);
      other.interrupt();
      await other.done.catch(() => {});
      const bob = start('bob');
      await sleep(2);
      bob.interrupt(); // Before it has fetched the last result, or after it: alice ends either way.
      await bob.done.catch(() => {});
      await alice.done;
    });
    expect(recordsOf(journal('alice', 'alice'))).toHaveLength(2);
  });
});
