import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { symmetricLink } from '../simulator/link/link-model.ts';
import type { Port, PortOwner } from '../simulator/link/segment.ts';
import { type AddressId, type Packet, udpPacket } from '../simulator/packet.ts';
import { Topology } from '../simulator/topology.ts';
import type { Device } from '../simulator/trace/observer.ts';
import { World } from '../simulator/world/world.ts';
import type { Row } from './row.ts';

/** Live mappings of each NAT. */
const LIVE = [1, 1000, 100_000] as const;
/** Whatever the number of mappings: as many packets, so that the rounds compare. */
const PACKETS = 200_000;
const ROUNDS = 8;
const PAYLOAD = Buffer.alloc(100);
/** Exchanges under way at a time. */
const WINDOW = 64;
// A prime: coprime to the numbers of mappings, so that every one has its turn, in a scattered order.
const STRIDE = 7919;
const LINK = symmetricLink({ latencyUs: 1000 });
/** An address has 64,512 ports, too few for 100,000 mappings. */
const EXTERNAL = 4;
const PORTS_PER_HOST = 1000;
const FIRST_PORT = 2000;
const NAT = resolveBehaviour({
  filtering: 'address-and-port-dependent',
  addresses: EXTERNAL,
  udp: { timeoutMs: 3_600_000 },
});

/** What a packet costs from host to host over a NAT, the core and another NAT, by how many mappings are live, and busy. */
export async function natScaleRows(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const live of LIVE) {
    const value = await rate(live);
    const relative = rows[0] ? `, ${(rows[0].value / value).toFixed(2)} times the cost of one` : '';
    rows.push({ name: `UDP over two NATs, ${live} live mappings each${relative}`, unit: 'packets/s', value });
  }
  return rows;
}

async function rate(live: number): Promise<number> {
  const world = new World({ seed: 'bench' });
  const net = new Topology(world);
  const [a, b] = [new Crowd(world, net, 'a', live), new Crowd(world, net, 'b', live)];
  let value = 0;
  await world.run(
    async () => {
      const exchange = new Exchange(a, b, live);
      // Every mapping and filter is open; what came before that died in the filter.
      for (let flow = 0; flow < live; flow++) {
        a.send(flow, b);
        b.send(flow, a);
      }
      await new Promise<void>((resolve) => world.scheduler.schedule(1_000_000, resolve));
      for (let round = 0; round < ROUNDS; round++) {
        const start = cpuUs();
        const packets = await exchange.run(PACKETS);
        // The first round warms up.
        if (round > 0) value = Math.max(value, (packets / (cpuUs() - start)) * 1e6);
      }
    },
    { maxEvents: Number.POSITIVE_INFINITY, limitUs: Number.POSITIVE_INFINITY },
  );
  return value;
}

/** In a world the clocks are virtual; the processor's time is not. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/**
 * Hosts behind one NAT, each with as many ports. They are one device without a stack: 100,000 sockets would take more
 * memory than the NAT's mappings, and it is the NAT that is measured.
 */
class Crowd implements PortOwner {
  onDatagram: ((flow: number) => void) | undefined;
  readonly #world: World;
  readonly #device: Device;
  readonly #port: Port;
  readonly #gateway: AddressId;
  readonly #hosts: readonly AddressId[];
  readonly #external: readonly AddressId[];

  constructor(world: World, net: Topology, name: string, live: number) {
    const { nats, home } = net.side(name, { nats: [NAT], link: LINK });
    const slot = home.join(Math.ceil(live / PORTS_PER_HOST));
    const idOf = (address: string) => world.addresses.id(address.split('/')[0]!);
    this.#world = world;
    this.#device = world.device(`${name} crowd`);
    this.#port = slot.segment.attach(this.#device, this, slot.link);
    this.#gateway = idOf(slot.gateway);
    this.#hosts = slot.addresses.map(idOf);
    for (const host of this.#hosts) slot.segment.announce(host, this.#port);
    this.#external = nats[0]!.outside.ids.filter((id) => !world.addresses.isIpv6(id));
  }

  send(flow: number, to: Crowd): void {
    const host = Math.floor(flow / PORTS_PER_HOST);
    const port = portOf(flow);
    // Ports are kept, and hosts are paired with addresses in the order in which they first send.
    const destination = to.#external[host % EXTERNAL]!;
    const packet = udpPacket(this.#world.nextPacketId(), this.#hosts[host]!, port, destination, port, 64, PAYLOAD);
    this.#world.trace.sent(this.#device, packet);
    this.#port.segment.send(packet, this.#port, this.#gateway);
  }

  receive(packet: Packet): void {
    this.#world.trace.delivered(this.#device, packet);
    const host = packet.destination - this.#hosts[0]!;
    this.onDatagram?.(host * PORTS_PER_HOST + ((packet.destinationPort - FIRST_PORT) % PORTS_PER_HOST));
  }
}

/** No two hosts behind one external address have one port. */
function portOf(flow: number): number {
  const host = Math.floor(flow / PORTS_PER_HOST);
  return FIRST_PORT + Math.floor(host / EXTERNAL) * PORTS_PER_HOST + (flow % PORTS_PER_HOST);
}

/** Datagrams there and back, each exchange over the flow that is next. */
class Exchange {
  readonly #a: Crowd;
  readonly #b: Crowd;
  readonly #live: number;
  #turn = 0;
  #left = 0;
  #done: ((packets: number) => void) | undefined;
  #asked = 0;

  constructor(a: Crowd, b: Crowd, live: number) {
    this.#a = a;
    this.#b = b;
    this.#live = live;
    b.onDatagram = (flow) => {
      if (this.#done) b.send(flow, a);
    };
    a.onDatagram = () => this.#next();
  }

  run(packets: number): Promise<number> {
    this.#asked = packets;
    this.#left = packets / 2;
    return new Promise((resolve) => {
      this.#done = resolve;
      for (let index = 0; index < WINDOW; index++) this.#ask();
    });
  }

  #ask(): void {
    this.#turn = (this.#turn + STRIDE) % this.#live;
    this.#a.send(this.#turn, this.#b);
  }

  #next(): void {
    if (!this.#done) return;
    this.#left--;
    if (this.#left >= WINDOW) this.#ask();
    else if (this.#left === 0) {
      const done = this.#done;
      this.#done = undefined;
      done(this.#asked);
    }
  }
}
