import { startInfrastructure } from '../../lab-cli/trial/infrastructure.ts';
import { type Side, type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import type { Packet } from '../../simulator/packet.ts';
import type { NatDescription } from '../nat/behaviour.ts';
import { extendDescription, resolveBehaviour } from '../nat/behaviour.ts';
import { PRESETS } from '../nat/presets.ts';
import { sleep } from '../ports/sleep.ts';
import { startTurnServer } from '../servers/turn/turn-server.ts';
import { type ConnectOptions, Node, type NodeOptions, type NodeServers, type Pipe } from './index.ts';

/** A preset's name, or one with something changed. */
export type NatOf = string | { readonly like: string; readonly but: NatDescription };

export interface PipeSetting {
  readonly nats: readonly [NatOf, NatOf];
  readonly connect?: ConnectOptions;
  readonly options?: NodeOptions;
  /** From each host to the core, one way. @default 20 */
  readonly latencyMs?: number;
  /** The relay is one that {@link PipeStage.restartRelay} can start anew. @default false */
  readonly ownRelay?: boolean;
}

/** A packet that some machine has sent, as it was there. */
export interface Seen {
  readonly atUs: number;
  readonly protocol: number;
  readonly from: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

/** What each end of a pipe has said, and heard. */
export interface Talk {
  readonly sent: [string[], string[]];
  readonly heard: [string[], string[]];
}

/** Two nodes, each behind a NAT, and a pipe between them. */
export class PipeStage {
  readonly world: World;
  readonly topology: Topology;
  readonly sides: readonly [Side, Side];
  readonly nodes: readonly [Node, Node];
  readonly servers: NodeServers;
  /** The initiator's end and the responder's. */
  readonly pipes: readonly [Pipe, Pipe];
  /** Forgets all allocations, as when the server's program is started anew. */
  readonly restartRelay: () => Promise<void>;

  private constructor(parts: Parts) {
    ({
      world: this.world,
      topology: this.topology,
      sides: this.sides,
      nodes: this.nodes,
      servers: this.servers,
      pipes: this.pipes,
      restartRelay: this.restartRelay,
    } = parts);
  }

  static async run<T>(setting: PipeSetting, body: (stage: PipeStage) => Promise<T>): Promise<T> {
    const { nats, connect, options, latencyMs = 20, ownRelay = false } = setting;
    const world = new World({ seed: JSON.stringify(nats) });
    const topology = new Topology(world);
    const link = symmetricLink({ latencyUs: latencyMs * 1000 });
    const side = (index: 0 | 1) => topology.side('ab'[index]!, { nats: [behaviourOf(nats[index])], link });
    const sides = [side(0), side(1)] as const;
    const result = await world.run(async () => {
      const relay = ownRelay ? await startRelay(topology) : undefined;
      const found = await startInfrastructure(topology);
      const servers = relay ? { ...found, turn: [relay.server] } : found;
      const start = (index: 0 | 1) => Node.start(sides[index].host, { servers, ...options });
      const nodes = [await start(0), await start(1)] as const;
      const accepted = new Promise<Pipe>((resolve) => nodes[1].onPipe(resolve));
      const [pipe] = await nodes[0].connect(nodes[1].addressText, connect);
      await pipe.settled;
      const pipes = [pipe, await accepted] as const;
      const restartRelay = async () => relay?.restart();
      const stage = new PipeStage({ world, topology, sides, nodes, servers, pipes, restartRelay });
      const value = await body(stage);
      await Promise.all(nodes.map((node) => node.close()));
      return value;
    });
    if (result.outcome === 'crashed') throw result.error;
    if (result.outcome !== 'done') throw new Error(result.outcome);
    return result.value;
  }

  sleep(ms: number): Promise<void> {
    return sleep(this.nodes[0].host.clock, ms);
  }

  /** One more place to be. */
  side(name: string, nat: NatOf): Side {
    return this.topology.side(name, { nats: [behaviourOf(nat)], link: symmetricLink({ latencyUs: 20_000 }) });
  }

  /** One more machine, near the core. */
  server(name: string): { host: SimHost; address: string } {
    const host = this.topology.server(name, { link: symmetricLink({ latencyUs: 500 }) });
    return { host, address: host.interfaces()[1]!.addresses[0]!.address };
  }

  /** Tells of every packet that this machine sends, from now on. */
  watch(device: string, told: (packet: Seen) => void): void {
    const { addresses, trace } = this.world;
    const place = (id: number, port: number) => `${addresses.text(id)}:${port}`;
    trace.observe({
      packet: (atUs, { name }, event, packet: Packet) => {
        if (name !== device || (event !== 'sent' && event !== 'translated')) return;
        const from = place(packet.source, packet.sourcePort);
        const to = place(packet.destination, packet.destinationPort);
        told({ atUs, protocol: packet.protocol, from, to, payload: packet.payload });
      },
      mapping: () => {},
      hostEvent: () => {},
    });
  }

  /** Both ends hear all that comes. */
  listen(): Talk {
    const talk: Talk = { sent: [[], []], heard: [[], []] };
    for (const [index, pipe] of this.pipes.entries()) {
      pipe.onMessage((message) => talk.heard[index]!.push(Buffer.from(message).toString()));
    }
    return talk;
  }

  /** Both ends send a message every so often, or one of them does. */
  async chat(talk: Talk, forMs: number, everyMs: number, who: readonly (0 | 1)[] = [0, 1]): Promise<void> {
    for (let ms = 0; ms < forMs; ms += everyMs) {
      for (const index of who) {
        const text = `${talk.sent[index].length}`;
        talk.sent[index].push(text);
        this.pipes[index].send(Buffer.from(text)).catch(() => {});
      }
      await this.sleep(everyMs);
    }
  }
}

type Parts = Pick<PipeStage, 'world' | 'topology' | 'sides' | 'nodes' | 'servers' | 'pipes' | 'restartRelay'>;

async function startRelay(topology: Topology) {
  const host = topology.server('relay', { link: symmetricLink({ latencyUs: 500 }) });
  const { address } = host.interfaces()[1]!.addresses[0]!;
  const endpoint = { address, port: 3478 };
  const user = { username: 'user', password: 'password' };
  const users = new Map([[user.username, user.password]]);
  const start = () => startTurnServer(host, { endpoint, realm: 'relay', users, relayAddresses: [address] });
  let running = await start();
  const restart = async () => {
    await running.close();
    running = await start();
  };
  return { server: { endpoint, ...user }, restart };
}

function behaviourOf(nat: NatOf) {
  const { like, but } = typeof nat === 'string' ? { like: nat, but: {} } : nat;
  return resolveBehaviour(extendDescription(PRESETS[like]!.behaviour, but));
}
