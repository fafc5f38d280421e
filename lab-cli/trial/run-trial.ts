import { Node, type PluginOptions, registry } from '../../core/node/index.ts';
import type { TrialResult } from '../../reports/schema.ts';
import { type Side, Topology, TraceLog, World } from '../../simulator/index.ts';
import { dialPeer } from './dial.ts';
import { classicName, type Findings, noFindings } from './findings.ts';
import { startGateways } from './gateways.ts';
import { startInfrastructure } from './infrastructure.ts';
import { judgePath, PipeLost } from './judge.ts';
import { echo } from './mark.ts';
import { scheduleNatEvents } from './nat-events.ts';
import { measuresOf, resultOf } from './result.ts';
import { admitsFewPorts, familiesOf } from './servers.ts';
import { buildSides } from './sides.ts';
import { startSubscribers } from './subscribers.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Virtual time for what is not the dial: starting the nodes, and judging the pipe. */
const OVERHEAD_US = 120_000_000;
const MAX_EVENTS = 5_000_000;

export interface TrialWatch {
  /** Called with each line of the packet timeline, in order. */
  timeline(line: string): void;
}

/** The plugins that a scenario can name, in the order in which results list them, with the options of each. */
export function knownPlugins(): ReadonlyMap<string, PluginOptions> {
  return new Map(registry.names().map((name) => [name, registry.optionsOf(name)]));
}

/** One sentence about a plugin; empty if it says nothing of itself. */
export function pluginSummary(name: string): string {
  return registry.summaryOf(name);
}

/** Runs one trial in a world of its own. Never throws: what goes wrong is a result. */
export async function runTrial(spec: TrialSpec, watch?: TrialWatch): Promise<TrialResult> {
  const log = watch && new TraceLog();
  const world = new World({ seed: spec.seed, observers: log ? [log] : [] });
  const topology = new Topology(world);
  const { scenario } = spec;
  const [a, b] = buildSides(topology, spec);
  const findings = noFindings('stalled');
  const limitUs = scenario.timeLimitMs * 1000 + OVERHEAD_US;
  const run = await world.run(() => dial(spec, world, topology, [a, b], findings), { limitUs, maxEvents: MAX_EVENTS });
  if (run.outcome === 'crashed') {
    findings.outcome = 'crashed';
    findings.error = run.error instanceof Error ? (run.error.stack ?? run.error.message) : String(run.error);
  } else if (run.outcome !== 'done') findings.outcome = run.outcome;
  for (const line of log?.lines(world.addresses) ?? []) watch!.timeline(line);
  return resultOf(spec, findings, measuresOf(world, [a, b]));
}

/** The trial itself, inside the world: servers, two nodes, one dial, one verdict. */
async function dial(
  spec: TrialSpec,
  world: World,
  topology: Topology,
  sides: readonly [Side, Side],
  findings: Findings,
): Promise<void> {
  const servers = await startInfrastructure(topology, {
    families: familiesOf(spec.cell),
    onHttps: admitsFewPorts(spec.cell),
  });
  await startGateways(sides);
  await startSubscribers(topology, sides[0], spec.scenario.topology.subscribers);
  const plugins = spec.scenario.plugins.map(({ name, options }) => registry.configure(name, options));
  const [a, b] = await Promise.all(
    sides.map(({ host }) => Node.start(host, { servers, plugins })) as [Promise<Node>, Promise<Node>],
  );
  findings.inferred = { a: classicName(a), b: classicName(b) };
  echo(b);
  scheduleNatEvents(world, sides, spec.scenario.events ?? []);
  const { timeLimitMs, plugins: all } = spec.scenario;
  const names = spec.only === null ? all.map(({ name }) => name) : [spec.only];
  const { pipe, tookUs, ...told } = await dialPeer(a, b.addressText, names, timeLimitMs);
  Object.assign(findings, told, { signals: a.signalsSent + b.signalsSent });
  if (pipe === undefined) {
    findings.outcome = tookUs >= timeLimitMs * 1000 ? 'deadline' : 'not-connected';
    return;
  }
  try {
    findings.path = await judgePath(world, a, pipe, sides);
    findings.connectUs = tookUs;
    findings.outcome = 'connected';
  } catch (error) {
    if (!(error instanceof PipeLost)) throw error;
    findings.outcome = 'lost';
    findings.error = error.message;
  }
}
