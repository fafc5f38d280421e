import type { Endpoint, Family } from '../../core/net/endpoint.ts';
import { familyOf } from '../../core/net/ip.ts';
import type { NodeServers } from '../../core/node/index.ts';
import type { Host } from '../../core/ports/index.ts';
import { startMqttServer } from '../../core/servers/mqtt/mqtt-server.ts';
import { startStunServer } from '../../core/servers/stun/stun-server.ts';
import { startTurnServer } from '../../core/servers/turn/turn-server.ts';
import type { Cell } from '../scenario/types.ts';

const STUN_PORT = 3478; // RFC 8489 section 18.6
const STUN_ALTERNATE_PORT = 3479; // RFC 5780 section 9.2 leaves it to the operator; this is what is customary.
const MQTT_PORT = 1883;
/** What a policy that admits a few ports admits (RFC 9110 section 4.2.2). */
const HTTPS_PORT = 443;
const TURN_USER = { username: 'punchlab', password: 'a trial lasts a minute' };

/** A machine, and the addresses of one family each by which clients know it. */
export interface ServerSite {
  readonly host: Host;
  readonly addresses: readonly (readonly string[])[];
}

export interface ServerSites {
  /** With two addresses of each family (RFC 5780). */
  readonly stun: ServerSite;
  readonly turn: ServerSite;
  readonly broker: ServerSite;
}

export interface RunningServers {
  readonly servers: NodeServers;
  close(): Promise<void>;
}

/**
 * Starts the servers of a trial: STUN with two addresses, TURN, and one MQTT broker.
 *
 * @param onHttps is the broker on the port of HTTPS, and the TURN server there, too?
 */
export async function startServers({ stun, turn, broker }: ServerSites, onHttps: boolean): Promise<RunningServers> {
  const relayAddresses = turn.addresses.map(([address]) => address!);
  const turnPorts = onHttps ? [STUN_PORT, HTTPS_PORT] : [STUN_PORT];
  const turnEndpoints = turnPorts.flatMap((port) => relayAddresses.map((address) => ({ address, port })));
  const brokerPort = onHttps ? HTTPS_PORT : MQTT_PORT;
  const brokerEndpoints = broker.addresses.map(([address]) => ({ address: address!, port: brokerPort }));
  const running = await allOrNone([
    ...stun.addresses.map(([primary, alternate]) =>
      startStunServer(stun.host, {
        primary: { address: primary!, port: STUN_PORT },
        alternate: { address: alternate!, port: STUN_ALTERNATE_PORT },
      }),
    ),
    ...turnEndpoints.map((endpoint) =>
      startTurnServer(turn.host, {
        endpoint,
        realm: 'punchlab',
        users: new Map([[TURN_USER.username, TURN_USER.password]]),
        relayAddresses,
      }),
    ),
    startBroker(broker.host, brokerEndpoints),
  ]);
  return {
    servers: {
      stun: stun.addresses.map(([primary]) => ({ address: primary!, port: STUN_PORT })),
      turn: turnEndpoints.map((endpoint) => ({ endpoint, ...TURN_USER })),
      brokers: brokerEndpoints.map((endpoint) => ({ endpoint })),
    },
    close: async () => {
      await Promise.all(running.map((server) => server.close()));
    },
  };
}

/** @throws what the first one failed with, once all that did start are closed */
async function allOrNone(starting: readonly Promise<Server>[]): Promise<readonly Server[]> {
  const settled = await Promise.allSettled(starting);
  const failed = settled.find((each) => each.status === 'rejected');
  const running = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (failed === undefined) return running;
  await Promise.all(running.map((server) => server.close()));
  throw failed.reason;
}

interface Server {
  close(): Promise<void> | void;
}

/** One broker, whichever family its clients come by. */
async function startBroker(host: Host, [first, ...others]: readonly Endpoint[]): Promise<Server> {
  // At its own address alone: on one machine, another server may have the same port at another one.
  const listening = ({ address, port }: Endpoint) => ({ address, family: familyOf(address), port });
  const server = await startMqttServer(host, listening(first!));
  for (const endpoint of others) await server.listen(listening(endpoint));
  return server;
}

/** Whoever is behind a firewall that admits a few ports uses servers that are reachable by one of them. */
export function admitsFewPorts({ a, b }: Pick<Cell, 'a' | 'b'>): boolean {
  return [...a, ...b].some(({ behaviour }) => behaviour.allow !== 'everything');
}

/** Of the servers: IPv4 is everywhere, IPv6 is there if a peer has it. */
export function familiesOf({ lines: { a, b } }: Pick<Cell, 'lines'>): readonly Family[] {
  return [...a, ...b].some(({ family }) => family === 6) ? [4, 6] : [4];
}
