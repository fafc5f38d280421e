import type { Dependence } from '../behaviour.ts';
import { assumed, documented, type Preset, preset, type SourcedFields } from './preset.ts';

const UNMEASURED = 'Nobody has published how many routers filter IPv6 in which way';

/** What RFC 6092 recommends but for the filter. */
const SIMPLE_SECURITY = [
  documented('RFC 6092 section 3: a filter with state; a host is seen at one endpoint, whomever it sends to', {
    firewall: true,
    mapping: 'endpoint-independent',
  }),
  documented('RFC 6092 REC-14: a default of 5 minutes; REC-16: outbound refresh', {
    udp: { timeoutMs: 300_000, refresh: 'outbound' },
  }),
  documented('RFC 6092 REC-12: 5 minutes for protocols that it says nothing of', { icmp: { timeoutMs: 300_000 } }),
  documented('RFC 6092 REC-19 and REC-37: no ICMP message ends a state record', { icmp: { errorEndsMapping: false } }),
  documented('RFC 6092 REC-31 and REC-34: simultaneous open; an unsolicited SYN gets its ICMP error after 6 seconds', {
    tcp: { simultaneousOpen: true, unsolicited: 'icmp', icmpDelayMs: 6000 },
  }),
  documented('RFC 6092 REC-35: 2 hours 4 minutes, and 4 minutes', {
    tcp: { establishedMs: 7_440_000, transitoryMs: 240_000 },
  }),
];

function firewall(summary: string, filter: (says: { filtering: Dependence }) => SourcedFields, filtering: Dependence) {
  const untranslated = documented('RFC 6092 section 2.1: addresses are global', { translation: 'none' });
  return preset(summary, untranslated, ...SIMPLE_SECURITY, filter({ filtering }));
}

function nat64(summary: string, filter: (says: { filtering: Dependence }) => SourcedFields, filtering: Dependence) {
  return preset(
    summary,
    documented('RFC 6146 section 3: bindings of UDP and TCP do not depend on the destination', {
      translation: 'nat64',
      mapping: 'endpoint-independent',
    }),
    filter({ filtering }),
    documented('RFC 6146 section 4: 5 minutes; section 3.5.1: outbound packets refresh', {
      udp: { timeoutMs: 300_000, refresh: 'outbound' },
    }),
    documented('RFC 6146 section 4: 4 minutes, 2 hours 4 minutes, and 6 seconds for a SYN from outside', {
      tcp: { transitoryMs: 240_000, establishedMs: 7_440_000, unsolicited: 'icmp', icmpDelayMs: 6000 },
    }),
    documented('RFC 6146 section 3.8: what goes to its own IPv4 address is turned round', {
      hairpin: 'external-source',
    }),
    documented('RFC 6146 section 3.5.1.1: another port where its own is taken', {
      ports: { allocation: 'preserving' },
    }),
  );
}

/** Boxes in front of IPv6, where hosts have addresses of their own; and a way that leads nowhere, for either family. */
export const IPV6: Readonly<Record<string, Preset>> = {
  'ipv6-firewall': firewall(
    'A home router for IPv6: hosts have global addresses, and only answers come in.',
    (says) =>
      assumed(`${UNMEASURED}; the firewalls of Linux, whose entries name both endpoints, admit only these`, says),
    'address-and-port-dependent',
  ),
  'ipv6-firewall-compliant': firewall(
    'A home router for IPv6 with the stricter filter of the two that RFC 6092 recommends.',
    (says) => documented('RFC 6092 REC-11, REC-17 and REC-33, where stringent filtering matters most', says),
    'address-dependent',
  ),
  'ipv6-firewall-transparent': firewall(
    'A home router for IPv6 that lets anybody in to where the inside has sent from.',
    (says) => documented('RFC 6092 REC-11, REC-17 and REC-33, where transparency matters most', says),
    'endpoint-independent',
  ),
  nptv6: preset(
    'Gives the hosts of a site another IPv6 prefix and filters nothing.',
    documented('RFC 6296 section 2: prefixes are translated, ports are not, and no state is kept', {
      translation: 'nptv6',
      firewall: false,
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
    }),
    assumed('A site that wants to talk to itself by its outer addresses', { hairpin: 'external-source' }),
  ),
  'nptv6-firewall': preset(
    'Gives the hosts of a site another IPv6 prefix behind a firewall that lets in answers only.',
    ...SIMPLE_SECURITY,
    documented('RFC 6296 section 5: prefixes are translated, and a firewall is advised', { translation: 'nptv6' }),
    assumed(UNMEASURED, { filtering: 'address-and-port-dependent' }),
    assumed('A site that wants to talk to itself by its outer addresses', { hairpin: 'external-source' }),
  ),
  nat64: nat64(
    'In front of hosts that have IPv6 only: their way to IPv4, which lets in anybody.',
    (says) => documented('RFC 6146 section 3.5.2.2: filtering as RFC 4787 has it, none for transparency', says),
    'endpoint-independent',
  ),
  'nat64-strict': nat64(
    'In front of hosts that have IPv6 only: their way to IPv4, which lets in who was sent to.',
    (says) => documented('RFC 6146 section 3.5.2.2: filtering by address where that is the policy', says),
    'address-dependent',
  ),
  'black-hole': preset(
    'A way that leads nowhere: hosts have addresses, and whatever they send is lost without a word.',
    documented('RFC 8305 section 1: families that are there but broken, which made hosts wait', {
      translation: 'none',
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      blocks: ['udp', 'tcp'],
    }),
  ),
};
