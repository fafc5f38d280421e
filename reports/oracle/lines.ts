import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { doubted, steadyVerdict } from './qualified.ts';
import type { OracleKnobs, Rule } from './rules.ts';
import { type Chain, describeSide, serverSide } from './side.ts';
import type { OracleTopology } from './topology.ts';
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

/**
 * Where a NAT64 is in front of who has IPv6 only, he has IPv4 behind a NAT as well: all that stands on the way to it
 * filters, and it translates (RFC 6146).
 */
export function withNat64({ a, b }: OracleLines): OracleLines {
  return { a: a.flatMap((line) => throughNat64(line, a)), b: b.flatMap((line) => throughNat64(line, b)) };
}

function throughNat64(line: OracleLine, all: readonly OracleLine[]): OracleLine[] {
  const place = line.nats.findIndex(({ translation }) => translation === 'nat64');
  if (place === -1 || all.some(({ family }) => family === 4)) return [line];
  const nat: NatBehaviour = { ...line.nats[place]!, translation: 'napt' };
  return [line, { ...line, family: 4, nats: [...line.nats.slice(0, place), nat] }];
}

/** Who can't reach a broker by any line. */
export function muteSide({ a, b }: OracleLines): SideName | null {
  const speaks = (lines: readonly OracleLine[]) => lines.some(({ nats }) => serverSide(nats).broker);
  if (!speaks(a)) return 'a';
  return speaks(b) ? null : 'b';
}

/** The best that any two lines of one family allow: both sides try all of them. */
export function linesVerdict(rule: Rule, lines: OracleLines, topology: OracleTopology, knobs: OracleKnobs): Verdict {
  if (rule.kind === 'relay') {
    const chains = { a: lines.a.map(({ nats }) => nats), b: lines.b.map(({ nats }) => nats) };
    return doubted(relayVerdict(lines), rule, chains, knobs);
  }
  const verdicts = lines.a.flatMap((a) =>
    lines.b
      .filter(({ family }) => family === a.family)
      .map((b) => {
        // Of several interfaces, only those of one name are on the same network.
        const where = a.interface === b.interface ? topology : ({ topology: 'separate' } as const);
        const verdict = steadyVerdict(rule, a.nats, b.nats, where, knobs);
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
