/** How hosts inside can ask for ports: UPnP IGD 1 and 2, NAT-PMP (RFC 6886), PCP (RFC 6887). */
export const PORT_MAPPING_PROTOCOLS = ['igd1', 'igd2', 'nat-pmp', 'pcp'] as const;

export type PortMappingProtocol = (typeof PORT_MAPPING_PROTOCOLS)[number];

/**
 * How the service fails. `refuses`: it maps nothing. `conflict`: another host has the port that is asked for first.
 * `wrong-address`: it takes an address for its external one that it is not. `permanent-only`: IGD knows no leases (error
 * 725). `slow`: it takes 1.5 s for everything. `garbage`: it answers what is no answer. `claims`: it says yes and maps
 * nothing. `usurped`: IGD 1 says yes to a port that another host has, which keeps it.
 */
export const PORT_MAPPING_FAULTS = [
  'refuses',
  'conflict',
  'wrong-address',
  'permanent-only',
  'slow',
  'garbage',
  'claims',
  'usurped',
] as const;

export type PortMappingFault = (typeof PORT_MAPPING_FAULTS)[number];

export interface PortMappingService {
  readonly protocols: readonly PortMappingProtocol[];
  readonly faults: readonly PortMappingFault[];
}
