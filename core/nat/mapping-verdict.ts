import { formatEndpoint, sameEndpoint } from '../net/endpoint.ts';
import type { Dependence } from './behaviour.ts';
import { type Finding, found, unknown } from './finding.ts';
import type { MappingSample } from './port-report.ts';

/** `endpoint-dependent`: on the address, and whether on the port as well could not be told. */
export type MappingDependence = Dependence | 'endpoint-dependent';

/**
 * What a mapping depends on, from how several destinations saw one local port: RFC 5780 section 4.3 for whatever
 * destinations there were. Two addresses tell whether it depends on them at all; only one address asked on two ports
 * tells whether on the port as well.
 */
export function judgeMapping(samples: readonly MappingSample[]): Finding<MappingDependence> {
  const evidence = samples
    .map(({ destination, mapped }) => `${formatEndpoint(destination)} sees ${formatEndpoint(mapped)}`)
    .join(', ');
  const [onAddress, onPort] = [compare(samples, 'address'), compare(samples, 'port')];
  if (onAddress === 'none' && onPort === 'none') return unknown(`one destination tells nothing: ${evidence}`);
  if (onAddress === 'mixed' || onPort === 'mixed') return unknown(`no rule explains that ${evidence}`);
  if (onAddress === 'same') {
    const value: Dependence = 'endpoint-independent';
    return onPort === 'differs' ? unknown(`no rule explains that ${evidence}`) : found(value, evidence);
  }
  if (onPort === 'differs') return found('address-and-port-dependent', evidence);
  if (onAddress === 'none') return unknown(`only one address was asked: ${evidence}`);
  return found(onPort === 'same' ? 'address-dependent' : 'endpoint-dependent', evidence);
}

/** Of all pairs of destinations that differ in the address, or in the port alone: are their mappings the same? */
function compare(samples: readonly MappingSample[], part: 'address' | 'port'): 'none' | 'same' | 'differs' | 'mixed' {
  let [same, differs] = [false, false];
  samples.forEach((one, index) => {
    for (const two of samples.slice(index + 1)) {
      if (sameEndpoint(one.destination, two.destination)) continue;
      const changed = one.destination.address === two.destination.address ? 'port' : 'address';
      if (changed !== part) continue;
      if (sameEndpoint(one.mapped, two.mapped)) same = true;
      else differs = true;
    }
  });
  if (same && differs) return 'mixed';
  if (same) return 'same';
  return differs ? 'differs' : 'none';
}
