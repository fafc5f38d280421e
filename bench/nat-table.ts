import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import type { NatEnvironment } from '../simulator/nat/environment.ts';
import { Nat } from '../simulator/nat/nat.ts';
import { type Packet, udpPacket } from '../simulator/packet.ts';
import { SeededRandom } from '../simulator/world/random.ts';

export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
}

const EXTERNAL = [0, 1, 2, 3];
const FIRST_HOST = 10;
const PEER = 5;
const SOCKETS_PER_HOST = 1000;
const PACKETS = 2_000_000;
const KINDS: Readonly<Record<string, NatDescription>> = {
  'port-restricted': { filtering: 'address-and-port-dependent', ports: { allocation: 'random' } },
  symmetric: { mapping: 'address-and-port-dependent', ports: { allocation: 'random' } },
};

/** A NAT with `live` UDP mappings of as many sockets, every one with its last packet. */
class Rig implements NatEnvironment {
  readonly random = SeededRandom.fromText('bench');
  readonly nat: Nat;
  readonly #outbound: Packet[] = [];
  readonly #inbound: Packet[] = [];
  #time = 0;
  #packets = 0;
  forwarded = 0;

  constructor(description: NatDescription, live: number) {
    const behaviour = resolveBehaviour({ ...description, addresses: EXTERNAL.length });
    this.nat = new Nat(behaviour, this, EXTERNAL);
    const nothing = new Uint8Array(0);
    for (let socket = 0; socket < live; socket++) {
      const host = FIRST_HOST + Math.floor(socket / SOCKETS_PER_HOST);
      const port = 10_000 + (socket % SOCKETS_PER_HOST);
      const packet = udpPacket(socket, host, port, PEER, 3478, 64, nothing);
      this.nat.fromInside(packet);
      this.#inbound.push(udpPacket(socket, PEER, 3478, packet.source, packet.sourcePort, 64, nothing));
      this.#outbound.push(udpPacket(socket, host, port, PEER, 3478, 64, nothing));
    }
  }

  /** Sends packets out and in by turns, over all mappings in a scattered order; answers packets per second. */
  run(packets: number): number {
    const live = this.#outbound.length;
    const stride = 7919; // a prime: coprime to the numbers of mappings, so that every one has its turn
    const start = process.hrtime.bigint();
    for (let count = 0, index = 0; count < packets; count += 2, index = (index + stride) % live) {
      this.#time += 20;
      const out = this.#outbound[index]!;
      const { source, sourcePort } = out;
      this.nat.fromInside(out);
      out.source = source;
      out.sourcePort = sourcePort;
      const into = this.#inbound[index]!;
      const { destination, destinationPort } = into;
      this.nat.fromOutside(into);
      into.destination = destination;
      into.destinationPort = destinationPort;
    }
    return packets / (Number(process.hrtime.bigint() - start) / 1e9);
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
  sendOutside(): void {
    this.forwarded++;
  }
  sendInside(): void {
    this.forwarded++;
  }
  drop(_packet: Packet, reason: string): void {
    throw new Error(reason);
  }
  mappingCreated(): void {}
  mappingRemoved(): void {}
}

/** What a packet through the NAT costs with few and with many live mappings, all of them busy. */
export function benchNatTable(): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [kind, description] of Object.entries(KINDS)) {
    new Rig(description, 1000).run(PACKETS); // warm-up
    for (const live of [1, 1000, 100_000]) {
      const rig = new Rig(description, live);
      rig.run(live);
      const value = Math.round(Math.max(rig.run(PACKETS), rig.run(PACKETS), rig.run(PACKETS)));
      rows.push({ name: `nat ${kind}, ${live} live mappings`, unit: 'packets/s', value });
    }
  }
  return rows;
}
