import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import { natFilterRules } from './filter-rules.ts';
import type { NatSite } from './nat-site.ts';
import { asFirewall, type ProtocolPlan, planProtocol } from './protocol-plan.ts';
import { firewallRules, prefixRules, routerRules } from './router-rules.ts';
import { formatRuleset, type RuleParts } from './ruleset.ts';
import { translationRules } from './translation-rules.ts';
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
  const { parts, sysctls } = behaviour.translation === 'napt' ? nat(behaviour, site) : router(behaviour, site);
  const all = new Map([...ROUTER_SYSCTLS[site.family], ...sysctls]);
  return { kind: 'rules', ruleset: formatRuleset(site.family, parts), sysctls: all };
}

interface Parts {
  readonly parts: readonly RuleParts[];
  readonly sysctls: ReadonlyMap<string, number>;
}

function nat(behaviour: NatBehaviour, site: NatSite): Parts {
  const translation = plansOf(behaviour, site).map((plan) => translationRules(behaviour, site, plan));
  // ICMP, whose queries have ids in the place of ports.
  const queries = { postrouting: [`oifname "wan" meta l4proto icmp snat ip to ${site.external[0]}`] };
  return { parts: [...translation, queries, natFilterRules(behaviour, site)], sysctls: timers(behaviour) };
}

function router(behaviour: NatBehaviour, site: NatSite): Parts {
  const policy = routerRules(behaviour, site);
  const prefixes = behaviour.translation === 'nptv6' ? [prefixRules(behaviour, site)] : [];
  if (!behaviour.firewall) return { parts: [...prefixes, policy], sysctls: new Map([[LOOSE, 1]]) };
  const filter = firewallRules(behaviour, site, plansOf(asFirewall(behaviour), site));
  return { parts: [...prefixes, policy, filter], sysctls: timers(behaviour) };
}

function plansOf(behaviour: NatBehaviour, site: NatSite): ProtocolPlan[] {
  return (['udp', 'tcp'] as const).flatMap((transport) => planProtocol(behaviour, site, transport) ?? []);
}

const ROUTER_SYSCTLS: Readonly<Record<Family, ReadonlyMap<string, number>>> = {
  4: new Map([
    ['net/ipv4/ip_forward', 1],
    ['net/ipv4/icmp_ratelimit', 0],
  ]),
  6: new Map([
    ['net/ipv6/conf/all/forwarding', 1],
    ['net/ipv6/icmp/ratelimit', 0],
  ]),
};
/** Without it only a SYN opens a session, as elsewhere: conntrack would take any segment for the middle of one. */
const LOOSE = 'net/netfilter/nf_conntrack_tcp_loose';

/** The states of TCP in conntrack that are not established, by what RFC 5382 REQ-5 and RFC 7857 section 2.1 call them. */
const OPENING = ['syn_sent', 'syn_recv', 'max_retrans', 'unacknowledged'];
const CLOSING = ['fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close'];

function timers({ udp, tcp }: NatBehaviour): ReadonlyMap<string, number> {
  const seconds = (ms: number) => Math.ceil(ms / 1000);
  const name = (rest: string) => `net/netfilter/nf_conntrack_${rest}`;
  return new Map([
    [LOOSE, 0],
    // The vocabulary knows no sequence numbers. Conntrack, which does, would refuse a new SYN, or the RST of a host that
    // has given up, once two SYNs have crossed, and keep the pair apart for as long as it remembers them.
    [name('tcp_be_liberal'), 1],
    [name('udp_timeout'), seconds(udp.timeoutMs)],
    [name('udp_timeout_stream'), seconds(udp.timeoutMs)],
    [name('tcp_timeout_established'), seconds(tcp.establishedMs)],
    ...OPENING.map((state) => [name(`tcp_timeout_${state}`), seconds(tcp.transitoryMs)] as const),
    ...CLOSING.map((state) => [name(`tcp_timeout_${state}`), seconds(tcp.closingMs)] as const),
  ]);
}
