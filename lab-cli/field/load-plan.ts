import { createHash } from 'node:crypto';
import type { PluginOptions } from '../../core/plugins/plugin-options.ts';
import type { Signer } from '../../core/ports/index.ts';
import { find, text } from '../scenario/explain.ts';
import { loadYaml } from '../scenario/load-yaml.ts';
import { nearestWord } from '../scenario/nearest.ts';
import { pluginSpecs } from '../scenario/plugin-specs.ts';
import { FileError, type Problem } from '../scenario/problem.ts';
import { choice } from '../scenario/shapes.ts';
import { readYaml } from '../scenario/yaml-source.ts';
import type { FieldAgent, FieldPair, FieldPlan } from './field-plan.ts';
import { planShape } from './plan-shape.ts';

type Path = readonly (string | number)[];

/** What a plan may refer to, and what tells a key from 33 other bytes. */
export interface PlanWords {
  /** In the order in which they take part, with the options of each. */
  readonly plugins: ReadonlyMap<string, PluginOptions>;
  readonly signer: Signer;
}

/**
 * Reads a plan of `lab field`.
 *
 * @param file names it in error messages
 * @throws FileError with every problem of the text
 */
export function loadPlan(yaml: string, file: string, { plugins, signer }: PlanWords): FieldPlan {
  const parsed = loadYaml(yaml, file, planShape(plugins), 'a field plan');
  const source = readYaml(yaml);
  const problems: Problem[] = [];
  const fail = (path: Path, what: string, expected?: string, nearest?: string) => {
    problems.push(source.problemAt(find(source.root, path)?.offset ?? 0, text(what, expected, nearest)));
  };
  const agents = Object.entries(parsed.agents).map(([name, key]) => ({
    name,
    publicKey: Buffer.from(key, 'base64url'),
  }));
  checkKeys(agents, signer, fail);
  const pairs = parsed.pairs === 'all' ? allPairs(agents) : namedPairs(parsed.pairs, agents, fail);
  const specs = pluginSpecs(parsed.plugins, plugins);
  refuseRepeats(
    specs.map(({ name }) => name),
    (index, name) => fail(['plugins', index], `plugins has "${name}" twice`),
  );
  if (problems.length > 0) throw new FileError(file, problems);
  const { name, rounds, every: everyMs, mode, limits, addresses } = parsed;
  const plan = { name, rounds, everyMs, mode, timeLimitMs: limits.time, addresses, agents, pairs, plugins: specs };
  return { ...plan, digest: digestOf(plan), kindDigest: digestOf({ ...plan, rounds: 0, everyMs: 0 }) };
}

function checkKeys(agents: readonly FieldAgent[], signer: Signer, fail: (path: Path, what: string) => void): void {
  for (const { name, publicKey } of agents) {
    if (!isPoint(signer, publicKey))
      fail(['agents', name], `this is no public key: copy it again from \`lab key ${name}\``);
  }
  refuseRepeats(
    agents.map(({ publicKey }) => Buffer.from(publicKey).toString('base64url')),
    (index) => fail(['agents', agents[index]!.name], 'another agent has this key, too: each machine needs its own'),
  );
}

/** ECDH checks the point; with whose key is all the same. */
function isPoint(signer: Signer, publicKey: Uint8Array): boolean {
  try {
    signer.sharedSecret(Buffer.alloc(32, 1), publicKey);
    return true;
  } catch {
    return false;
  }
}

function allPairs(agents: readonly FieldAgent[]): FieldPair[] {
  return agents.flatMap((dials) => agents.flatMap((answers) => (answers === dials ? [] : [{ dials, answers }])));
}

function namedPairs(
  written: readonly (readonly [string, string])[],
  agents: readonly FieldAgent[],
  fail: (path: Path, what: string, expected?: string, nearest?: string) => void,
): FieldPair[] {
  const names = agents.map(({ name }) => name);
  refuseRepeats(
    written.map((pair) => pair.join()),
    (index, pair) => fail(['pairs', index], `the pair ${pair} stands here twice`),
  );
  return written.flatMap((pair, index) => {
    const [dials, answers] = pair.map((name, place) => {
      const agent = agents.find((candidate) => candidate.name === name);
      if (!agent)
        fail(['pairs', index, place], `agent "${name}" is not in agents`, choice(names), nearestWord(name, names));
      return agent;
    });
    if (dials && dials === answers) fail(['pairs', index], `${dials.name} can't dial itself`, 'two different agents');
    return dials && answers ? [{ dials, answers }] : [];
  });
}

function refuseRepeats(values: readonly string[], fail: (index: number, value: string) => void): void {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) fail(index, value);
    seen.add(value);
  }
}

/** The same for files that say the same in other words. */
function digestOf({ agents, pairs, ...rest }: Omit<FieldPlan, 'digest' | 'kindDigest'>): string {
  const keys = agents.map(({ name, publicKey }) => [name, Buffer.from(publicKey).toString('base64url')]);
  const names = pairs.map(({ dials, answers }) => [dials.name, answers.name]);
  return createHash('sha256')
    .update(JSON.stringify({ ...rest, agents: keys, pairs: names }))
    .digest('hex');
}
