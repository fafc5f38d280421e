import { addressToBytes, familyOf, isLoopback } from './ip.ts';
import { type Prefix, parsePrefix, prefixContains } from './prefix.ts';

interface Policy {
  readonly prefix: Prefix;
  readonly precedence: number;
  readonly label: number;
}

/** RFC 6724 section 2.1. The rest of the table is of prefixes that nobody uses any more. */
const POLICIES: readonly Policy[] = (
  [
    ['::1/128', 50, 0],
    ['::/0', 40, 1],
    ['::ffff:0:0/96', 35, 4],
    ['2002::/16', 30, 2],
    ['2001::/32', 5, 5],
    ['fc00::/7', 3, 13],
    ['::/96', 1, 3],
    ['fec0::/10', 1, 11],
    ['3ffe::/16', 1, 12],
  ] as const
)
  .map(([prefix, precedence, label]) => ({ prefix: parsePrefix(prefix), precedence, label }))
  .sort((one, other) => other.prefix.length - one.prefix.length);

const MAPPED = POLICIES.find(({ label }) => label === 4)!;
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map(parsePrefix);
/** RFC 4291 section 2.7, and RFC 6724 section 3.2 for IPv4, where private addresses are global. */
const SCOPE = { link: 2, global: 14 };

export interface Way {
  readonly source: string;
  readonly destination: string;
}

/**
 * Which of two ways to the same host is to be tried first (RFC 6724 section 6): negative for the first one, 0 where the
 * order stays as it is. Rules 1, 3, 4 and 7 are of what an engine does not know: it is given sources that are there.
 */
export function compareWays(one: Way, other: Way): number {
  const rules: ((way: Way) => number)[] = [
    ({ source, destination }) => Number(scopeOf(source) === scopeOf(destination)), // rule 2
    ({ source, destination }) => Number(policyOf(source).label === policyOf(destination).label), // rule 5
    ({ destination }) => policyOf(destination).precedence, // rule 6
    ({ destination }) => -scopeOf(destination), // rule 8
  ];
  // Rule 9 would order IPv4 addresses by numbers that say nothing of where they are.
  if (familyOf(one.destination) === 6 && familyOf(other.destination) === 6) rules.push(commonPrefixLength);
  for (const rule of rules) {
    const difference = rule(other) - rule(one);
    if (difference !== 0) return difference;
  }
  return 0;
}

function policyOf(address: string): Policy {
  return familyOf(address) === 4 ? MAPPED : POLICIES.find(({ prefix }) => prefixContains(prefix, address))!;
}

function scopeOf(address: string): number {
  return isLoopback(address) || LINK_LOCAL.some((prefix) => prefixContains(prefix, address))
    ? SCOPE.link
    : SCOPE.global;
}

/** Bits, of 64 at most: interface identifiers say nothing (section 2.2). */
function commonPrefixLength({ source, destination }: Way): number {
  const [one, other] = [addressToBytes(source), addressToBytes(destination)];
  for (let index = 0; index < 8; index++) {
    const difference = one[index]! ^ other[index]!;
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return 64;
}
