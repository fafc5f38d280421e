import type { Family } from '../../core/net/endpoint.ts';
import { DROPS } from './drops.ts';

/** Chains of base rules, in the order in which a packet meets them. */
const CHAINS = {
  /** Before conntrack sees the packet. */
  raw: 'filter hook prerouting priority raw',
  /** Before its destination is translated. */
  turning: 'filter hook prerouting priority mangle',
  prerouting: 'nat hook prerouting priority dstnat',
  input: 'filter hook input priority filter',
  forward: 'filter hook forward priority filter',
  arriving: 'filter hook forward priority filter + 1',
  /** Before its source is translated; it is not going to be refused any more. */
  leaving: 'filter hook postrouting priority mangle',
  postrouting: 'nat hook postrouting priority srcnat',
  /** After translation: what leaves has its external port, and is not going to be refused any more. */
  learn: 'filter hook postrouting priority 300',
} as const;

/** Lines of nftables, by what they belong to. */
export type RuleParts = { readonly [Part in 'tables' | keyof typeof CHAINS]?: readonly string[] };

/** For `nft -f -`. Loading it forgets everything that was before. */
export function formatRuleset(family: Family, parts: readonly RuleParts[]): string {
  const of = (part: keyof RuleParts) => parts.flatMap((each) => each[part] ?? []);
  const lines = [
    ...['mappings', 'turned', ...DROPS.keys()].map((name) => `counter ${name} { }`),
    ...of('tables'),
    ...Object.entries(CHAINS).flatMap(([name, hook]) => chain(name, hook, of(name as keyof typeof CHAINS))),
  ];
  const table = family === 4 ? 'ip' : 'ip6';
  return ['flush ruleset', `table ${table} lab {`, ...lines.map((line) => `  ${line}`), '}', ''].join('\n');
}

/** An empty chain would still cost every packet a look. */
function chain(name: string, hook: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`chain ${name} {`, `  type ${hook}; policy accept;`, ...lines.map((line) => `  ${line}`), '}'];
}
