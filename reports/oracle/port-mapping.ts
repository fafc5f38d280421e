import type { Transports } from './connect.ts';
import { always, better, never, type SideName, sometimes, type Verdict } from './verdict.ts';

/** Either side dials where the other one's gateway leads; one such gateway is enough. */
export function portMapping(a: Transports, b: Transports): Verdict {
  return better(dialled('b', b, a), dialled('a', a, b));
}

function dialled(name: SideName, { mapped, tcp }: Transports, dialling: Transports): Verdict {
  const other = name === 'a' ? 'b' : 'a';
  if (mapped.expected === 'never') return never(`${name} ${mapped.why}`);
  if (dialling.tcp.blocked) return never(`TCP is blocked on side ${other}, which would dial`);
  if (tcp.blocked || tcp.inboundBlocked) return never(`${name} lets no inbound connection through, mapped or not`);
  return mapped.expected === 'always' ? always(`${name} ${mapped.why}`) : sometimes(`${name} ${mapped.why}`);
}
