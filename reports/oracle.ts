import { connect, type Transports, turnRelay } from './oracle/connect.ts';
import { type Chain, describeSide, tcpSide, udpSide } from './oracle/side.ts';
import { tcpPunch } from './oracle/tcp-punch.ts';
import { udpPunch } from './oracle/udp-punch.ts';
import { never, type Verdict } from './oracle/verdict.ts';

export type { Chain } from './oracle/side.ts';

export interface OracleQuestion {
  /** The NATs in front of the side that dials, host side first; empty for a public host. */
  readonly a: Chain;
  /** The same of the side that is dialled. */
  readonly b: Chain;
  /** Each side behind NATs of its own. */
  readonly topology: 'separate';
  readonly plugins: readonly string[];
  readonly knobs?: Partial<OracleKnobs>;
}

/** What the answer takes for granted of the engine. */
export interface OracleKnobs {
  /** Is a refused TCP dial repeated after a random gap while the attempt lasts? @default true */
  readonly retries: boolean;
  /** Does the signal channel need TCP out on both sides? @default true */
  readonly signalOverTcp: boolean;
}

export interface OracleAnswer {
  /** The plugins that can connect, always or sometimes. One without a rule here is left out, and `why` says so. */
  readonly possible: readonly string[];
  readonly why: string;
  readonly perPlugin: readonly PluginVerdict[];
}

export interface PluginVerdict {
  readonly plugin: string;
  readonly possible: boolean | 'unknown';
  readonly expected: Verdict['expected'] | 'unknown';
  readonly why: string;
}

interface Rule {
  /** Do the two sides have to exchange signal messages first? */
  readonly signalled: boolean;
  verdict(a: Transports, b: Transports, knobs: OracleKnobs): Verdict;
}

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['direct-connect', { signalled: false, verdict: (a, b) => connect(b.tcp, a.tcp, 'b') }],
  ['reverse-connect', { signalled: true, verdict: (a, b) => connect(a.tcp, b.tcp, 'a') }],
  ['tcp-punch', { signalled: true, verdict: (a, b, knobs) => tcpPunch(a.tcp, b.tcp, knobs.retries) }],
  ['udp-punch', { signalled: true, verdict: (a, b) => udpPunch(a.udp, b.udp) }],
  ['turn-relay', { signalled: true, verdict: turnRelay }],
]);

/** Has the oracle a rule for the plugin? A connection by one without is neither expected nor unexpected. */
export function isJudged(plugin: string): boolean {
  return RULES.has(plugin);
}

/**
 * Which plugins can connect the two sides, by what their NATs do (RFC 4787, 5382), never by what they are called. It
 * assumes no loss, no expiry during the attempt, no quota reached, and, between NATs, latency.
 */
export function oracle(question: OracleQuestion): OracleAnswer {
  const knobs = { retries: true, signalOverTcp: true, ...question.knobs };
  const a = { udp: udpSide(question.a), tcp: tcpSide(question.a) };
  const b = { udp: udpSide(question.b), tcp: tcpSide(question.b) };
  const perPlugin = question.plugins.map((plugin) => judge(plugin, a, b, knobs));
  const sides = `a: ${describeSide(question.a)}; b: ${describeSide(question.b)}`;
  const verdicts = perPlugin.map(({ plugin, expected, why }) => `${plugin} ${expected}: ${why}`);
  return {
    possible: perPlugin.filter(({ possible }) => possible === true).map(({ plugin }) => plugin),
    why: [sides, ...verdicts].join('. '),
    perPlugin,
  };
}

function judge(plugin: string, a: Transports, b: Transports, knobs: OracleKnobs): PluginVerdict {
  const rule = RULES.get(plugin);
  if (!rule) return { plugin, possible: 'unknown', expected: 'unknown', why: 'no rule is known for it' };
  const mute = a.tcp.blocked ? 'a' : b.tcp.blocked ? 'b' : null;
  const verdict =
    rule.signalled && knobs.signalOverTcp && mute
      ? never(`TCP is blocked on side ${mute}, and the signal channel runs over TCP`)
      : rule.verdict(a, b, knobs);
  return { plugin, possible: verdict.expected !== 'never', expected: verdict.expected, why: verdict.why };
}
