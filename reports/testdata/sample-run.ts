import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NatBehaviour, type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { oracle } from '../oracle.ts';
import type { AttemptResult, Mode, RunInfo, TrialResult } from '../schema.ts';

/**
 * Results with the shape and the spread of real ones, drawn from a seed, so that the report's tests need no lab. What
 * connects follows the oracle; how long it takes, and how often chance spoils it, is made up.
 */
export interface SampleRun {
  readonly info: RunInfo;
  readonly trials: readonly TrialResult[];
}

export interface SampleOptions {
  readonly mode: Mode;
  readonly trials: number;
  readonly seed?: number;
  readonly links?: readonly string[];
  readonly plugins?: readonly string[];
  /** Only trials with this remainder of `of`. */
  readonly shard?: { readonly index: number; readonly of: number };
}

const PLUGINS = ['direct-connect', 'reverse-connect', 'tcp-punch', 'udp-punch', 'random-probe', 'turn-relay'];

const NATS: ReadonlyMap<string, { summary: string; description: NatDescription }> = new Map([
  ['open', { summary: 'A public address and no filter.', description: { translation: 'none' } }],
  [
    'full-cone',
    {
      summary: 'One external port for every destination, open to anyone.',
      description: { filtering: 'endpoint-independent' },
    },
  ],
  [
    'restricted-cone',
    {
      summary: 'One external port for every destination, open to the addresses the host has sent to.',
      description: { filtering: 'address-dependent' },
    },
  ],
  [
    'port-restricted-cone',
    {
      summary: 'One external port for every destination, open to the exact endpoints the host has sent to.',
      description: {},
    },
  ],
  [
    'symmetric',
    {
      summary: 'A new random external port for every destination, open to that destination only.',
      description: { mapping: 'address-and-port-dependent', ports: { allocation: 'random' } },
    },
  ],
  ['udp-blocked', { summary: 'Lets TCP out, and no UDP at all.', description: { blocks: ['udp'] } }],
]);

export function sampleRun(options: SampleOptions): SampleRun {
  const { mode, seed = 7, links = ['broadband'], plugins = PLUGINS, shard = { index: 0, of: 1 } } = options;
  const names = [...NATS.keys()];
  const axes = names.flatMap((a) => names.flatMap((b) => links.map((link) => ({ a, b, link }))));
  const cells = axes.map((values) => ({ id: `${values.a},${values.b},${values.link}`, axes: values }));
  const numbers = Array.from({ length: options.trials }, (_, trial) => trial);
  const mine = numbers.filter((trial) => trial % shard.of === shard.index);
  const trials = cells.flatMap(({ axes: cell }) =>
    mine.flatMap((trial) => {
      const network = new Network(seed, cell, trial, plugins);
      return mode === 'race' ? [network.race()] : plugins.map((only) => network.alone(only));
    }),
  );
  const outcomes: Record<string, number> = {};
  for (const { outcome } of trials) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const info: RunInfo = {
    schema: 1,
    name: 'classic',
    seed,
    mode,
    trials: options.trials,
    plugins,
    cells,
    nats: Object.fromEntries(
      [...NATS].map(([name, { summary }]) => [name, { summary, behaviour: behaviourOf(name) }] as const),
    ),
    scenario: 'schema: 1\nname: classic\n',
    versions: { punchlab: '0.1.0', node: 'v20.19.0' },
    interrupted: false,
    totals: { trials: trials.length, outcomes },
    expectations: [
      { text: 'a: full-cone, b: full-cone, connected: ">= 0.99"', met: true, found: '20 of 20' },
      { text: 'a: symmetric, b: symmetric, connected: ">= 0.5", path: direct', met: false, found: '0 of 20' },
    ],
    startedAt: '2026-01-01T00:00:00.000Z',
    wallMs: 12_345,
    workers: 2,
  };
  return { info, trials };
}

/** Writes a run as `lab run` does. */
export async function writeSampleRun(dir: string, { info, trials }: SampleRun): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'run.json'), JSON.stringify(info));
  await writeFile(join(dir, 'results.jsonl'), trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''));
}

interface Try {
  readonly plugin: string;
  readonly connects: boolean;
  readonly ms: number;
  readonly reason: string;
}

/** One trial's luck: the same for the race and for each plugin alone. */
class Network {
  readonly #cell: { a: string; b: string; link: string };
  readonly #trial: number;
  readonly #seed: string;
  readonly #random: () => number;
  readonly #plugins: readonly string[];
  readonly #tries: readonly Try[];

  constructor(seed: number, cell: { a: string; b: string; link: string }, trial: number, plugins: readonly string[]) {
    this.#plugins = plugins;
    this.#cell = cell;
    this.#trial = trial;
    const hash = fold(`${seed} ${cell.a} ${cell.b} ${cell.link} ${trial}`);
    this.#seed = hash.toString(16).padStart(16, '0');
    this.#random = generator(hash);
    this.#tries = plugins.map((plugin) => this.#try(plugin));
  }

