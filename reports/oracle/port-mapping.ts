import type { Transports } from './connect.ts';
import { always, better, never, type SideName, sometimes, type Verdict } from './verdict.ts';

/** Either side calls where the other one's gateway leads, over TCP or UDP; one such gateway is enough. */
export function portMapping(a: Transports, b: Transports): Verdict {
  return better(called('b', b, a), called('a', a, b));
}

function called(name: SideName, mapped: Transports, calling: Transports): Verdict {
  const other = name === 'a' ? 'b' : 'a';
  const { expected, why } = mapped.mapped;
  if (expected === 'never') return never(`${name} ${why}`);
  const closed = {
    TCP: calling.tcp.blocked ? 'blocked' : mapped.tcp.blocked || mapped.tcp.inboundBlocked ? 'inbound' : undefined,
    UDP: calling.udp.blocked ? 'blocked' : mapped.udp.blocked ? 'inbound' : undefined,
  };
  if (closed.TCP && closed.UDP) {
    if (closed.TCP === 'blocked') return never(`TCP and UDP are blocked on side ${other}, which would call`);
    return never(`${name} lets nobody in, mapped or not`);
  }
  const over = closed.TCP ? ', for UDP' : '';
  return expected === 'always' ? always(`${name} ${why}${over}`) : sometimes(`${name} ${why}${over}`);
}
