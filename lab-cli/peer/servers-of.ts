import type { NameServerConfig } from '../../core/names/name-client.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import type { NodeServers } from '../../core/node/index.ts';
import { resolveServers } from '../network/resolve-servers.ts';
import type { ServerLink, ServiceName } from '../network/server-link.ts';

/**
 * The servers that links name, by address.
 *
 * @throws InputError for a name that has no address
 */
export async function nodeServers(links: readonly ServerLink[]): Promise<Required<NodeServers>> {
  const each = await Promise.all(links.map(oneMachine));
  return {
    stun: each.flatMap(({ stun }) => stun),
    turn: each.flatMap(({ turn }) => turn),
    brokers: each.flatMap(({ brokers }) => brokers),
  };
}

/** Nickname servers, one for each link that names one. @throws InputError for a host that has no address */
export async function nameServers(links: readonly ServerLink[]): Promise<NameServerConfig[]> {
  const each = links.map(async ({ hosts, ports, namesKey: publicKey }): Promise<NameServerConfig[]> => {
    const port = ports.get('names');
    if (port === undefined || !publicKey) return [];
    const [endpoint] = await resolveServers([{ host: hosts[0]!, port }]);
    return endpoint ? [{ endpoint, publicKey }] : [];
  });
  return (await Promise.all(each)).flat();
}

async function oneMachine({ hosts, ports, credentials }: ServerLink): Promise<Required<NodeServers>> {
  const at = (name: ServiceName): Promise<Endpoint[]> => {
    const port = ports.get(name);
    return port === undefined ? Promise.resolve([]) : resolveServers(hosts.map((host) => ({ host, port })));
  };
  const [stun, turn, brokers] = await Promise.all([at('stun'), at('turn'), at('mqtt')]);
  return {
    stun,
    turn: credentials ? turn.map((endpoint) => ({ endpoint, ...credentials })) : [],
    // Both addresses of one machine are one broker: two connections to it would hear everything twice.
    brokers: brokers.slice(0, 1).map((endpoint) => ({ endpoint, ...credentials })),
  };
}
