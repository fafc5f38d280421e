import { isDeepStrictEqual } from 'node:util';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../../core/node/index.ts';
import { ConformanceError, demand } from './check.ts';

/**
 * A plugin whose plans are watched: every input that the engine gives is frozen and given twice, and once more each
 * with something missing.
 */
export class WatchedPlugin implements Plugin {
  readonly name: string;
  readonly path: 'direct' | 'relayed';
  readonly plans: Plan<unknown>[] = [];
  readonly #plugin: Plugin;
  #fault: unknown;

  constructor(plugin: Plugin) {
    this.name = plugin.name;
    this.path = plugin.path;
    this.#plugin = plugin;
  }

  plan(input: PlanInput): Plan<unknown> {
    freeze(input);
    try {
      for (const [what, given] of inputs(input)) this.plans.push(answer(this.#plugin, given, what));
    } catch (error) {
      this.#fault ??= error; // The engine takes what a plan throws for a reason not to try it.
    }
    return this.#plugin.plan(input);
  }

  attempt(plan: unknown, attempt: Attempt): Promise<ProvenTransport> {
    return this.#plugin.attempt(plan, attempt);
  }

  /** @throws ConformanceError the first one that a plan gave cause for */
  judge(): void {
    if (this.#fault) throw this.#fault;
  }
}

function inputs(input: PlanInput): (readonly [string, PlanInput])[] {
  const nowhere = { ...input.local, interfaces: [] };
  return [
    ['what the engine gave', input],
    ['no address of the peer', freeze({ ...input, remote: undefined })],
    ['no signal channel', freeze({ ...input, signalling: false })],
    ['no servers', freeze({ ...input, servers: { stun: [], turn: [] } })],
    ['no interface here', freeze({ ...input, local: nowhere })],
    ['no interface there', freeze({ ...input, remote: nowhere })],
  ];
}

function answer(plugin: Plugin, input: PlanInput, what: string): Plan<unknown> {
  const first = planOf(plugin, input, what);
  const second = planOf(plugin, input, what);
  demand(isDeepStrictEqual(first, second), `plan says one thing, then another, given ${what}`);
  const plan = first as Plan<unknown> | undefined;
  demand(typeof plan?.applicable === 'boolean', `plan returns neither applicable nor not, given ${what}`);
  if (!plan.applicable) {
    const said = typeof plan.reason === 'string' && plan.reason.trim() !== '' && !plan.reason.includes('\n');
    demand(said, `plan does not apply, given ${what}, and its reason is no line of text`);
  }
  return plan;
}

function planOf(plugin: Plugin, input: PlanInput, what: string): unknown {
  try {
    return plugin.plan(input);
  } catch (error) {
    throw new ConformanceError(`plan throws, given ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
