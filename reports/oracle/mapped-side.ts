import type { NatBehaviour, PortMappingFault } from '../../core/nat/behaviour.ts';
import type { Verdict } from './verdict.ts';

/** What comes of asking the gateway of a side for a TCP port. */
export interface MappedSide {
  readonly expected: Verdict['expected'];
  readonly why: string;
}

/** With these the port that the gateway promises leads nowhere. */
const FATAL: ReadonlyMap<PortMappingFault, string> = new Map([
  ['refuses', 'refuses to map'],
  ['garbage', 'answers what is no answer'],
  ['claims', 'says yes and maps nothing'],
]);

/** @param chain host side first: only the first router is ever asked */
export function mappedSide(chain: readonly NatBehaviour[]): MappedSide {
  const [gateway, ...beyond] = chain;
  if (!gateway) return { expected: 'never', why: 'has no gateway' };
  const { protocols, faults } = gateway.portMapping;
  if (protocols.length === 0) return { expected: 'never', why: 'has a gateway that maps no ports' };
  const fatal = faults.find((fault) => FATAL.has(fault));
  if (fatal) return { expected: 'never', why: `has a gateway that ${FATAL.get(fatal)}` };
  if (gateway.translation !== 'napt' && !gateway.firewall) return { expected: 'never', why: 'needs no mapping' };
  if (gateway.translation === 'nptv6') return { expected: 'never', why: 'has another address outside than it is told' };
  if (gateway.translation === 'none' && !protocols.includes('pcp') && !protocols.includes('igd2')) {
    return { expected: 'never', why: 'has a gateway that opens no pinholes by these protocols' };
  }
  if (beyond.some(({ translation }) => translation !== 'none')) {
    return { expected: 'never', why: 'has another NAT beyond its gateway (RFC 6888 section 1)' };
  }
  if (beyond.some(({ firewall }) => firewall)) return { expected: 'never', why: 'has a firewall beyond its gateway' };
  if (faults.includes('wrong-address') && gateway.addresses > 1) {
    return { expected: 'sometimes', why: 'has a gateway that does not know which of its addresses it maps at' };
  }
  return { expected: 'always', why: 'has a gateway that leads everybody to its port' };
}
