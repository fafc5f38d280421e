import { type OracleKnobs, RULES } from './oracle/rules.ts';
import { type Chain, describeSide, serverSide } from './oracle/side.ts';
import { type OracleTopology, topologyVerdict } from './oracle/topology.ts';
import { never, type Verdict } from './oracle/verdict.ts';

export type { OracleKnobs } from './oracle/rules.ts';
export type { Chain } from './oracle/side.ts';

export interface OracleQuestion extends OracleTopology {
  /** The NATs in front of the side that dials, host side first; empty for a public host. */
  readonly a: Chain;
  /** The same of the side that is dialled. */
  readonly b: Chain;
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
}

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
  const perPlugin = question.plugins.map((plugin) => judge(plugin, question, knobs));
  const sides = `a: ${describeSide(question.a)}; b: ${describeSide(question.b)}`;
  const verdicts = perPlugin.map(({ plugin, expected, why }) => `${plugin} ${expected}: ${why}`);
  return {
    possible: perPlugin.filter(({ possible }) => possible === true).map(({ plugin }) => plugin),
    why: [sides, ...verdicts].join('. '),
    perPlugin,
  };
}

function judge(plugin: string, question: OracleQuestion, knobs: OracleKnobs): PluginVerdict {
  const rule = RULES.get(plugin);
  if (!rule) return { plugin, possible: 'unknown', expected: 'unknown', why: 'no rule is known for it' };
  const { a, b } = question;
  const mute = !serverSide(a).broker ? 'a' : !serverSide(b).broker ? 'b' : null;
  const verdict =
    rule.signalled && knobs.signalOverTcp && mute
      ? never(`TCP is blocked on side ${mute}, and the signal channel runs over TCP`)
      : topologyVerdict(rule, a, b, question, knobs);
  return { plugin, possible: verdict.expected !== 'never', expected: verdict.expected, why: verdict.why };
}
