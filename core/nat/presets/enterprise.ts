import { assumed, documented, measured, type Preset, preset } from './preset.ts';

const ASA = 'Cisco ASA, CLI configuration guide, dynamic PAT';
const ASA_TIMERS = 'Cisco ASA, default configuration, timeout';
const IOS_TIMERS = 'Cisco IOS, ip nat translation, defaults';
const UNKNOWN = 'No distribution of enterprise NATs was ever published: a policy that people meet';
const STATEFUL = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;

/** Firewalls of firms. Weights for them would be guesses: sweep over them instead. */
export const ENTERPRISE: Readonly<Record<string, Preset>> = {
  'cisco-asa': preset(
    'Cisco ASA with dynamic PAT: keeps the port of the first connection, and draws others from above 1023.',
    documented(`${ASA}: the real port where it is available, or else one of its range`, {
      ports: { allocation: 'preserving', range: [1024, 65_535] },
    }),
    documented(`${ASA}, per-session PAT: each connection has a translation of its own`, {
      mapping: 'address-and-port-dependent',
    }),
    documented('Cisco ASA: a connection admits only its own endpoints', { filtering: 'address-and-port-dependent' }),
    documented(`${ASA_TIMERS} conn: udp 0:02:00, conn 1:00:00, half-closed 0:10:00`, {
      udp: { timeoutMs: 120_000 },
      tcp: { establishedMs: 3_600_000, transitoryMs: 600_000, closingMs: 600_000 },
    }),
    documented(`${ASA_TIMERS} pat-xlate 0:00:30: a port rests before it is used again`, {
      limits: { reuseHoldMs: 30_000 },
    }),
    assumed('Packets of either direction renew a connection; nothing is turned round, and a SYN gets no answer', {
      udp: { refresh: 'both' },
      hairpin: 'none',
      tcp: { unsolicited: 'drop' },
    }),
  ),
  'cisco-ios': preset(
    'Cisco IOS with overloading: long timers, and a filter on both address and port.',
    documented(`${IOS_TIMERS}: UDP 300 seconds, TCP 86,400, and 60 after FIN or RST`, {
      udp: { timeoutMs: 300_000 },
      tcp: { establishedMs: 86_400_000, transitoryMs: 60_000, closingMs: 60_000, afterReset: 'hold' },
    }),
    measured(
      'B. Ford, P. Srisuresh, D. Kegel, Peer-to-Peer Communication Across Network Address Translators (2005), table 1: ' +
        'punching works through 12 of 12 Cisco devices for UDP and 6 of 7 for TCP; 3 of 9 turn UDP round',
      { mapping: 'endpoint-independent', tcp: { unsolicited: 'drop' }, hairpin: 'none' },
    ),
    assumed('An entry names both endpoints, and ports are kept where they can be', {
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'preserving' },
    }),
  ),
  'enterprise-firewall': preset(
    'A firm that drops UDP, answers every unsolicited SYN by a reset, and gives each destination a random port.',
    measured('RFC 9308 section 2: 3 to 5 percent of networks block UDP', { blocks: ['udp'] }),
    assumed(UNKNOWN, {
      mapping: 'address-and-port-dependent',
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'random' },
      tcp: { unsolicited: 'reset', establishedMs: 3_600_000 },
    }),
  ),
  'dns-and-web-only': preset(
    'A firewall that lets out DNS and HTTPS and nothing else.',
    assumed(UNKNOWN, { allow: ['udp/53', 'tcp/53', 'tcp/443'] }),
    assumed(UNKNOWN, STATEFUL),
  ),
  'web-only': preset(
    'A firewall that lets out HTTPS and nothing else.',
    assumed(UNKNOWN, { allow: ['tcp/443'] }),
    assumed(UNKNOWN, STATEFUL),
  ),
  'no-inbound': preset(
    'A firewall that never lets in a connection, not even one that crosses a connection of ours.',
    assumed(UNKNOWN, { blocks: ['tcp-in'] }),
    assumed(UNKNOWN, STATEFUL),
  ),
};
