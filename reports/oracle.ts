import { describeLines, linesVerdict, muteSide, type OracleLines, withNat64 } from './oracle/lines.ts';
import { type OracleKnobs, RULES } from './oracle/rules.ts';
import type { Chain } from './oracle/side.ts';
import type { OracleTopology } from './oracle/topology.ts';
import { never, type Verdict } from './oracle/verdict.ts';

export type { OracleLine, OracleLines } from './oracle/lines.ts';
export type { OracleKnobs } from './oracle/rules.ts';
export type { Chain } from './oracle/side.ts';

export interface OracleQuestion extends OracleTopology {
  /** The NATs in front of the side that dials, host side first; empty for a public host. */
  readonly a: Chain;
  /** The same of the side that is dialled. */
  readonly b: Chain;
  /** How the two are connected, if not by one IPv4 line each; `a` and `b` count for nothing then. */
  readonly lines?: OracleLines | undefined;
  readonly plugins: readonly string[];
  readonly knobs?: Partial<OracleKnobs>;
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
  /** How likely `sometimes` is, where theory can tell. */
  readonly chance?: number;
}

/** Has the oracle a rule for the plugin? A connection by one without is neither expected nor unexpected. */
export function isJudged(plugin: string): boolean {
  return RULES.has(plugin);
}

/**
 * Which plugins can connect the two sides, by what their NATs do (RFC 4787, 5382), never by what they are called. It
 * assumes no loss, no expiry during the attempt and, between NATs, latency. What a NAT may run out of, or changes with
 * what else goes on, makes `sometimes` of `always`.
 */
export function oracle(question: OracleQuestion): OracleAnswer {
  const knobs = { retries: true, searches: 1, signalOverTcp: true, upheaval: false, ...question.knobs };
  const lines = withNat64(
    question.lines ?? { a: [{ family: 4, nats: question.a }], b: [{ family: 4, nats: question.b }] },
  );
  const perPlugin = question.plugins.map((plugin) => judge(plugin, lines, question, knobs));
  const sides = `a: ${describeLines(lines.a)}; b: ${describeLines(lines.b)}`;
  const verdicts = perPlugin.map(({ plugin, expected, why }) => `${plugin} ${expected}: ${why}`);
  return {
    possible: perPlugin.filter(({ possible }) => possible === true).map(({ plugin }) => plugin),
    why: [sides, ...verdicts].join('. '),
    perPlugin,
  };
}

function judge(plugin: string, lines: OracleLines, topology: OracleTopology, knobs: OracleKnobs): PluginVerdict {
  const rule = RULES.get(plugin);
  if (!rule) return { plugin, possible: 'unknown', expected: 'unknown', why: 'no rule is known for it' };
  const mute = muteSide(lines);
  const verdict =
    rule.signalled && knobs.signalOverTcp && mute
      ? never(`TCP is blocked on side ${mute}, and the signal channel runs over TCP`)
      : linesVerdict(rule, lines, topology, knobs);
  return { plugin, possible: verdict.expected !== 'never', ...verdict };
}
