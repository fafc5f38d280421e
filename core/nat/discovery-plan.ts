import type { Endpoint } from '../net/endpoint.ts';
import { familyOf, isLoopback, isUnspecified } from '../net/ip.ts';
import { type LossSample, MIN_TRIES, triesFor } from './silence.ts';
import type { BindingResult } from './stun-client.ts';

/**
 * The tests of RFC 5780 section 4, each a Binding request: `primary` is test I of sections 4.3 and 4.4,
 * `alternate-address` and `alternate-both` are tests II and III of 4.3, `change-both` and `change-port` those of 4.4.
 */
export type ProbeKind = 'primary' | 'change-both' | 'change-port' | 'alternate-address' | 'alternate-both';

export interface Request {
  readonly kind: ProbeKind;
  /** Index of the server. */
  readonly server: number;
}

/** A Binding request that was sent once, and what became of it. */
export interface Probe extends Request {
  readonly sentUs: number;
  answer: Extract<BindingResult, { outcome: 'response' | 'error' }> | undefined;
}

/** What was asked and answered. */
export interface Evidence {
  /** Best first. All but the one whose answers count are asked only if that one is silent or plain. */
  readonly servers: readonly Endpoint[];
  readonly probes: readonly Probe[];
}

/** What there is to plan from. */
export interface Progress extends Evidence {
  /** Other sockets are being mapped one by one: no mapping of ours may come in between. */
  readonly sampling: boolean;
}

export type Step =
  | { readonly step: 'send'; readonly requests: readonly Request[] }
  /** Ask again then, or when an answer comes. */
  | { readonly step: 'wait'; readonly untilUs: number }
  | { readonly step: 'done' };

const MS = 1000;
/** Between requests that are sent again since no answer came: longer than most bursts of losses. */
const SPACING_US = 80 * MS;
/** Between requests whose answers a filter may stop. Plain ones go with them, so that a burst of losses shows. */
const FILTER_SPACING_US = 25 * MS;
/** Before the second of them, at most: an open filter has let an answer in by then. */
const FILTER_FIRST_GAP_US = 200 * MS;
/** Requests to servers that stay silent, before the verdict, and how long the last one is waited for. */
const REACH_PROBES = 10;
const REACH_SPACING_US = 100 * MS;
const REACH_PATIENCE_US = 500 * MS;
/** Requests to the first server before the others are asked as well. */
const REACH_ALONE = 3;
/** Requests to change after which silence counts for nothing if packets get lost. */
const FILTER_PROBES_LIMIT = 16;
/** Plain requests that must all be answered before it is believed that nothing gets lost. */
const LOSS_PROBES = 4;
const MAPPING_PROBES = 8;
/** Beyond one and a half round trips, for what queues on the way. */
const JITTER_US = 50 * MS;
/** Everything ends by then, whatever is not known. */
export const LIMIT_US = 3000 * MS;

/**
 * What to do next, given what was sent and answered so far. Filtering is tested before anything goes to the server's
 * other address: a NAT that shares permissions between the sockets of a host (or the socket itself, from then on)
 * would let everything in from there.
 */
export function planNext(progress: Progress, startUs: number, nowUs: number): Step {
  const endUs = startUs + LIMIT_US;
  if (nowUs >= endUs) return { step: 'done' };
  const next = planStage(progress, nowUs, endUs);
  return next.step === 'wait' ? { step: 'wait', untilUs: Math.min(next.untilUs, endUs) } : next;
}

function planStage(progress: Progress, nowUs: number, endUs: number): Step {
  const { probes, sampling } = progress;
  const server = chosenServer(progress);
  if (server === undefined) return reach(progress, nowUs);
  if (!alternateOf(progress, server)) return compareServers(progress, server, nowUs) ?? { step: 'done' };
  const next = filter(probes, server, nowUs);
  if (next) return next;
  if (sampling) return { step: 'wait', untilUs: endUs };
  return ask(probes, [request('alternate-address', server), request('alternate-both', server)], nowUs);
}

function request(kind: ProbeKind, server: number): Request {
  return { kind, server };
}

/** The server whose answers count: one that can help with all tests if there is one. */
export function chosenServer({ servers, probes }: Evidence): number | undefined {
  const answered = servers.flatMap((_, server) => {
    const answer = firstAnswer(probes, 'primary', server);
    return answer ? [{ server, answer }] : [];
  });
  const able = answered.find(({ server }) => alternateOf({ servers, probes }, server));
  return (able ?? answered.find(({ answer }) => answer.outcome === 'response') ?? answered[0])?.server;
}

function reach({ servers, probes }: Progress, nowUs: number): Step {
  const sent = count(probes, 'primary', 0);
  if (sent < REACH_PROBES) {
    const asked = sent < REACH_ALONE ? servers.slice(0, 1) : servers;
    const requests = asked.map((_, server) => request('primary', server));
    return spaced(requests, probes, nowUs, REACH_SPACING_US);
  }
  const untilUs = probes.at(-1)!.sentUs + REACH_PATIENCE_US;
  return nowUs < untilUs ? { step: 'wait', untilUs } : { step: 'done' };
}

/** Plain servers at different addresses tell half of what RFC 5780 asks for, and one of them may tell all. */
function compareServers({ servers, probes }: Progress, chosen: number, nowUs: number): Step | undefined {
  const others = servers.flatMap(({ address }, server) => {
    return address === servers[chosen]!.address ? [] : [request('primary', server)];
  });
  return others.length > 0 ? ask(probes, others, nowUs) : undefined;
}

