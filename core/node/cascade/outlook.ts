import type { AddressContent, AddressInterface, NatTraits } from '../../wire/address/address-content.ts';

/**
 * What the two addresses let one expect of a direct path.
 *
 * - `likely`: one that any strategy finds at the first try
 * - `unsure`: maybe, with patience, or nobody knows
 * - `unlikely`: next to none
 */
export type Outlook = 'likely' | 'unsure' | 'unlikely';

/** Of the best pair of interfaces. A pure function of what both nodes say about themselves. */
export function outlookOf(local: AddressContent, remote: AddressContent | undefined): Outlook {
  if (!remote) return 'unsure';
  let best: Outlook = 'unlikely';
  for (const ours of local.interfaces) {
    for (const theirs of remote.interfaces) {
      const outlook = ofPair(ours, theirs);
      if (outlook === 'likely') return outlook;
      if (outlook === 'unsure') best = outlook;
    }
  }
  return best;
}

function ofPair(ours: AddressInterface, theirs: AddressInterface): Outlook {
  if (ours.external !== undefined && ours.external === theirs.external) return 'unsure'; // A shared NAT: does it hairpin?
  const protocols = [ofTraits(ours.udp.nat, theirs.udp.nat), ofTraits(ours.tcp.nat, theirs.tcp.nat)];
  if (protocols[0] === 'likely') return 'likely';
  return protocols.every((each) => each === 'unlikely') ? 'unlikely' : 'unsure';
}

/** One side that is known where it is, before it is asked, can be met unless the other one's filter hides its own. */
function ofTraits(ours: NatTraits, theirs: NatTraits): Outlook {
  const [first, second] = [placeOf(ours), placeOf(theirs)];
  if (first === 'unknown' || second === 'unknown') return 'unsure';
  if (first === 'fixed' && second === 'fixed') return 'likely';
  if (first === 'fixed' || second === 'fixed') {
    const fixed = first === 'fixed' ? ours : theirs;
    if (fixed.filtering === 'endpoint-independent' || fixed.filtering === 'address-dependent') return 'likely';
    return 'unsure'; // Ports can be guessed, or sprayed at.
  }
  return first === 'random' || second === 'random' ? 'unlikely' : 'unsure';
}

/** Can others know from which port we shall come to them? */
function placeOf({ mapping, allocation }: NatTraits): 'fixed' | 'guessed' | 'random' | 'unknown' {
  if (mapping === 'unknown') return 'unknown';
  if (mapping === 'none' || mapping === 'endpoint-independent') return 'fixed';
  if (allocation === 'unknown') return 'unknown';
  return allocation === 'random' ? 'random' : 'guessed';
}
