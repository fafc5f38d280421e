/** Every reason a NAT gives for a packet that ends in it, with the rule in words. */
export const DROP_REASONS = {
  'policy: udp blocked': 'The box forwards no UDP.',
  'policy: tcp blocked': 'The box forwards no TCP.',
  'policy: icmp blocked': 'The box forwards no ICMP.',
  'policy: tcp-in blocked': 'The box refuses every inbound SYN, mapped or not.',
  'policy: port not allowed': 'The box forwards to some ports only, and not to this one.',
  'filter: address-dependent': 'The internal endpoint has not lately sent to that address (RFC 4787 section 5).',
  'filter: address-and-port-dependent':
    'The internal endpoint has not lately sent to that endpoint (RFC 4787 section 5).',
  'firewall: no state': 'No inside host has lately sent from the endpoint that the packet goes to (RFC 6092).',
  'nptv6: unmappable source':
    'The source has no counterpart outside: it is not under the inside prefix, or all ones (RFC 6296).',
  'nptv6: unmappable destination': 'The destination has no counterpart inside (RFC 6296).',
  'nat64: not a global address': 'The well-known prefix stands for global IPv4 addresses only (RFC 6052 section 3.1).',
  'nat64: not from inside':
    'It came from outside, to an address that only the inside may send to (RFC 6146 section 5).',
  'nat64: looping source': 'The source stands for an IPv4 address, so it has been here before (RFC 6146 section 3.5).',
  'nat: no mapping': 'No mapping owns the external port.',
  'nat: no free port': 'No external port is left for this host (RFC 6888 REQ-11).',
  'nat: mapping limit': 'The NAT has as many mappings as it may (RFC 6888 REQ-11).',
  'nat: per-host limit': 'The internal host has as many mappings as it may (RFC 6888 REQ-4).',
  'nat: session rate': 'The internal host opens sessions faster than it may (RFC 6888 REQ-4B).',
  'nat: session limit': 'The NAT has no room for another session.',
  'nat: hairpin off': 'An inside packet to an external address of the NAT, which does not hairpin (RFC 4787 REQ-9).',
  'nat: foreign destination': 'An outside packet to an address that is not one of the external ones.',
  'nat: spoofed source': 'An inside packet that claims an external address as its source.',
  'tcp: unsolicited syn': 'No mapping or filter admits the inbound SYN (RFC 5382 REQ-4).',
  'tcp: no session': 'A segment other than a SYN that belongs to no session.',
  'tcp: simultaneous open refused': 'An inbound SYN while the outbound SYN is unanswered (against RFC 5382 REQ-2).',
  'guard: scanner': 'The remote address has tried too many closed ports and is shut out for a while.',
  'icmp: no mapping': 'An ICMP error about a packet, or an answer to a query, that no mapping accounts for (RFC 5508).',
  'icmp: malformed': 'An ICMP packet that is neither an error nor a query.',
} as const;

export type DropReason = keyof typeof DROP_REASONS;

/** What an outsider who tries closed ports meets. */
export const UNSOLICITED: ReadonlySet<DropReason> = new Set([
  'nat: no mapping',
  'filter: address-dependent',
  'filter: address-and-port-dependent',
  'tcp: unsolicited syn',
]);
