import type { Family } from '../../core/net/endpoint.ts';
import type { NodeServers } from '../../core/node/index.ts';
import { startMqttServer } from '../../core/servers/mqtt/mqtt-server.ts';
import { startStunServer } from '../../core/servers/stun/stun-server.ts';
import { startTurnServer } from '../../core/servers/turn/turn-server.ts';
import { type SimHost, symmetricLink, type Topology } from '../../simulator/index.ts';

/** Servers stand in data centres: next to the core, and nothing gets lost on the way to them. */
const SERVER_LINK = symmetricLink({ latencyUs: 500 });
const STUN_PORT = 3478; // RFC 8489 section 18.6
const STUN_ALTERNATE_PORT = 3479; // RFC 5780 section 9.2 leaves it to the operator; this is what is customary.
const MQTT_PORT = 1883;
/** What a policy that admits a few ports admits (RFC 9110 section 4.2.2). */
const HTTPS_PORT = 443;
const TURN_USER = { username: 'punchlab', password: 'a trial lasts a minute' };

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
  const stun = topology.server('stun', { link: SERVER_LINK, addresses: 2, families });
  const turn = topology.server('turn', { link: SERVER_LINK, families });
  const broker = topology.server('broker', { link: SERVER_LINK, families });
  const stunAddresses = families.map((family) => addressesOf(stun, family));
  const relayAddresses = families.map((family) => addressesOf(turn, family)[0]!);
  const turnPorts = onHttps ? [STUN_PORT, HTTPS_PORT] : [STUN_PORT];
  const turnEndpoints = turnPorts.flatMap((port) => relayAddresses.map((address) => ({ address, port })));
  const mqttPort = onHttps ? HTTPS_PORT : MQTT_PORT;
  await Promise.all([
    ...stunAddresses.map(([primary, alternate]) =>
      startStunServer(stun, {
        primary: { address: primary!, port: STUN_PORT },
        alternate: { address: alternate!, port: STUN_ALTERNATE_PORT },
      }),
    ),
    ...turnEndpoints.map((endpoint) =>
      startTurnServer(turn, {
        endpoint,
        realm: 'punchlab',
        users: new Map([[TURN_USER.username, TURN_USER.password]]),
        relayAddresses,
      }),
    ),
    startBroker(broker, families, mqttPort),
  ]);
  return {
    stun: stunAddresses.map(([primary]) => ({ address: primary!, port: STUN_PORT })),
    turn: turnEndpoints.map((endpoint) => ({ endpoint, ...TURN_USER })),
    brokers: families.map((family) => ({ endpoint: { address: addressesOf(broker, family)[0]!, port: mqttPort } })),
  };
}

/** One broker, whichever family its clients come by. */
async function startBroker(host: SimHost, [first, ...others]: readonly Family[], port: number): Promise<void> {
  const server = await startMqttServer(host, { port, ...(first && { family: first }) });
  for (const family of others) await server.listen({ family, port });
}

function addressesOf(host: SimHost, wanted: Family): string[] {
  const addresses = host.interfaces().flatMap((entry) => (entry.loopback ? [] : entry.addresses));
  return addresses.filter(({ family }) => family === wanted).map(({ address }) => address);
}
