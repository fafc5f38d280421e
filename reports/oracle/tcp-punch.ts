import { prediction } from './prediction.ts';
import type { TcpSide } from './side.ts';
import { always, better, never, type SideName, sometimes, type Verdict } from './verdict.ts';

/**
 * TCP simultaneous open: each side dials the other's known endpoint from the port that a STUN server saw, or foreseen
 * endpoints from fresh ports, and its port listens in between. The connection to the STUN server stays open, so an RST
 * to a SYN does not cost the mapping (RFC 7857 section 2.2). With `retries`, a refused dial is repeated after a random
 * gap.
 */
export function tcpPunch(a: TcpSide, b: TcpSide, retries: boolean): Verdict {
  if (a.blocked || b.blocked) return never(`TCP is blocked on side ${a.blocked ? 'a' : 'b'}`);
  const dependent = [a, b].filter(({ mapping }) => mapping !== 'endpoint-independent');
  if (dependent.length === 0) return cross(a, b, retries, 'both map endpoint-independently (RFC 5382 REQ-1)');
  const foreseen = prediction(a, b);
  const crossing = foreseen && foreseenCross(a, b, retries, foreseen);
  const incoming = better(comesIn(a, b), takenUp(a, b));
  return crossing ? better(crossing, incoming) : incoming;
}

/** The steady side's SYN comes first, and the other's connection goes on by the mapping that it came to. */
function takenUp(a: TcpSide, b: TcpSide): Verdict {
  const [name, side, peer] = a.mapping === 'endpoint-independent' ? (['b', b, a] as const) : (['a', a, b] as const);
  if (peer.mapping !== 'endpoint-independent') return never('neither side keeps its port');
  if (!side.takesUp) return never(`what comes to the known port of ${name} is not let in, or not answered from there`);
  return sometimes(
    `${name} maps TCP per destination, but a SYN that comes to its known port before its own leaves binds the connection to that (inboundSession: bind)`,
  );
}

/** Two SYNs that are aimed at each other, whatever becomes of those that come too early. */
function cross(a: TcpSide, b: TcpSide, retries: boolean, known: string): Verdict {
  if (a.refusesCrossing && b.refusesCrossing) return uncrossed(a, b);
  const aResets = a.earlySyn !== 'dropped';
  const bResets = b.earlySyn !== 'dropped';
  if (!aResets && !bResets) return always(`${known} and a SYN that comes early is dropped and sent again`);
  if (aResets && bResets) {
    return sometimes(
      `${known}, but an early SYN is ${a.earlySyn} at a and ${b.earlySyn} at b (RFC 5382 REQ-4): both must dial within one latency`,
    );
  }
  const [resetting, name] = aResets ? [a, 'a'] : [b, 'b'];
  const early = `${known}; a SYN that comes early is ${resetting.earlySyn} at ${name} (RFC 5382 REQ-4)`;
  return retries
    ? always(`${early}, and the next try finds the filter open`)
    : sometimes(`${early}, and there is no retry`);
}

/** Neither lets in a SYN that crosses its own, so one has to come while no dial of the other side is under way. */
function uncrossed(a: TcpSide, b: TcpSide): Verdict {
  const refused = 'neither side lets a SYN in that crosses its own (RFC 5382 REQ-2)';
  for (const [side, peer, name] of [[a, b, 'a'] as const, [b, a, 'b'] as const]) {
    if (side.inboundBlocked) continue;
    if (side.filtering !== 'address-and-port-dependent') {
      return sometimes(`${refused}, but one that comes before ${name} dials is a stranger's, and let in`);
    }
    if (peer.earlySyn.startsWith('reset')) {
      return sometimes(`${refused}, but after a reset no dial of ${name} is under way, and its filter is open`);
    }
  }
  return never(`${refused}, or any that comes before`);
}

/** A SYN that is refused may cost the mapping, and the next one has another port than the one foreseen. */
function foreseenCross(a: TcpSide, b: TcpSide, retries: boolean, { expected, why }: Verdict): Verdict {
  const crossing = cross(a, b, retries, why);
  if (crossing.expected === 'never') return crossing;
  const quiet = a.earlySyn === 'dropped' && b.earlySyn === 'dropped';
  return { expected: quiet && crossing.expected === 'always' ? expected : 'sometimes', why: crossing.why };
}

/** The side that keeps its port listens, and its filter lets in a SYN from a port that nobody could know. */
function comesIn(a: TcpSide, b: TcpSide): Verdict {
  return better(listens(a, b, 'a'), listens(b, a, 'b'));
}

function listens(side: TcpSide, peer: TcpSide, name: SideName): Verdict {
  const other = name === 'a' ? 'b' : 'a';
  const unknown = `${other} maps TCP per destination (RFC 5382 REQ-1), so its SYN comes from a port that nobody knows`;
  if (peer.mapping === 'endpoint-independent')
    return never(`${other} keeps its port, but ${name} is not where it dials`);
  if (side.inboundBlocked) return never(`${unknown}, and ${name} lets no SYN in`);
  if (side.mapping !== 'endpoint-independent') return listensAnyhow(side, name, unknown);
  if (side.filtering === 'address-and-port-dependent') return never(`${unknown}, which ${name} refuses`);
  const filter =
    side.filtering === 'endpoint-independent' ? 'admits anyone' : 'filters by address only and has dialled there';
  if (side.filtering === 'address-dependent' && peer.changesAddress) {
    return sometimes(`${unknown}, perhaps of an address that ${name} has not dialled (RFC 4787 REQ-2)`);
  }
  if (side.refusesCrossing && peer.refusesCrossing && prediction(side, peer)) {
    return sometimes(`${unknown}, but if ${name} foresees it, the SYNs cross, which neither lets in (RFC 5382 REQ-2)`);
  }
  return always(`${unknown}, but ${name} listens and ${filter}`);
}

/** Neither side keeps its port, but one of them may be met at a port that a server saw, or that can be foreseen. */
function listensAnyhow(side: TcpSide, name: SideName, unknown: string): Verdict {
  if (side.takesUp || (side.filtering === 'endpoint-independent' && side.binds)) {
    return sometimes(`${unknown}, but ${name} admits it and answers from where it came to (inboundSession: bind)`);
  }
  const answers = side.mapping === 'address-dependent' || side.binds;
  if (side.ports !== 'random' && side.filtering !== 'address-and-port-dependent' && answers) {
    return sometimes(`${unknown}, but ${name} listens at a port that is foreseen, and admits it there`);
  }
  return never(`${unknown}, and ${name} maps per destination, too`);
}
