import { assumed, documented, measured, type Preset, preset } from './preset.ts';

const LINUX_LAB = 'Linux 6.18, nftables masquerade between network namespaces, dropping what comes in from outside';
const LINUX_OPEN = 'Linux 6.18, nftables masquerade between network namespaces, accepting what comes in from outside';
const CONNTRACK = 'Linux, Documentation/networking/nf_conntrack-sysctl.rst';
const PF_SOURCE = 'FreeBSD, sys/netpfil/pf/pf_lb.c, pf_get_sport, and OpenBSD, sys/net/pf_lb.c';
const PF_TIMERS = 'OpenBSD, sys/net/pfvar.h, default timeouts; pf.conf(5), set timeout';

function pf() {
  return [
    documented(`${PF_SOURCE}: a state admits only the endpoint that it was made for`, {
      filtering: 'address-and-port-dependent',
    }),
    documented(`${PF_SOURCE}: a port is free if no state towards the same remote endpoint has it`, {
      ports: { overlapping: true },
    }),
    documented(`${PF_TIMERS}: 60 seconds for both directions (30 for one alone); each packet of either renews it`, {
      udp: { timeoutMs: 60_000, refresh: 'both' },
    }),
    documented(`${PF_TIMERS}: 24 hours; 90 seconds after a reset`, {
      tcp: { establishedMs: 86_400_000, transitoryMs: 90_000, closingMs: 90_000, afterReset: 'hold' },
    }),
    documented('pf.conf(5), set block-policy: drop is the default', { tcp: { unsolicited: 'drop' } }),
    documented('OpenBSD, PF user’s guide, redirection and reflection: turning packets round takes rules of its own', {
      hairpin: 'none',
    }),
    assumed('A freed port is free at once: pf has no word for a hold', { limits: { reuseHoldMs: 0 } }),
  ];
}

function linux() {
  return [
    measured(`${LINUX_LAB}: seen by RFC 5780 tests of coturn and by our own`, {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'preserving' },
      hairpin: 'none',
    }),
    measured(`${LINUX_LAB}: of two hosts with one source port both got it, and other ports where their remotes met`, {
      ports: { overlapping: true },
    }),
    measured(`${LINUX_LAB}: crossing SYNs connect, and a reset ends the entry at once`, {
      tcp: { simultaneousOpen: true, afterReset: 'remove' },
    }),
    documented('iptables-extensions(8), SNAT: ports above 1023 stay above it', { ports: { range: [1024, 65535] } }),
    documented(`${CONNTRACK}: 30 seconds; a stream, which has two-way traffic for 2 seconds, gets 120`, {
      udp: { timeoutMs: 30_000 },
    }),
    documented(`${CONNTRACK}: 5 days, and 120 seconds for a SYN without answer and for TIME_WAIT`, {
      tcp: { establishedMs: 432_000_000, transitoryMs: 120_000, closingMs: 120_000 },
    }),
    documented('Linux, net/netfilter/nf_conntrack_proto_udp.c: packets of either direction renew an entry', {
      udp: { refresh: 'both' },
    }),
    documented('Linux, net/netfilter/nf_nat_core.c: replies follow the entry that a packet made', {
      inboundSession: 'bind',
    }),
    documented(`${CONNTRACK}: nf_conntrack_icmp_timeout, 30 seconds`, { icmp: { timeoutMs: 30_000 } }),
    assumed('A freed port is free at once: conntrack has no word for a hold', { limits: { reuseHoldMs: 0 } }),
  ];
}

/** Operating systems, as they come. */
export const SYSTEMS: Readonly<Record<string, Preset>> = {
  'linux-masquerade': preset(
    'Linux masquerading behind a firewall: keeps ports, and lets hosts with equal ones share a port.',
    ...linux(),
    measured(`${LINUX_LAB}: what comes in unasked leaves no entry, so the port towards its sender stays`, {
      inboundFirst: 'none',
      tcp: { unsolicited: 'drop' },
    }),
  ),
  'linux-masquerade-unfirewalled': preset(
    'Linux masquerading without a firewall: whoever sends first to a port is answered from another one.',
    ...linux(),
    measured(`${LINUX_OPEN}: the entry of a packet that came in first keeps its port, and ours moves`, {
      inboundFirst: 'clash',
    }),
    measured(`${LINUX_OPEN}: the kernel resets an unsolicited SYN`, { tcp: { unsolicited: 'reset' } }),
  ),
  pf: preset(
    'The pf of OpenBSD and FreeBSD, as in pfSense and OPNsense: a random port above 50000 for every destination.',
    ...pf(),
    documented(`${PF_SOURCE}: the port is drawn anew for every state`, {
      mapping: 'address-and-port-dependent',
      ports: { allocation: 'random' },
    }),
    documented('OpenBSD, sbin/pfctl/pfctl_parser.h, PF_NAT_PROXY_PORT_LOW to PF_NAT_PROXY_PORT_HIGH', {
      ports: { range: [50_001, 65_535] },
    }),
  ),
  'pf-static-port': preset(
    'The same pf with static-port, as gamers and telephones are told to set it: every port is kept.',
    ...pf(),
    documented('pf.conf(5), static-port: the source port is not modified', {
      ports: { allocation: 'preserving', range: [1, 65_535] },
    }),
    assumed(
      'A port that is kept towards everybody is one mapping; two hosts that meet at one remote endpoint are none',
      {
        mapping: 'endpoint-independent',
      },
    ),
  ),
};
