import { Gateway } from '../../core/servers/gateway/gateway.ts';
import type { GatewayTable } from '../../core/servers/gateway/gateway-table.ts';
import { type EdgeRouter, NatRouter, type Side } from '../../simulator/index.ts';

/** Starts the port-mapping service of every router that has one. */
export async function startGateways(sides: readonly Side[]): Promise<void> {
  const routers = new Set(sides.flatMap(({ lines }) => lines.flatMap((line) => line.routers)));
  for (const router of routers) {
    const { protocols, faults } = router.behaviour.portMapping;
    if (protocols.length === 0) continue;
    const networks = router.insideNetworks();
    const gateway = await Gateway.start(router.host, { networks, table: tableOf(router), protocols, faults });
    router.onRulesLost = () => gateway.restart();
  }
}

/** The router's own rules, as its services see them. */
function tableOf(router: EdgeRouter): GatewayTable {
  const nat = router instanceof NatRouter ? router : undefined;
  return {
    externalAddress: () => nat?.externalAddress,
    map: (protocol, port, internal) => nat?.forwardPort(protocol, port, internal) ?? false,
    unmap: (protocol, port) => nat?.withdrawPort(protocol, port),
    openPinhole: (protocol, internal) => router.openPinhole(protocol, internal),
    closePinhole: (protocol, internal) => router.closePinhole(protocol, internal),
  };
}
