import { doubtOf } from './doubts.ts';
import type { OracleKnobs, Rule } from './rules.ts';
import { selvesOf } from './selves.ts';
import type { Chain } from './side.ts';
import { type OracleTopology, topologyVerdict } from './topology.ts';
import { sometimes, type Verdict } from './verdict.ts';

/** What holds between two chains whatever their NATs turn out to be. */
export function steadyVerdict(rule: Rule, a: Chain, b: Chain, where: OracleTopology, knobs: OracleKnobs): Verdict {
  // One NAT in front of both is of one mind.
  const shared = where.topology === 'same-lan' || where.topology === 'same-nat';
  const pairs = shared
    ? selvesOf(a).map((self) => [self, self] as const)
    : selvesOf(a).flatMap((aSelf) => selvesOf(b).map((bSelf) => [aSelf, bSelf] as const));
  const verdicts = pairs.map(([aSelf, bSelf]) => topologyVerdict(rule, aSelf, bSelf, where, knobs));
  const [declared] = verdicts as [Verdict];
  const other = verdicts.find(({ expected }) => expected !== declared.expected);
  if (!other) return doubted(declared, rule, { a: [a], b: [b] }, knobs);
  return sometimes(`${declared.why}; but as a NAT changes (RFC 4787 REQ-11), it may be that ${other.why}`);
}

/** The same with what may get in the way: of a side with several chains, on all of them. */
export function doubted(
  verdict: Verdict,
  rule: Rule,
  sides: Readonly<Record<'a' | 'b', readonly Chain[]>>,
  knobs: OracleKnobs,
): Verdict {
  if (verdict.expected !== 'always') return verdict;
  if (knobs.upheaval) return sometimes(`${verdict.why}; but NATs reboot or are renumbered meanwhile`);
  for (const [name, chains] of Object.entries(sides)) {
    const doubts = chains.map((chain) => doubtOf(chain, rule));
    if (doubts.length > 0 && doubts.every((doubt) => doubt !== undefined)) {
      return sometimes(`${verdict.why}; but of a NAT of ${name}, ${doubts[0]}`);
    }
  }
  return verdict;
}
