import type { Family } from '../../core/net/endpoint.ts';
import type { NodeServers } from '../../core/node/index.ts';
import { type SimHost, symmetricLink, type Topology } from '../../simulator/index.ts';
import { startServers } from './servers.ts';

/** Servers stand in data centres: next to the core, and nothing gets lost on the way to them. */
const SERVER_LINK = symmetricLink({ latencyUs: 500 });

export interface InfrastructureOptions {
  /** Families by which the servers are reached. @default [4] */
  readonly families?: readonly Family[];
  /** Is the broker on the port of HTTPS, and the TURN server there, too? @default false */
  readonly onHttps?: boolean;
}

/** The servers of a trial: STUN with two addresses, TURN, and one MQTT broker, each on a machine of its own. */
export async function startInfrastructure(
  topology: Topology,
  { families = [4], onHttps = false }: InfrastructureOptions = {},
): Promise<NodeServers> {
  const site = (name: string, addresses: number) => {
    const host = topology.server(name, { link: SERVER_LINK, addresses, families });
    return { host, addresses: families.map((family) => addressesOf(host, family)) };
  };
  const sites = { stun: site('stun', 2), turn: site('turn', 1), broker: site('broker', 1) };
  return (await startServers(sites, onHttps)).servers;
}

function addressesOf(host: SimHost, wanted: Family): string[] {
  const addresses = host.interfaces().flatMap((entry) => (entry.loopback ? [] : entry.addresses));
  return addresses.filter(({ family }) => family === wanted).map(({ address }) => address);
}
