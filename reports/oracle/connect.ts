import type { MappedSide } from './mapped-side.ts';
import type { ServerSide, TcpSide, UdpSide } from './side.ts';
import { always, never, type SideName, type Verdict } from './verdict.ts';

/** A plain TCP dial to the peer's listening port. `name` is the side that is dialled. */
export function connect(dialled: TcpSide, dialling: TcpSide, name: SideName): Verdict {
  const other = name === 'a' ? 'b' : 'a';
  if (dialling.blocked) return never(`TCP is blocked on side ${other}, which would dial`);
  if (dialled.reachable) return always(`${name} has a public address and takes connections`);
  if (dialled.blocked || dialled.inboundBlocked) return never(`${name} lets no inbound connection through`);
  if (dialled.onlyFiltered) {
    return never(`${name} is behind a firewall, and its listening port has sent nothing (RFC 6092 REC-33)`);
  }
  return never(`${name} is behind a NAT, which has no mapping for its listening port (RFC 5128 section 3.2)`);
}

/** Data through a TURN server, which each side reaches by UDP or TCP. */
export function turnRelay(a: Transports, b: Transports): Verdict {
  for (const [name, side] of [['a', a] as const, ['b', b] as const]) {
    if (!side.servers.relay) return never(`${name} reaches no TURN server: UDP and TCP are blocked`);
  }
  return always('both sides reach the TURN server, whose permissions are per address (RFC 8656 section 9)');
}

export interface Transports {
  readonly udp: UdpSide;
  readonly tcp: TcpSide;
  readonly servers: ServerSide;
  readonly mapped: MappedSide;
}
