import type { OracleKnobs, Rule } from './rules.ts';
import { type Chain, describeSide, serverSide } from './side.ts';
import { type OracleTopology, topologyVerdict } from './topology.ts';
import { always, better, never, type SideName, type Verdict } from './verdict.ts';

/** What one interface of a side has for one family. */
export interface OracleLine {
  /** Undefined: there is but one. */
  readonly interface?: string | undefined;
  readonly family: 4 | 6;
  /** In front of the host, host side first. */
  readonly nats: Chain;
}

export interface OracleLines {
  readonly a: readonly OracleLine[];
  readonly b: readonly OracleLine[];
}

/** Who can't reach a broker by any line. */
export function muteSide({ a, b }: OracleLines): SideName | null {
  const speaks = (lines: readonly OracleLine[]) => lines.some(({ nats }) => serverSide(nats).broker);
  if (!speaks(a)) return 'a';
  return speaks(b) ? null : 'b';
}

/** The best that any two lines of one family allow: both sides try all of them. */
export function linesVerdict(rule: Rule, lines: OracleLines, topology: OracleTopology, knobs: OracleKnobs): Verdict {
  if (rule.kind === 'relay') return relayVerdict(lines);
  const verdicts = lines.a.flatMap((a) =>
    lines.b
      .filter(({ family }) => family === a.family)
      .map((b) => {
        // Of several interfaces, only those of one name are on the same network.
        const where = a.interface === b.interface ? topology : ({ topology: 'separate' } as const);
        const verdict = topologyVerdict(rule, a.nats, b.nats, where, knobs);
        return { ...verdict, why: isOnly(lines) ? verdict.why : `${pairName(a, b)}: ${verdict.why}` };
      }),
  );
  if (verdicts.length === 0) return never('one side has only IPv4 and the other only IPv6');
  return verdicts.reduce(better);
}

/** One phrase a line, for people. */
export function describeLines(lines: readonly OracleLine[]): string {
  const described = lines.map((line) => {
    const label = lineName(line);
    const what = describeSide(line.nats);
    return lines.length === 1 && line.family === 4 ? what : `${label}: ${what}`;
  });
  return described.join('; ');
}

/** Relays talk to relays, so it does not matter that the sides reach theirs by different families. */
function relayVerdict(lines: OracleLines): Verdict {
  for (const side of ['a', 'b'] as const) {
    if (!lines[side].some(({ nats }) => serverSide(nats).relay))
      return never(`${side} reaches no TURN server: UDP and TCP are blocked`);
  }
  return always('both sides reach the TURN server, whose permissions are per address (RFC 8656 section 9)');
}

function isOnly({ a, b }: OracleLines): boolean {
  return a.length === 1 && b.length === 1;
}

function pairName(a: OracleLine, b: OracleLine): string {
  const [one, other] = [lineName(a), lineName(b)];
  return one === other ? `over ${one}` : `from ${one} to ${other}`;
}

function lineName(line: OracleLine): string {
  const family = `IPv${line.family}`;
  return line.interface === undefined ? family : `${family} of ${line.interface}`;
}
