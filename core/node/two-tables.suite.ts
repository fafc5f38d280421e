import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { Identity } from '../identity/identity.ts';
import { DatagramTransport } from '../plugins/datagram-transport.ts';
import type { Attempt, Plan, Plugin, ProvenTransport } from '../plugins/plugin.ts';
import { sleep } from '../ports/sleep.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import type { SessionMessage } from '../wire/session-message.ts';
import { Keepsakes } from './keepsakes.ts';
import type { Session } from './session.ts';
import type { SessionWinner } from './session-options.ts';
import { SessionTable } from './sessions.ts';

/** From one node to the other, over the network as over the signal channel. */
const ONE_WAY_MS = 20;

export interface Behaviour {
  readonly path?: 'direct' | 'relayed';
  /** How long it takes until it has a transport. @default 0 */
  readonly afterMs?: number;
  /** Ends so in place of that, in the first so many tries. @default none */
  readonly fails?: number;
}

/** Knows where the peer is, and uses one port there and back: another one in each try. */
export class Straight implements Plugin<number> {
  readonly name: string;
  readonly path: 'direct' | 'relayed';
  tries = 0;
  readonly #behaviour: Behaviour;
  readonly #remote: () => string;
  readonly #port: number;

  constructor(name: string, port: number, remote: () => string, behaviour: Behaviour) {
    this.name = name;
    this.path = behaviour.path ?? 'direct';
    this.#behaviour = behaviour;
    this.#remote = remote;
    this.#port = port;
  }

  plan(): Plan<number> {
    return { applicable: true, plan: this.#port };
  }

  async attempt(first: number, attempt: Attempt): Promise<ProvenTransport> {
    const { afterMs = 0, fails = 0 } = this.#behaviour;
    const port = first + 100 * this.tries;
    const failing = this.tries++ < fails;
    const socket = await attempt.host.udp.bind({ port });
    const remote = { address: this.#remote(), port };
    const carrier = { send: (data: Uint8Array) => socket.send(data, remote), close: () => socket.close() };
    const transport = new DatagramTransport(carrier, remote);
    socket.onMessage = (data) => transport.deliver(data);
    await attempt.sleep(afterMs);
    if (failing) throw new Error('not this time');
    return attempt.prove(transport);
  }
}

interface End {
  readonly host: SimHost;
  readonly identity: Identity;
  readonly table: SessionTable;
  readonly plugins: readonly Straight[];
  /** Messages that it has posted. */
  readonly posted: SessionMessage[];
  /** What the peer has got connected by. */
  readonly accepted: [Session, SessionWinner][];
  readonly address: AddressContent;
}

/** Two tables of sessions on two machines, whose messages take a while and lose nothing. */
export class TwoTables {
  readonly world: World;
  readonly ends: readonly [End, End];
  /** Takes a message off the line when it says so. */
  lose: (message: SessionMessage) => boolean = () => false;

  constructor(seed: string, plugins: Readonly<Record<string, Behaviour>>) {
    this.world = new World({ seed });
    const topology = new Topology(this.world);
    const link = symmetricLink({ latencyUs: (ONE_WAY_MS * 1000) / 2 });
    const hosts = [topology.server('a', { link }), topology.server('b', { link })] as const;
    const identities = hosts.map((host) => Identity.generate(host)) as [Identity, Identity];
    const placeOf = (index: 0 | 1) => hosts[index].interfaces()[1]!.addresses[0]!.address;
    const end = (own: 0 | 1, other: 0 | 1): End => {
      const host = hosts[own];
      const [posted, accepted]: [SessionMessage[], End['accepted']] = [[], []];
      const straight = Object.entries(plugins).map(
        ([name, behaviour], index) => new Straight(name, 4000 + index, () => placeOf(other), behaviour),
      );
      const address = {
        publicKey: identities[own].publicKey,
        issuedAtMs: 0,
        expiresAtMs: 1,
        interfaces: [],
        brokers: [],
      };
      const table = new SessionTable({
        host,
        identity: identities[own],
        plugins: straight,
        servers: { stun: [], turn: [] },
        bindAddress: undefined,
        keepsakes: new Keepsakes(host),
        keepAliveMs: () => 15_000,
        local: () => address,
        post: (_to, _remote, message) => {
          posted.push(message);
          if (this.lose(message)) return;
          const from = this.ends[own];
          host.clock.after(ONE_WAY_MS, () =>
            this.ends[other].table.signalled(from.identity.publicKey, from.address, message),
          );
        },
        look: async () => {},
        accept: () => true,
        accepted: (session, winner) => void accepted.push([session, winner]),
      });
      return { host, identity: identities[own], table, plugins: straight, posted, accepted, address };
    };
    this.ends = [end(0, 1), end(1, 0)];
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.ends[0].host.clock, ms);
  }

  /** Has the first end dial the second one by all plugins. */
  dial(policy: Parameters<Session['dial']>[1] = {}): Session {
    const [{ table, plugins }, { address }] = this.ends;
    const session = table.initiate(address);
    session.dial(plugins, policy);
    return session;
  }

  async run<T>(body: () => Promise<T>): Promise<T> {
    const result = await this.world.run(async () => {
      const value = await body();
      for (const { table, accepted } of this.ends) {
        table.close('the test is over');
        for (const [, { link }] of accepted) link.abort();
      }
      return value;
    });
    if (result.outcome === 'crashed') throw result.error;
    if (result.outcome !== 'done') throw new Error(result.outcome);
    return result.value;
  }
}
