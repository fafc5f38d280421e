import {
  type CompiledNetwork,
  compileNetwork,
  type KernelLine,
  type Unsupported,
  whyLinkUnsupported,
} from '../../kernel-lab/index.ts';
import type { TrialResult } from '../../reports/schema.ts';
import type { LineSpec } from '../scenario/types.ts';
import { noFindings } from '../trial/findings.ts';
import { resultOf } from '../trial/result.ts';
import { admitsFewPorts, familiesOf } from '../trial/servers.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';
import type { KernelOutcome, KernelTask } from './messages.ts';

/** Real time for what is not the dial: starting the nodes, and judging the pipe. */
const OVERHEAD_MS = 15_000;

/** The longest that a trial takes. */
export function lifeMs(timeLimitMs: number): number {
  return timeLimitMs + OVERHEAD_MS;
}

/** What the director has to do for a trial, or why the kernel can't run it. Pure. */
export function kernelTask(spec: TrialSpec): KernelTask | Unsupported {
  const { scenario, cell, only } = spec;
  const { timeLimitMs, plugins, events = [], clocks } = scenario;
  const network = compile(spec);
  if (network.kind === 'unsupported') return network;
  if (events.length > 0) return unsupported('events: the rules of a kernel NAT stay as they are during a trial');
  if (clocks !== undefined) return unsupported('clocks: all network namespaces have the clock of the machine');
  const reason = whyLinkUnsupported(cell.link.up) ?? whyLinkUnsupported(cell.link.down);
  if (reason !== undefined) return unsupported(reason);
  return {
    network,
    link: { up: cell.link.up, down: cell.link.down },
    families: familiesOf(cell),
    onHttps: admitsFewPorts(cell),
    plugins,
    dialled: only === null ? plugins.map(({ name }) => name) : [only],
    timeLimitMs,
    lifeMs: lifeMs(timeLimitMs),
  };
}

function compile({ scenario: { topology, timeLimitMs }, cell, seed }: TrialSpec): CompiledNetwork | Unsupported {
  // The seed decides what a real world leaves to us: where sequential ports begin.
  const start = Number.parseInt(seed.slice(0, 8), 16) / 0x1_0000_0000;
  const { name, isolated, subscribers } = topology;
  const [a, b] = [cell.lines.a, cell.lines.b].map((lines) => lines.map(kernelLine));
  if ([...a!, ...b!].some(({ nats }) => nats.length === 0))
    return unsupported('no NAT: a host of the kernel lab is behind a router');
  return compileNetwork({ name, isolated, subscribers, a: a!, b: b! }, { lifeMs: lifeMs(timeLimitMs), start });
}

function kernelLine({ interface: name = 'eth0', family, nats }: LineSpec): KernelLine {
  return { interface: name, family, nats: nats.map(({ behaviour }) => behaviour) };
}

function unsupported(reason: string): Unsupported {
  return { kind: 'unsupported', reason };
}

/** The line of a trial that the kernel can't run. */
export function unsupportedResult(spec: TrialSpec, reason: string): TrialResult {
  const findings = { ...noFindings('unsupported'), error: reason };
  return resultOf(spec, findings, { packets: 0, bytes: 0, mappings: 0, drops: new Map(), traceHash: '' });
}

export function kernelResult(spec: TrialSpec, outcome: KernelOutcome): TrialResult {
  const { findings, took: _, ...counted } = outcome;
  // Real packets are never twice the same.
  return resultOf(spec, findings, { ...counted, traceHash: '' });
}
