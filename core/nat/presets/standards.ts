import type { Dependence } from '../behaviour.ts';
import { assumed, documented, type Preset, preset } from './preset.ts';

/** All that RFC 4787, 5382 and 7857 require and recommend, but for how strict the filter is. */
function compliant(filtering: Dependence, clause: string) {
  return [
    documented('RFC 4787 REQ-1 and RFC 5382 REQ-1', { mapping: 'endpoint-independent' }),
    documented(clause, { filtering }),
    documented('RFC 4787 REQ-5c: a default of 5 minutes or more; REQ-6: outbound refresh', {
      udp: { timeoutMs: 300_000, refresh: 'outbound' },
    }),
    documented('RFC 4787 REQ-9a and RFC 5382 REQ-8', { hairpin: 'external-source' }),
    documented('RFC 4787 REQ-3 and RFC 7857 section 9: ports kept where they can be, or drawn at random', {
      ports: { allocation: 'preserving', overlapping: false },
    }),
    documented('RFC 7857 section 8: the default for parity is off', { ports: { parity: false } }),
    documented('RFC 5382 REQ-2 and REQ-4: simultaneous open; an unsolicited SYN gets its ICMP error after 6 seconds', {
      tcp: { simultaneousOpen: true, unsolicited: 'icmp', icmpDelayMs: 6000 },
    }),
    documented('RFC 5382 REQ-5 and RFC 7857 section 2.1: 2 hours 4 minutes, and 4 minutes', {
      tcp: { establishedMs: 7_440_000, transitoryMs: 240_000, closingMs: 240_000 },
    }),
    documented('RFC 7857 section 2.2: a session outlives a reset by 4 minutes', { tcp: { afterReset: 'hold' } }),
    documented('RFC 4787 REQ-12, RFC 5382 REQ-10 and RFC 5508 REQ-6', { icmp: { errorEndsMapping: false } }),
    documented('RFC 5508 REQ-1a and REQ-2: one identifier for all, for 60 seconds', {
      icmp: { mapping: 'endpoint-independent', timeoutMs: 60_000 },
    }),
    documented('RFC 6888 REQ-11: a host is told that there was no room', { limits: { exhausted: 'host-unreachable' } }),
  ];
}

export const STANDARDS: Readonly<Record<string, Preset>> = {
  'rfc-compliant': preset(
    'Does all that RFC 4787, 5382 and 7857 ask for, for the sake of transparency: it lets anybody in.',
    ...compliant('endpoint-independent', 'RFC 4787 REQ-8 and RFC 5382 REQ-3, where transparency matters most'),
  ),
  'rfc-compliant-strict': preset(
    'Does all that RFC 4787, 5382 and 7857 ask for, with the stricter filter of the two that they recommend.',
    ...compliant('address-dependent', 'RFC 4787 REQ-8 and RFC 5382 REQ-3, where stringent filtering matters most'),
  ),
  'carrier-compliant': preset(
    'A carrier NAT as RFC 6888 asks for: transparent, with a limit for each customer and addresses in pairs.',
    ...compliant('endpoint-independent', 'RFC 6888 REQ-7').filter(({ says }) => says.ports?.allocation === undefined),
    documented('RFC 6888 REQ-2', { pooling: 'paired' }),
    documented('RFC 6888 REQ-8', { limits: { reuseHoldMs: 120_000 } }),
    documented('RFC 6888 REQ-15: ports that are hard to guess', { ports: { allocation: 'random' } }),
    assumed('RFC 6888 REQ-4 wants a limit and leaves it to the carrier', { limits: { perHost: 1024 } }),
    assumed('A pool of a few addresses, so that pairing matters', { addresses: 4 }),
  ),
};
