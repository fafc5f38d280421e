import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import type { NatEnvironment } from '../simulator/nat/environment.ts';
import { Nat } from '../simulator/nat/nat.ts';
import { type Packet, udpPacket } from '../simulator/packet.ts';
import { SeededRandom } from '../simulator/world/random.ts';
import { bestRate, type Row } from './row.ts';

const EXTERNAL = [0, 1, 2, 3];
const FIRST_HOST = 10;
const PEER = 5;
const PEER_PORT = 3478;
// A prime: coprime to the numbers of mappings, so that every one has its turn.
const STRIDE = 7919;
const SOCKETS_PER_HOST = 1000;
const PACKETS = 100_000;
const ROUNDS = 60;
/** Live mappings, and how many of them have traffic. */
const LOADS = [
  [1, 1],
  [1000, 1000],
  [100_000, 1000],
  [100_000, 100_000],
] as const;
const KINDS: Readonly<Record<string, NatDescription>> = {
  'port-restricted': { filtering: 'address-and-port-dependent', ports: { allocation: 'random' } },
  symmetric: { mapping: 'address-and-port-dependent', ports: { allocation: 'random' } },
};

/** A NAT with `live` UDP mappings of as many sockets. */
class Rig implements NatEnvironment {
  readonly random = SeededRandom.fromText('bench');
  readonly #nat: Nat;
  // One packet of each direction, filled in anew each time, so that the memory measured is the NAT's.
  readonly #out = udpPacket(0, 0, 0, PEER, PEER_PORT, 64, new Uint8Array(0));
  readonly #in = udpPacket(0, PEER, PEER_PORT, 0, 0, 64, new Uint8Array(0));
  readonly #live: number;
  readonly #externals: Float64Array;
  #time = 0;
  #turn = 0;
  #packets = 0;

  constructor(description: NatDescription, live: number) {
    const behaviour = resolveBehaviour({ ...description, addresses: EXTERNAL.length });
    this.#nat = new Nat(behaviour, this, EXTERNAL);
    this.#live = live;
    this.#externals = new Float64Array(live);
    for (let socket = 0; socket < live; socket++) {
      this.#send(socket);
      this.#externals[socket] = this.#out.source * 65536 + this.#out.sourcePort;
    }
  }

  /**
   * Sends packets out and in by turns over `busy` of the mappings, which lie evenly among the others and are visited in
   * a scattered order.
   */
  run(packets: number, busy: number): void {
    const apart = Math.floor(this.#live / busy);
    for (let count = 0; count < packets; count += 2) {
      this.#time += 20;
      this.#turn = (this.#turn + STRIDE) % busy;
      this.#send(this.#turn * apart);
      this.#hear(this.#turn * apart);
    }
  }

  #send(socket: number): void {
    this.#out.source = FIRST_HOST + Math.floor(socket / SOCKETS_PER_HOST);
    this.#out.sourcePort = 10_000 + (socket % SOCKETS_PER_HOST);
    this.#nat.fromInside(this.#out);
  }

  #hear(socket: number): void {
    const external = this.#externals[socket]!;
    this.#in.destination = Math.floor(external / 65536);
    this.#in.destinationPort = external % 65536;
    this.#nat.fromOutside(this.#in);
  }

  now(): number {
    return this.#time;
  }
  after(): never {
    throw new Error('UDP needs no timer');
  }
  nextPacketId(): number {
    return this.#packets++;
  }
  sendOutside(): void {}
  sendInside(): void {}
  drop(_packet: Packet, reason: string): void {
    throw new Error(reason);
  }
  mappingCreated(): void {}
  mappingRemoved(): void {}
}

/**
 * What a packet through the NAT costs with few and with many live mappings. With 1,000 busy ones among them the work is
 * the same however many there are; with all of them busy, 100,000 no longer fit into the processor's caches, and what
 * is measured is memory.
 */
export async function natTableRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [kind, description] of Object.entries(KINDS)) {
    for (const [live, busy] of LOADS) {
      const rig = new Rig(description, live);
      rig.run(2 * live, live);
      const value = await bestRate(ROUNDS, () => {
        rig.run(PACKETS, busy);
        return PACKETS;
      });
      rows.push({ name: `${kind} NAT, ${live} live mappings, ${busy} busy`, unit: 'packets/s', value });
    }
  }
  return rows;
}
