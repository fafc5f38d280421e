import type { NatDescription } from './behaviour.ts';

/** A named point in the space of behaviours. The name is only a label: nothing may depend on it. */
export interface Preset {
  /** One plain sentence for a report's legend. */
  readonly summary: string;
  /** Where the behaviour is described, and what was chosen where the source leaves it open. */
  readonly source: string;
  readonly behaviour: NatDescription;
}

const CONE_CHOICES =
  'RFC 3489 says nothing of port allocation: preserving is chosen, as most home routers do, with TCP as UDP and no ' +
  'answer to an unsolicited SYN.';

const SYMMETRIC_CHOICES =
  'Filtering by address and port follows from the definition; TCP as UDP and no answer to an unsolicited SYN are chosen.';

/** The classic kinds. Every field that is not written has its default (RFC 4787 and 5382 compliant, no hairpin). */
export const PRESETS: Readonly<Record<string, Preset>> = {
  open: {
    summary: 'No NAT and no firewall: the host has a public address that anybody can reach.',
    source: 'RFC 3489 section 5, the case of a host on the open Internet.',
    behaviour: { translation: 'none', mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
  },
  'full-cone': {
    summary: 'Keeps one external port for each socket and lets anybody send to it.',
    source: `RFC 3489 section 5, full cone; RFC 4787: endpoint-independent mapping and filtering. ${CONE_CHOICES}`,
    behaviour: {
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      ports: { allocation: 'preserving' },
    },
  },
  'restricted-cone': {
    summary: 'Keeps one external port for each socket and lets in only the addresses that it has sent to.',
    source:
      'RFC 3489 section 5, restricted cone; RFC 4787: endpoint-independent mapping, address-dependent filtering. ' +
      CONE_CHOICES,
    behaviour: {
      mapping: 'endpoint-independent',
      filtering: 'address-dependent',
      ports: { allocation: 'preserving' },
    },
  },
  'port-restricted-cone': {
    summary: 'Keeps one external port for each socket and lets in only the exact endpoints that it has sent to.',
    source:
      'RFC 3489 section 5, port restricted cone; RFC 4787: endpoint-independent mapping, address and port-dependent ' +
      `filtering. ${CONE_CHOICES}`,
    behaviour: {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'preserving' },
    },
  },
  symmetric: {
    summary: 'Takes a new random external port for every destination, and lets only that destination answer.',
    source:
      'RFC 3489 section 5, symmetric; RFC 4787: address and port-dependent mapping and filtering. Ports are random, as ' +
      `RFC 7857 section 9 recommends and most cellular NATs do. ${SYMMETRIC_CHOICES}`,
    behaviour: {
      mapping: 'address-and-port-dependent',
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'random' },
    },
  },
  'symmetric-sequential': {
    summary: 'Takes the next external port for every destination, so that a neighbour can guess it.',
    source:
      'RFC 3489 section 5, symmetric, with the predictable ports of RFC 5128 section 3.5: each mapping takes the port ' +
      `after the last one, and no other host is busy. ${SYMMETRIC_CHOICES}`,
    behaviour: {
      mapping: 'address-and-port-dependent',
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'sequential', step: 1 },
    },
  },
  'udp-blocked': {
    summary: 'A port-restricted NAT that drops all UDP and lets TCP pass.',
    source:
      'RFC 9308 section 2: 3 to 5 percent of networks block UDP. The NAT beneath is the port restricted cone of ' +
      `RFC 3489 section 5. ${CONE_CHOICES}`,
    behaviour: {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      ports: { allocation: 'preserving' },
      blocks: ['udp'],
    },
  },
};
