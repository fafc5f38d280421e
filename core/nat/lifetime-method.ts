import type { LifetimeMethod } from './lifetime-report.ts';
import type { NatReport } from './nat-report.ts';

export type MethodChoice =
  | { readonly method: LifetimeMethod }
  /** None is sound, and why. */
  | { readonly method: undefined; readonly why: string };

type View = Pick<
  NatReport,
  'udp' | 'translation' | 'mapping' | 'filtering' | 'ports' | 'hairpin' | 'alternate' | 'mappings' | 'localPort'
>;

/**
 * How to see that a mapping is gone, without RESPONSE-PORT (RFC 5780 section 7.5), which lets anybody aim a server's
 * answers and which servers therefore refuse.
 */
export function chooseMethod(report: View): MethodChoice {
  const { udp, translation, mapping, filtering, ports, alternate } = report;
  if (udp.value !== 'reachable') return none('no answer over UDP');
  if (mapping.value === 'unknown') return none('mapping is unknown');
  const moves = ['sequential', 'local-sequential', 'random', 'block'].includes(ports.allocation.value);
  if (mapping.value !== 'endpoint-independent') {
    if (moves) return { method: 'remapping' };
    if (collides(report)) return { method: 'collision' };
    return none('each destination is mapped anew, and how ports are chosen is unknown');
  }
  if (filtering.value === 'unknown') return none('filtering is unknown');
  if (filtering.value !== 'endpoint-independent' && alternate) return { method: 'permission' };
  if (translation.value !== 'napt') return none('nothing is translated or filtered, so nothing is kept');
  if (report.hairpin.value === 'internal-source' || report.hairpin.value === 'external-source') {
    return { method: 'hairpin' };
  }
  if (moves) return { method: 'remapping' };
  return none('a new mapping would look like the old one: ports are kept, and everybody is let in');
}

/** The first mapping keeps the port, and as long as it lives no other one can. */
function collides({ ports, alternate, mappings, localPort }: View): boolean {
  const [first, ...others] = mappings.map(({ mapped }) => mapped.port === localPort);
  const kept = ports.allocation.value === 'preserving' && first === true;
  return kept && alternate !== undefined && others.length > 0 && !others.includes(true);
}

function none(why: string): MethodChoice {
  return { method: undefined, why };
}
