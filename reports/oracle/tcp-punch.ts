import type { TcpSide } from './side.ts';
import { always, never, sometimes, type Verdict } from './verdict.ts';

/**
 * TCP simultaneous open: each side dials the other's known endpoint from the port that a STUN server saw, without
 * listening on it, so a SYN from any other endpoint meets no socket. The connection to the STUN server stays open, so
 * an RST to a SYN does not cost the mapping (RFC 7857 section 2.2). With `retries`, a refused dial is repeated after a
 * random gap. Ports are not predicted, see `udp-punch.ts`.
 */
export function tcpPunch(a: TcpSide, b: TcpSide, retries: boolean): Verdict {
  if (a.blocked || b.blocked) return never(`TCP is blocked on side ${a.blocked ? 'a' : 'b'}`);
  const aDepends = a.mapping !== 'endpoint-independent';
  const bDepends = b.mapping !== 'endpoint-independent';
  if (aDepends !== bDepends && (aDepends ? a : b).takesUp) {
    const name = aDepends ? 'a' : 'b';
    return sometimes(
      `${name} maps TCP per destination, but a SYN that comes to its known port before its own leaves binds the connection to that (inboundSession: bind)`,
    );
  }
  if (aDepends || bDepends) {
    const who = aDepends && bDepends ? 'both sides map' : `side ${aDepends ? 'a' : 'b'} maps`;
    return never(
      `${who} TCP per destination (RFC 5382 REQ-1), so the SYN comes from a port that nobody dials or listens on`,
    );
  }
  if (a.refusesSyn && b.refusesSyn) {
    return never('neither side lets an inbound SYN through (RFC 5382 REQ-2), so no SYN can cross');
  }
  const aResets = a.earlySyn !== 'dropped';
  const bResets = b.earlySyn !== 'dropped';
  const known = 'both map endpoint-independently (RFC 5382 REQ-1)';
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