  race(): TrialResult {
    const connecting = this.#tries.filter(({ connects }) => connects);
    const direct = connecting.filter(({ plugin }) => plugin !== 'turn-relay');
    const [winner] = [...(direct.length > 0 ? direct : connecting)].sort((left, right) => left.ms - right.ms);
    const attempts = this.#tries.map((tried) => attemptOf(tried, winner));
    return this.#result(null, winner, attempts);
  }

  alone(plugin: string): TrialResult {
    const tried = this.#tries.find((one) => one.plugin === plugin)!;
    const winner = tried.connects ? tried : undefined;
    return this.#result(plugin, winner, [attemptOf(tried, winner)]);
  }

  #try(plugin: string): Try {
    const [a, b] = [behaviourOf(this.#cell.a), behaviourOf(this.#cell.b)];
    const verdict = oracle({ a: [a], b: [b], topology: 'separate', plugins: [plugin] }).perPlugin[0]!;
    const chance = { always: 0.97, sometimes: 0.7, never: 0, unknown: probeChance(a, b) }[verdict.expected];
    const [base, width] = TIMES.get(plugin)!;
    const late = this.#random() < 0.08 ? 3 : 1;
    const ms = Math.round((base + width * (this.#random() + this.#random() ** 4) * late) * 1000) / 1000;
    return { plugin, connects: this.#random() < chance, ms, reason: verdict.why };
  }

  #result(only: string | null, winner: Try | undefined, attempts: readonly AttemptResult[]): TrialResult {
    const { a, b } = this.#cell;
    const packets = attempts.reduce((sum, attempt) => sum + attempt.packets, 24);
    const filtered = Math.floor(this.#random() * 6);
    const answer = oracle({
      a: [behaviourOf(a)],
      b: [behaviourOf(b)],
      topology: 'separate',
      plugins: only === null ? this.#plugins : [only],
    });
    return {
      schema: 1,
      cell: this.#cell,
      trial: this.#trial,
      seed: this.#seed,
      mode: only === null ? 'race' : 'each',
      only,
      outcome: winner ? 'connected' : this.#random() < 0.1 ? 'deadline' : 'not-connected',
      plugin: winner?.plugin ?? null,
      transport: winner ? (['udp-punch', 'random-probe', 'turn-relay'].includes(winner.plugin) ? 'udp' : 'tcp') : null,
      path: winner ? (winner.plugin === 'turn-relay' ? 'relayed' : 'direct') : null,
      connectMs: winner?.ms ?? null,
      attempts,
      oracle: { possible: answer.possible, why: answer.why },
      nat: { a: { declared: a, inferred: a }, b: { declared: b, inferred: b } },
      cost: { packets, bytes: packets * 74, signals: 4 + (packets % 5), mappings: 6 + (packets % 4) },
      drops: {
        ...(filtered > 0 && { 'filter: address-and-port-dependent': filtered }),
        ...(filtered > 3 && { 'nat: no mapping': filtered - 3 }),
      },
      traceHash: this.#seed.repeat(4),
    };
  }
}

/** Least milliseconds, and how far beyond. */
const TIMES: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['direct-connect', [82, 25]],
  ['reverse-connect', [164, 40]],
  ['tcp-punch', [372, 180]],
  ['udp-punch', [301, 140]],
  ['random-probe', [1_150, 4_800]],
  ['turn-relay', [420, 160]],
] as const);

function probeChance(a: NatBehaviour, b: NatBehaviour): number {
  if (a.blocks.includes('udp') || b.blocks.includes('udp')) return 0;
  const dependent = [a, b].filter((nat) => nat.translation === 'napt' && nat.udp.mapping !== 'endpoint-independent');
  return dependent.length === 1 ? 0.93 : 0;
}

function attemptOf(tried: Try, winner: Try | undefined): AttemptResult {
  const packets = 2 + (Math.round(tried.ms) % 17);
  if (tried === winner) return { plugin: tried.plugin, outcome: 'won', reason: 'connected', ms: tried.ms, packets };
  if (tried.connects && winner) {
    return { plugin: tried.plugin, outcome: 'cancelled', reason: 'lost the race', ms: winner.ms, packets };
  }
  if (tried.plugin.endsWith('-connect')) {
    return { plugin: tried.plugin, outcome: 'not-applicable', reason: 'no public address', ms: 0, packets: 0 };
  }
  const ms = winner?.ms ?? 10_000;
  return { plugin: tried.plugin, outcome: 'failed', reason: 'no packet came through', ms, packets };
}

function behaviourOf(name: string): NatBehaviour {
  return resolveBehaviour(NATS.get(name)!.description);
}

/** FNV-1a. */
function fold(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
