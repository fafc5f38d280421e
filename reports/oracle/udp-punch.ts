import { prediction } from './prediction.ts';
import type { UdpSide } from './side.ts';
import { always, better, never, type SideName, sometimes, type Verdict } from './verdict.ts';

/**
 * UDP punching: each side knows the endpoint that a STUN server saw of the other, sends to it again and again, and
 * answers to wherever packets come from; the two ways of a path may have endpoints of their own. Where a mapping per
 * destination has a port that can be foreseen, each side also sends from there to where the other one will be.
 */
export function udpPunch(a: UdpSide, b: UdpSide): Verdict {
  if (a.blocked || b.blocked) return never(`UDP is blocked on side ${a.blocked ? 'a' : 'b'}`);
  const plain = plainPunch(a, b);
  if (plain.expected === 'always') return plain;
  const foretold = prediction(a, b) ?? foreseen(a, b);
  return foretold ? better(foretold, plain) : plain;
}

/** Only one side's next port can be told; then that side is as good as one that keeps its endpoint. */
function foreseen(a: UdpSide, b: UdpSide): Verdict | undefined {
  const ways = [steadied(a, b, 'b'), steadied(b, a, 'a')];
  const way = ways.find((verdict) => verdict && verdict.expected !== 'never');
  return way && sometimes(`${way.why}, where the next port of the other follows from the last ones`);
}

/** @param name of the side that maps per destination all the same */
function steadied(side: UdpSide, dependent: UdpSide, name: SideName): Verdict | undefined {
  const tells = side.mapping !== 'endpoint-independent' && side.ports !== 'random';
  if (!tells || dependent.mapping === 'endpoint-independent') return undefined;
  return oneDepends({ ...side, mapping: 'endpoint-independent' }, dependent, name);
}

function plainPunch(a: UdpSide, b: UdpSide): Verdict {
  const aDepends = a.mapping !== 'endpoint-independent';
  const bDepends = b.mapping !== 'endpoint-independent';
  if (!aDepends && !bDepends) {
    return always(
      'both map endpoint-independently, so each probe opens the filter for the other (RFC 5128 section 3.3)',
    );
  }
  if (aDepends && bDepends) return bothDepend(a, b);
  return aDepends ? oneDepends(b, a, 'a') : oneDepends(a, b, 'b');
}

/** `name` is the side that maps per destination: its probes leave from a port that the other has never heard of. */
function oneDepends(steady: UdpSide, dependent: UdpSide, name: SideName): Verdict {
  const other = name === 'a' ? 'b' : 'a';
  const unknown = `${name} maps per destination and probes from an unknown port`;
  switch (steady.filtering) {
    case 'endpoint-independent':
      return always(`${unknown}, but ${other} admits anyone (RFC 4787 section 5)`);
    case 'address-dependent':
      if (dependent.changesAddress)
        return sometimes(`${unknown}, perhaps of an address ${other} has not sent to (RFC 4787 REQ-2)`);
      return always(`${unknown}, but ${other} filters by address only and has sent there (RFC 4787 section 5)`);
    case 'address-and-port-dependent':
      if (dependent.openOnEveryMapping && dependent.binds) {
        return sometimes(
          `${name} replies from the port it was probed at (inboundSession: bind) if ${other} probes first`,
        );
      }
      return never(`${unknown}, which ${other} refuses as it filters by address and port (RFC 4787 section 5)`);
  }
}

function bothDepend(a: UdpSide, b: UdpSide): Verdict {
  const binding = [a, b].find((side) => admitsStrangers(side) && side.binds);
  if (binding) {
    const name = binding === a ? 'a' : 'b';
    const answered = `${name} admits a probe from an unknown port and replies from the port it came to (inboundSession: bind)`;
    const strange = reliesOnAddress(binding, binding === a ? b : a);
    return strange ? sometimes(`${answered}, if it comes from the address that ${name} has sent to`) : always(answered);
  }
  const meets = (side: UdpSide, peer: UdpSide) =>
    admitsStrangers(side) && peer.filtering !== 'address-and-port-dependent';
  if (!meets(a, b) && !meets(b, a)) {
    return never('both map per destination and no filter admits what comes from an unknown port (RFC 4787 REQ-1)');
  }
  if (reliesOnAddress(a, b) || reliesOnAddress(b, a)) {
    return sometimes('both map per destination, and a new mapping may have another external address (RFC 4787 REQ-2)');
  }
  if (a.wanders && b.wanders) {
    return always('packets pass both ways, though each reply leaves from another port than it answers for');
  }
  return always('an unknown port is admitted, and the reply meets a filter by address at most (RFC 4787 section 5)');
}

/** Does the mapping that STUN saw admit a port of the peer that it never sent to? */
function admitsStrangers(side: UdpSide): boolean {
  if (side.filtering === 'endpoint-independent') return true;
  return side.filtering === 'address-dependent' && side.sharesPermission;
}

function reliesOnAddress(side: UdpSide, peer: UdpSide): boolean {
  return side.filtering === 'address-dependent' && peer.changesAddress;
}
