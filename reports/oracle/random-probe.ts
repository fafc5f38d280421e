import { birthday } from './birthday.ts';
import type { UdpSide } from './side.ts';
import { always, never, type SideName, sometimes, type Verdict } from './verdict.ts';

/** Local ports and tries of the search, as it is by default. */
const SOCKETS = 256;
const PROBES = 1024;
/** Closer to one than any run of trials can tell. */
const CERTAIN = 0.999_99;
/** Mappings of a host that are not the search's: signals, servers, other plugins. */
const SPARE = 32;

/**
 * The side that maps per destination opens many ports to the other's one endpoint, and that one tries ports until it
 * hits one of them.
 */
export function randomProbe(a: UdpSide, b: UdpSide, searches: number): Verdict {
  if (a.blocked || b.blocked) return never(`UDP is blocked on side ${a.blocked ? 'a' : 'b'}`);
  const aDepends = a.mapping !== 'endpoint-independent';
  const bDepends = b.mapping !== 'endpoint-independent';
  if (!aDepends && !bDepends) return never('neither side maps per destination: there is no port to search for');
  if (aDepends && bDepends) return never('both sides map per destination: a search for two ports at once is hopeless');
  return searchFor(aDepends ? a : b, aDepends ? 'a' : 'b', searches);
}

function searchFor({ search }: UdpSide, name: SideName, searches: number): Verdict {
  const sockets = Math.min(SOCKETS, Math.max(0, search.quota - SPARE));
  const probes = Math.min(PROBES, search.guard);
  const once = search.range === 0 ? 1 : birthday(sockets, probes, search.range);
  const chance = 1 - (1 - once) ** searches;
  const percent = `${(100 * once).toFixed(1)} %${searches > 1 ? `, and there are ${searches} searches` : ''}`;
  const why = `${name} maps per destination: ${probes} tries find one of ${sockets} ports of it with a chance of ${percent}`;
  if (chance === 0) return never(why);
  return chance > CERTAIN ? always(why) : { ...sometimes(why), chance };
}
