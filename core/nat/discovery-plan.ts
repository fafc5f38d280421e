import type { Endpoint } from '../net/endpoint.ts';
import { familyOf, isLoopback, isUnspecified } from '../net/ip.ts';
import type { BindingResult } from './stun-client.ts';

/**
 * The tests of RFC 5780 section 4, each a Binding request: `primary` is test I of sections 4.3 and 4.4,
 * `alternate-address` and `alternate-both` are tests II and III of 4.3, `change-both` and `change-port` those of 4.4.
 */
export type ProbeKind = 'primary' | 'change-both' | 'change-port' | 'alternate-address' | 'alternate-both';

/** A Binding request that was sent once, and what became of it. */
export interface Probe {
  readonly kind: ProbeKind;
  readonly sentUs: number;
  answer: Extract<BindingResult, { outcome: 'response' | 'error' }> | undefined;
}

export type Step =
  | { readonly step: 'send'; readonly kinds: readonly ProbeKind[] }
  /** Ask again then, or when an answer comes. */
  | { readonly step: 'wait'; readonly untilUs: number }
  | { readonly step: 'done' };

const MS = 1000;
const SPACING_US = 100 * MS;
/** Requests to a server that stays silent, before the verdict, and how long the last one is waited for. */
const REACH_PROBES = 10;
const REACH_PATIENCE_US = 500 * MS;
/** Requests to change before silence may count, and after how many it counts for nothing if packets get lost. */
const FILTER_PROBES = 5;
const FILTER_PROBES_LIMIT = 12;
/** How sure silence must be to be called filtering: one wrong verdict in so many. */
const MAX_RISK = 1 / 1000;
const MAPPING_PROBES = 8;
/** Beyond a round trip, for what queues on the way. */
const JITTER_US = 100 * MS;
/** Everything ends by then, whatever is not known. */
export const LIMIT_US = 3000 * MS;

/**
 * What to do next, given what was sent and answered so far. Filtering is tested before anything goes to the server's
 * other address: a NAT that shares permissions between the sockets of a host (or the socket itself, from then on)
 * would let everything in from there.
 */
export function planNext(server: Endpoint, probes: readonly Probe[], startUs: number, nowUs: number): Step {
  const endUs = startUs + LIMIT_US;
  if (nowUs >= endUs) return { step: 'done' };
  const next = planStage(server, probes, nowUs);
  return next.step === 'wait' ? { step: 'wait', untilUs: Math.min(next.untilUs, endUs) } : next;
}

function planStage(server: Endpoint, probes: readonly Probe[], nowUs: number): Step {
  if (!firstAnswer(probes, 'primary')) return reach(probes, nowUs);
  if (!alternateOf(server, probes)) return { step: 'done' };
  return filter(probes, nowUs) ?? map(probes, nowUs) ?? { step: 'done' };
}

function reach(probes: readonly Probe[], nowUs: number): Step {
  if (probes.length < REACH_PROBES) return spaced(['primary'], probes, nowUs);
  const untilUs = probes.at(-1)!.sentUs + REACH_PATIENCE_US;
  return nowUs < untilUs ? { step: 'wait', untilUs } : { step: 'done' };
}

function filter(probes: readonly Probe[], nowUs: number): Step | undefined {
  if (firstAnswer(probes, 'change-both') || probes.some(({ kind }) => kind === 'alternate-address')) return undefined;
  const sent = count(probes, 'change-both');
  const kinds: ProbeKind[] = ['primary', 'change-both'];
  if (!firstAnswer(probes, 'change-port')) kinds.push('change-port');
  if (sent === 0) return { step: 'send', kinds };
  if (sent < Math.min(triesFor(lossRate(probes, nowUs)), FILTER_PROBES_LIMIT)) return spaced(kinds, probes, nowUs);
  const untilUs = probes.at(-1)!.sentUs + patienceUs(probes);
  return nowUs < untilUs ? { step: 'wait', untilUs } : undefined;
}

function map(probes: readonly Probe[], nowUs: number): Step | undefined {
  const kinds = (['alternate-address', 'alternate-both'] as const).filter((kind) => !firstAnswer(probes, kind));
  if (kinds.length === 0) return undefined;
  const sent = count(probes, kinds[0]!);
  if (sent === 0) return { step: 'send', kinds };
  if (sent < MAPPING_PROBES) return spaced(kinds, probes, nowUs);
  const untilUs = probes.at(-1)!.sentUs + patienceUs(probes);
  return nowUs < untilUs ? { step: 'wait', untilUs } : undefined;
}

function spaced(kinds: readonly ProbeKind[], probes: readonly Probe[], nowUs: number): Step {
  const untilUs = (probes.at(-1)?.sentUs ?? Number.NEGATIVE_INFINITY) + SPACING_US;
  return nowUs < untilUs ? { step: 'wait', untilUs } : { step: 'send', kinds };
}

/** Is the silence on requests of this kind more than lost packets? Asked when nothing is under way any more. */
export function silenceCounts(probes: readonly Probe[], kind: ProbeKind): boolean {
  return count(probes, kind) >= triesFor(lossRate(probes, Number.POSITIVE_INFINITY));
}

/**
 * How many requests get lost, the plain ones tell, as far as they are not under way: by the rule of succession, so that
 * a few that all arrived don't prove a perfect line.
 */
function lossRate(probes: readonly Probe[], nowUs: number): number {
  const lateUs = nowUs - patienceUs(probes);
  const settled = probes.filter(({ kind, answer, sentUs }) => kind === 'primary' && (answer || sentUs <= lateUs));
  const lost = settled.filter(({ answer }) => !answer).length;
  return (lost + 1) / (settled.length + 2);
}

/** After how many unanswered requests silence counts. By products alone: Math.log may differ between engines. */
function triesFor(lossRate: number): number {
  let tries = 0;
  for (let risk = 1; risk >= MAX_RISK; risk *= lossRate) tries++;
  return Math.max(tries, FILTER_PROBES);
}

/** The server's other address and port, if it has both and they make sense. */
export function alternateOf(server: Endpoint, probes: readonly Probe[]): Endpoint | undefined {
  const answer = firstAnswer(probes, 'primary');
  const other = answer?.outcome === 'response' ? answer.other : undefined;
  if (!other || other.address === server.address || other.port === server.port || other.port === 0) return undefined;
  if (familyOf(other.address) !== familyOf(server.address) || isUnspecified(other.address)) return undefined;
  return isLoopback(other.address) === isLoopback(server.address) ? other : undefined;
}

export function firstAnswer(probes: readonly Probe[], kind: ProbeKind): Probe['answer'] {
  return probes.find((probe) => probe.kind === kind && probe.answer)?.answer;
}

export function count(probes: readonly Probe[], kind: ProbeKind): number {
  return probes.reduce((sum, probe) => sum + (probe.kind === kind ? 1 : 0), 0);
}

function patienceUs(probes: readonly Probe[]): number {
  return 2 * Math.max(...roundTrips(probes)) + JITTER_US;
}

/** Round trips of all answers, in microseconds. */
export function roundTrips(probes: readonly Probe[]): number[] {
  return probes.flatMap(({ answer }) => (answer?.outcome === 'response' ? [answer.rttUs] : []));
}
