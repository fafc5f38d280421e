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
    names: each.flatMap(({ names }) => names),
    ntp: each.flatMap(({ ntp }) => ntp),
  };
}

async function oneMachine({ hosts, ports, namesKey, credentials }: ServerLink): Promise<Required<NodeServers>> {
  const at = (name: ServiceName): Promise<Endpoint[]> => {
    const port = ports.get(name);
    return port === undefined ? Promise.resolve([]) : resolveServers(hosts.map((host) => ({ host, port })));
  };
  const secured = ports.has('mqtts') && { tls: { serverName: hosts[0]! } };
  const [stun, turn, brokers, names, ntp] = await Promise.all([
    at('stun'),
    at('turn'),
    at(secured ? 'mqtts' : 'mqtt'),
    at('names'),
    at('ntp'),
  ]);
  return {
    stun,
    turn: credentials ? turn.map((endpoint) => ({ endpoint, ...credentials })) : [],
    // Both addresses of one machine are one broker and one nickname server.
    brokers: brokers.slice(0, 1).map((endpoint) => ({ endpoint, ...credentials, ...secured })),
    names: namesKey ? names.slice(0, 1).map((endpoint) => ({ endpoint, publicKey: namesKey })) : [],
    ntp,
  };
}
