import type { NatDescription } from '../behaviour.ts';
import { assumed, documented, measured, type Preset, preset } from './preset.ts';

const KIND = 'RFC 3489 section 5, in the words of RFC 4787 sections 4.1 and 5';
const AS_UDP = 'TCP as UDP: RFC 3489 speaks of UDP only';
const SILENT = 'RFC 3489 says nothing of an unsolicited SYN: no answer, as RFC 5382 REQ-4 prefers to an early one';

function cone(filtering: NatDescription['filtering']) {
  const both = { mapping: 'endpoint-independent', filtering } as const;
  return [
    documented(KIND, { udp: both }),
    assumed(AS_UDP, { tcp: both }),
    assumed('RFC 3489 says nothing of ports: kept, as most home routers do', { ports: { allocation: 'preserving' } }),
    assumed(SILENT, { tcp: { unsolicited: 'drop' } }),
  ];
}

function symmetric() {
  const both = { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent' } as const;
  return [
    documented(KIND, { udp: both }),
    assumed(AS_UDP, { tcp: both }),
    assumed(SILENT, { tcp: { unsolicited: 'drop' } }),
  ];
}

/** The kinds of RFC 3489 and of every textbook. What they do not name has its default. */
export const CLASSIC: Readonly<Record<string, Preset>> = {
  open: preset(
    'No NAT and no firewall: the host has a public address that anybody can reach.',
    documented('RFC 3489 section 10.1, open Internet', {
      translation: 'none',
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
    }),
  ),
  'symmetric-udp-firewall': preset(
    'No NAT, but a firewall in front of a public address that lets in only the endpoints that the host has sent to.',
    documented('RFC 3489 section 5, symmetric UDP firewall', {
      translation: 'none',
      firewall: true,
      udp: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
    }),
    assumed(AS_UDP, { tcp: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } }),
    assumed(SILENT, { tcp: { unsolicited: 'drop' } }),
  ),
  'full-cone': preset(
    'Keeps one external port for each socket and lets anybody send to it.',
    ...cone('endpoint-independent'),
  ),
  'restricted-cone': preset(
    'Keeps one external port for each socket and lets in only the addresses that it has sent to.',
    ...cone('address-dependent'),
  ),
  'port-restricted-cone': preset(
    'Keeps one external port for each socket and lets in only the exact endpoints that it has sent to.',
    ...cone('address-and-port-dependent'),
  ),
  symmetric: preset(
    'Takes a new random external port for every destination, and lets only that destination answer.',
    ...symmetric(),
    assumed('RFC 3489 says nothing of ports: random, as RFC 7857 section 9 recommends', {
      ports: { allocation: 'random' },
    }),
  ),
  'symmetric-sequential': preset(
    'Takes the next external port for every destination, so that a neighbour can guess it.',
    ...symmetric(),
    documented('RFC 5128 section 3.5, predictable ports: each mapping takes the one after the last', {
      ports: { allocation: 'sequential', step: 1 },
    }),
  ),
  'udp-blocked': preset(
    'A port-restricted NAT that drops all UDP and lets TCP pass.',
    ...cone('address-and-port-dependent'),
    measured('RFC 9308 section 2: 3 to 5 percent of networks block UDP', { blocks: ['udp'] }),
  ),
};
