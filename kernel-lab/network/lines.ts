import type { LinePlan } from '../plan/network-plan.ts';
import { linePorts, UNDERLAY } from '../wire/wire.ts';

/** Where the VXLAN devices send from: a namespace of its own, since the kernel takes a short cut to a local destination. */
export const UNDERLAY_NAMESPACE = 'underlay';
const VXLAN_ID = 1;
const MTU = 1500;

/** Lines of `ip` for a cable between the core and an access router that leads through the wire. */
export interface LineCommands {
  readonly underlay: readonly string[];
  readonly core: readonly string[];
  readonly router: readonly string[];
}

/**
 * Both ends know each other's link address, so that no trial begins with a question for it that has to cross the line.
 *
 * @param index of the line
 */
export function lineCommands({ router, gateway, prefixLength, external }: LinePlan, index: number): LineCommands {
  const ports = linePorts(index);
  const [coreMac, routerMac] = [`02:00:00:00:${index}0:01`, `02:00:00:00:${index}0:02`];
  const device = (name: string, port: number, namespace: string, as: string) => [
    `link add ${name} type vxlan id ${VXLAN_ID} dstport ${port} remote ${UNDERLAY.wire} local ${UNDERLAY.kernel} nolearning`,
    `link set ${name} mtu ${MTU} netns ${namespace} name ${as}`,
  ];
  return {
    underlay: [
      ...device(`core${index}`, ports.core, 'core', `line${index}`),
      ...device(`access${index}`, ports.access, router, 'wan'),
    ],
    core: [
      `link set line${index} address ${coreMac}`,
      `link set line${index} up`,
      `addr add ${gateway}/${prefixLength} dev line${index}${gateway.includes(':') ? ' nodad' : ''}`,
      ...external.map((address) => `neigh replace ${address} lladdr ${routerMac} dev line${index} nud permanent`),
    ],
    router: [
      `link set wan address ${routerMac}`,
      'link set wan up',
      `neigh replace ${gateway} lladdr ${coreMac} dev wan nud permanent`,
    ],
  };
}
