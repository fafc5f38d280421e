import type { NodeServers } from '../../core/node/index.ts';
import { startMqttServer } from '../../core/servers/mqtt/mqtt-server.ts';
import { startStunServer } from '../../core/servers/stun/stun-server.ts';
import { startTurnServer } from '../../core/servers/turn/turn-server.ts';
import { symmetricLink, type Topology } from '../../simulator/index.ts';

/** Servers stand in data centres: next to the core, and nothing gets lost on the way to them. */
const SERVER_LINK = symmetricLink({ latencyUs: 500 });
const STUN_PORT = 3478; // RFC 8489 section 18.6
const STUN_ALTERNATE_PORT = 3479; // RFC 5780 section 9.2 leaves it to the operator; this is what is customary.
const MQTT_PORT = 1883;
/** What a policy that admits a few ports admits (RFC 9110 section 4.2.2). */
const HTTPS_PORT = 443;
const TURN_USER = { username: 'punchlab', password: 'a trial lasts a minute' };

export interface InfrastructureOptions {
  /** Is the broker on the port of HTTPS, and the TURN server there, too? @default false */
  readonly onHttps?: boolean;
}

/** The servers of a trial: STUN with two addresses, TURN, and one MQTT broker, each on a machine of its own. */
export async function startInfrastructure(
  topology: Topology,
  { onHttps = false }: InfrastructureOptions = {},
): Promise<NodeServers> {
  const stun = topology.server('stun', { link: SERVER_LINK, addresses: 2 });
  const turn = topology.server('turn', { link: SERVER_LINK });
  const broker = topology.server('broker', { link: SERVER_LINK });
  const [primary, alternate] = addressesOf(stun);
  const [turnAddress] = addressesOf(turn);
  const [brokerAddress] = addressesOf(broker);
  const turnPorts = onHttps ? [STUN_PORT, HTTPS_PORT] : [STUN_PORT];
  const turnEndpoints = turnPorts.map((port) => ({ address: turnAddress!, port }));
  const mqttPort = onHttps ? HTTPS_PORT : MQTT_PORT;
  await Promise.all([
    startStunServer(stun, {
      primary: { address: primary!, port: STUN_PORT },
      alternate: { address: alternate!, port: STUN_ALTERNATE_PORT },
    }),
    ...turnEndpoints.map((endpoint) =>
      startTurnServer(turn, {
        endpoint,
        realm: 'punchlab',
        users: new Map([[TURN_USER.username, TURN_USER.password]]),
      }),
    ),
    startMqttServer(broker, { port: mqttPort }),
  ]);
  return {
    stun: [{ address: primary!, port: STUN_PORT }],
    turn: turnEndpoints.map((endpoint) => ({ endpoint, ...TURN_USER })),
    brokers: [{ endpoint: { address: brokerAddress!, port: mqttPort } }],
  };
}

function addressesOf(host: ReturnType<Topology['server']>): string[] {
  return host
    .interfaces()
    .filter(({ loopback }) => !loopback)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address));
}
