import type { Family } from '../../core/net/endpoint.ts';
import type { NodeServers } from '../../core/node/index.ts';
import type { CompiledNetwork } from '../../kernel-lab/index.ts';
import type { Link } from '../../simulator/index.ts';
import type { PluginSpec } from '../scenario/types.ts';
import type { Dialled } from '../trial/dial.ts';
import type { Findings } from '../trial/findings.ts';
import type { Took } from './stopwatch.ts';

// What the processes of a kernel lab tell each other: the command, the director in the sandbox, and an agent in
// each host's namespace.

/** One trial, for the director. */
export interface KernelTask {
  readonly network: CompiledNetwork;
  readonly link: Link;
  /** By which the servers are reached. */
  readonly families: readonly Family[];
  /** Are the servers on the port of HTTPS as well? */
  readonly onHttps: boolean;
  readonly plugins: readonly PluginSpec[];
  /** Those that the dial may use. */
  readonly dialled: readonly string[];
  readonly timeLimitMs: number;
  /** From the first packet to the last one; what takes longer is given up. */
  readonly lifeMs: number;
}

export interface KernelOutcome {
  readonly findings: Findings;
  readonly packets: number;
  readonly bytes: number;
  readonly mappings: number;
  /** Dropped packets by reason. */
  readonly drops: ReadonlyMap<string, number>;
  /** In no result: it is of the machine, not of the NATs. */
  readonly took: Took;
}

export type FromDirector =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly outcome: KernelOutcome }
  | { readonly kind: 'failed'; readonly error: string };

/** What an agent is asked to do, each with its answer. */
export interface AgentCalls {
  start: {
    ask: { servers: NodeServers; plugins: readonly PluginSpec[] };
    answer: { address: string; inferred: string };
  };
  dial: { ask: { address: string; plugins: readonly string[]; timeoutMs: number }; answer: Dialled };
  /** Sends the mark through the pipe that was dialled. */
  mark: { ask: { mark: string }; answer: { echoed: boolean } };
  signals: { ask: Record<string, never>; answer: { sent: number } };
  close: { ask: Record<string, never>; answer: Record<string, never> };
}

export interface AgentRequest {
  readonly id: number;
  readonly call: keyof AgentCalls;
  readonly ask: unknown;
}

export type AgentReply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
