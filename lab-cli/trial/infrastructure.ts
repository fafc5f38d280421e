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
const TURN_USER = { username: 'punchlab', password: 'a trial lasts a minute' };

/** The servers of a trial: STUN with two addresses, TURN, and one MQTT broker, each on a machine of its own. */
export async function startInfrastructure(topology: Topology): Promise<NodeServers> {
  const stun = topology.server('stun', { link: SERVER_LINK, addresses: 2 });
  const turn = topology.server('turn', { link: SERVER_LINK });
  const broker = topology.server('broker', { link: SERVER_LINK });
  const [primary, alternate] = addressesOf(stun);
  const [turnAddress] = addressesOf(turn);
  const [brokerAddress] = addressesOf(broker);
  const turnEndpoint = { address: turnAddress!, port: STUN_PORT };
  await Promise.all([
    startStunServer(stun, {
      primary: { address: primary!, port: STUN_PORT },
      alternate: { address: alternate!, port: STUN_ALTERNATE_PORT },
    }),
    startTurnServer(turn, {
      endpoint: turnEndpoint,
      realm: 'punchlab',
      users: new Map([[TURN_USER.username, TURN_USER.password]]),
    }),
    startMqttServer(broker, { port: MQTT_PORT }),
  ]);
  return {
    stun: [{ address: primary!, port: STUN_PORT }],
    turn: [{ endpoint: turnEndpoint, ...TURN_USER }],
    brokers: [{ endpoint: { address: brokerAddress!, port: MQTT_PORT } }],
  };
}

function addressesOf(host: ReturnType<Topology['server']>): string[] {
  return host
    .interfaces()
    .filter(({ loopback }) => !loopback)
    .flatMap(({ addresses }) => addresses.map(({ address }) => address));
}
