import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { DROPS } from './drops.ts';
import { type FilterRules, natFilterRules, routerFilterRules } from './filter-rules.ts';
import type { NatSite } from './nat-site.ts';
import { planProtocol } from './protocol-plan.ts';
import { type TranslationRules, translationRules } from './translation-rules.ts';
import { whyUnsupported } from './unsupported.ts';

/** What makes a network namespace with the interfaces `wan` and `lan*` the NAT that a behaviour describes. */
export interface KernelRules {
  /** For `nft -f -`. Loading it forgets everything that was before. */
  readonly ruleset: string;
  /** Values by their name under /proc/sys. */
  readonly sysctls: ReadonlyMap<string, number>;
}

export type CompiledNat = ({ readonly kind: 'rules' } & KernelRules) | Unsupported;

export interface Unsupported {
  readonly kind: 'unsupported';
  /** One sentence that starts with the field of the behaviour. */
  readonly reason: string;
}

/**
 * Compiles a behaviour to rules for nftables and settings of conntrack. Pure. What the kernel cannot do exactly is
 * `unsupported`; nothing is approximated.
 */
export function compileNat(behaviour: NatBehaviour, site: NatSite): CompiledNat {
  const reason = whyUnsupported(behaviour, site);
  if (reason !== undefined) return { kind: 'unsupported', reason };
  if (behaviour.translation === 'none') return rules([], routerFilterRules(behaviour), new Map());
  const plans = (['udp', 'tcp'] as const)
    .map((transport) => planProtocol(behaviour, site, transport))
    .filter((plan) => plan !== undefined);
  const translation = plans.map((plan) => translationRules(behaviour, site, plan));
  // ICMP, whose queries have ids in the place of ports.
  const others = [`oifname "wan" meta l4proto icmp snat ip to ${site.external[0]}`];
  return rules(translation, natFilterRules(behaviour, site), sysctls(behaviour), others);
}

function rules(
  translation: readonly TranslationRules[],
  filter: FilterRules,
  values: ReadonlyMap<string, number>,
  others: readonly string[] = [],
): CompiledNat {
  const of = (part: keyof TranslationRules) => translation.flatMap((each) => each[part]);
  const lines = [
    ...['mappings', 'turned', ...DROPS.keys()].map((name) => `counter ${name} { }`),
    ...of('tables'),
    ...chain('raw', 'filter hook prerouting priority raw', filter.raw),
    ...chain('turning', 'filter hook prerouting priority mangle', of('turning')),
    ...chain('prerouting', 'nat hook prerouting priority dstnat', of('prerouting')),
    ...chain('input', 'filter hook input priority filter', filter.input),
    ...chain('forward', 'filter hook forward priority filter', filter.forward),
    ...chain('arriving', 'filter hook forward priority filter + 1', of('arriving')),
    ...chain('postrouting', 'nat hook postrouting priority srcnat', [...of('postrouting'), ...others]),
    // After translation: what leaves has its external port, and is not going to be refused any more.
    ...chain('learn', 'filter hook postrouting priority 300', of('learn')),
  ];
  const ruleset = ['flush ruleset', 'table ip lab {', ...lines.map((line) => `  ${line}`), '}', ''].join('\n');
  return { kind: 'rules', ruleset, sysctls: new Map([...ROUTER_SYSCTLS, ...values]) };
}

const ROUTER_SYSCTLS: ReadonlyMap<string, number> = new Map([
  ['net/ipv4/ip_forward', 1],
  ['net/ipv4/icmp_ratelimit', 0],
]);

/** An empty chain would still cost every packet a look. */
function chain(name: string, hook: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`chain ${name} {`, `  type ${hook}; policy accept;`, ...lines.map((line) => `  ${line}`), '}'];
}

/** The states of TCP in conntrack that are not established, by what RFC 5382 REQ-5 and RFC 7857 section 2.1 call them. */
const OPENING = ['syn_sent', 'syn_recv', 'max_retrans', 'unacknowledged'];
const CLOSING = ['fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close'];

function sysctls({ udp, tcp }: NatBehaviour): ReadonlyMap<string, number> {
  const seconds = (ms: number) => Math.ceil(ms / 1000);
  const name = (rest: string) => `net/netfilter/nf_conntrack_${rest}`;
  return new Map([
    // Only a SYN opens a session, as elsewhere: conntrack would take any segment for the middle of one.
    [name('tcp_loose'), 0],
    [name('udp_timeout'), seconds(udp.timeoutMs)],
    [name('udp_timeout_stream'), seconds(udp.timeoutMs)],
    [name('tcp_timeout_established'), seconds(tcp.establishedMs)],
    ...OPENING.map((state) => [name(`tcp_timeout_${state}`), seconds(tcp.transitoryMs)] as const),
    ...CLOSING.map((state) => [name(`tcp_timeout_${state}`), seconds(tcp.closingMs)] as const),
  ]);
}