/**
 * Silence on one kind of request is enough: a filter that stops what comes from the same address with another port stops
 * what comes from elsewhere, and one that lets it in is tested by the other kind alone.
 */
function filter(probes: readonly Probe[], server: number, nowUs: number): Step | undefined {
  if (firstAnswer(probes, 'change-both', server) || count(probes, 'alternate-address', server) > 0) return undefined;
  const began = probes.find(({ kind }) => kind === 'change-both')?.sentUs;
  if (began === undefined) return send(['primary', 'change-both', 'change-port'], server);
  const open: ProbeKind = firstAnswer(probes, 'change-port', server) ? 'change-both' : 'change-port';
  const settled = settledPlain(probes, server, nowUs - patienceUs(probes));
  const sent = count(probes, open, server);
  if (sent >= Math.min(triesFor(settled), FILTER_PROBES_LIMIT)) {
    const untilUs = probes.at(-1)!.sentUs + patienceUs(probes);
    return nowUs < untilUs ? { step: 'wait', untilUs } : undefined;
  }
  const untold = nowUs - began <= Math.max(...roundTrips(probes));
  const lossy = settled.answered < settled.asked || count(probes, 'primary', server) < LOSS_PROBES;
  const kinds: ProbeKind[] = untold ? ['change-both', 'change-port'] : [open];
  return spaced(
    send(lossy ? ['primary', ...kinds] : kinds, server).requests,
    probes,
    nowUs,
    filterSpacingUs(probes, sent),
  );
}

/** Whoever has not heard of as many as a good line needs is on a bad one, where losses come in bursts. */
function filterSpacingUs(probes: readonly Probe[], sent: number): number {
  if (sent >= MIN_TRIES) return SPACING_US;
  if (sent > 1) return FILTER_SPACING_US;
  const answeredUs = Math.round(1.25 * Math.max(...roundTrips(probes)));
  return Math.min(Math.max(answeredUs, FILTER_SPACING_US), FILTER_FIRST_GAP_US);
}

function send(kinds: readonly ProbeKind[], server: number): Extract<Step, { step: 'send' }> {
  return { step: 'send', requests: kinds.map((kind) => ({ kind, server })) };
}

/** Sends each request until it is answered. */
function ask(probes: readonly Probe[], wanted: readonly Request[], nowUs: number): Step {
  const open = wanted.filter(({ kind, server }) => !firstAnswer(probes, kind, server));
  const sent = Math.max(...open.map(({ kind, server }) => count(probes, kind, server)));
  if (open.length === 0) return { step: 'done' };
  if (sent === 0) return { step: 'send', requests: open };
  if (sent < MAPPING_PROBES) return spaced(open, probes, nowUs);
  const untilUs = probes.at(-1)!.sentUs + patienceUs(probes);
  return nowUs < untilUs ? { step: 'wait', untilUs } : { step: 'done' };
}

function spaced(requests: readonly Request[], probes: readonly Probe[], nowUs: number, spacingUs = SPACING_US): Step {
  const untilUs = (probes.at(-1)?.sentUs ?? Number.NEGATIVE_INFINITY) + spacingUs;
  return nowUs < untilUs ? { step: 'wait', untilUs } : { step: 'send', requests };
}

/** Is the silence on requests of this kind more than lost packets? Asked when nothing is under way any more. */
export function silenceCounts(probes: readonly Probe[], kind: ProbeKind, server: number): boolean {
  return count(probes, kind, server) >= triesFor(settledPlain(probes, server, Number.POSITIVE_INFINITY));
}

/** The plain requests tell how many get lost, as far as they are not under way: those sent by `lateUs`. */
function settledPlain(probes: readonly Probe[], chosen: number, lateUs: number): LossSample {
  const plain = probes.filter(({ kind, server }) => kind === 'primary' && server === chosen);
  const answered = plain.filter(({ answer }) => answer).length;
  const lost = plain.filter(({ answer, sentUs }) => !answer && sentUs <= lateUs).length;
  return { asked: answered + lost, answered };
}

/** The server's other address and port, if it has both and they make sense. */
export function alternateOf({ servers, probes }: Evidence, index: number): Endpoint | undefined {
  const answer = firstAnswer(probes, 'primary', index);
  return answer?.outcome === 'response' ? usableAlternate(servers[index]!, answer.other) : undefined;
}

/** OTHER-ADDRESS comes from the network: it is used only if it can be the same server's. */
export function usableAlternate(server: Endpoint, other: Endpoint | undefined): Endpoint | undefined {
  if (!other || other.address === server.address || other.port === server.port || other.port === 0) return undefined;
  if (familyOf(other.address) !== familyOf(server.address) || isUnspecified(other.address)) return undefined;
  return isLoopback(other.address) === isLoopback(server.address) ? other : undefined;
}

export function firstAnswer(probes: readonly Probe[], kind: ProbeKind, server: number): Probe['answer'] {
  return probes.find((probe) => probe.kind === kind && probe.server === server && probe.answer)?.answer;
}

export function count(probes: readonly Probe[], kind: ProbeKind, server: number): number {
  return probes.reduce((sum, probe) => sum + (probe.kind === kind && probe.server === server ? 1 : 0), 0);
}

function patienceUs(probes: readonly Probe[]): number {
  return Math.round(1.5 * Math.max(...roundTrips(probes))) + JITTER_US;
}

/** Round trips of all answers, in microseconds. */
export function roundTrips(probes: readonly Probe[]): number[] {
  return probes.flatMap(({ answer }) => (answer?.outcome === 'response' ? [answer.rttUs] : []));
}
