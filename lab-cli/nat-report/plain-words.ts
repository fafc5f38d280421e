import type { ClassicNat } from '../../core/nat/nat-report.ts';

interface Meaning {
  /** One sentence about what stands between this machine and the Internet. */
  readonly what: string;
  /** What follows for who wants to connect. */
  readonly so: string;
}

/** What each kind means for people who never read an RFC. */
export const PLAIN_WORDS: Readonly<Record<ClassicNat, Meaning>> = {
  open: {
    what: 'Nothing stands between this machine and the Internet: no NAT and no firewall.',
    so: 'Anybody can connect to it directly.',
  },
  'symmetric-udp-firewall': {
    what: 'There is no NAT, but a firewall that lets in only answers.',
    so: 'Peers connect directly once both sides send to each other at the same time.',
  },
  'full-cone': {
    what: 'There is a NAT that gives each socket one public port and lets anybody in on it.',
    so: 'Everybody connects to this machine directly once they know that port.',
  },
  'restricted-cone': {
    what: 'There is a NAT that gives each socket one public port and lets in the hosts that the socket has sent to.',
    so: 'Almost everybody connects directly; only who has no UDP at all does not.',
  },
  'port-restricted-cone': {
    what: 'There is a NAT that gives each socket one public port and lets in only the very ports that it has sent to.',
    so: 'Most peers connect directly; those behind a NAT with unpredictable ports need many probes or a relay.',
  },
  symmetric: {
    what: 'There is a NAT that gives a socket another public port for each destination.',
    so: 'Peers behind lenient NATs connect directly; others only if the next port can be predicted, else by a relay.',
  },
  'udp-blocked': {
    what: 'No UDP gets through.',
    so: 'What connects does so over TCP, directly or by a relay.',
  },
  unknown: {
    what: 'What stands between this machine and the Internet could not be told.',
    so: 'See below which tests failed, and try other STUN servers: one with two addresses (RFC 5780) tells most.',
  },
};
