import type { AddressId, Packet } from '../packet.ts';
import type { Device } from '../trace/observer.ts';
import type { World } from '../world/world.ts';
import { DirectedLink } from './directed-link.ts';
import { LOST } from './impairment.ts';
import type { Link } from './link-model.ts';

/** Who is at the end of a port. */
export interface PortOwner {
  receive(packet: Packet, port: Port): void;
}

/** A device's attachment to a segment. */
export interface Port {
  readonly device: Device;
  readonly owner: PortOwner;
  readonly segment: Segment;
  /** Undefined: the stretch takes no time and loses nothing. */
  readonly up: DirectedLink | undefined;
  readonly down: DirectedLink | undefined;
}

/**
 * A layer-2 network that joins two or more ports: a cable, or a LAN with its switch. It finds the next hop by address,
 * as ARP and neighbour discovery would, and carries the packet through the sender's `up` and the receiver's `down`.
 */
export class Segment {
  readonly #world: World;
  readonly #ports: Port[] = [];
  readonly #neighbours = new Map<AddressId, Port>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @param link what the port's cable does @default nothing: no delay, no loss */
  attach(device: Device, owner: PortOwner, link?: Link): Port {
    const random = this.#world.random.fork(`link:${device.name}:${this.#ports.length}`);
    const up = link && DirectedLink.of(link.up, random.fork('up'));
    const down = link && DirectedLink.of(link.down, random.fork('down'));
    const port: Port = { device, owner, segment: this, up, down };
    this.#ports.push(port);
    return port;
  }

  /** @throws Error if another port has the address */
  announce(address: AddressId, port: Port): void {
    const holder = this.#neighbours.get(address);
    if (holder !== undefined && holder !== port) {
      throw new Error(`${this.#world.addresses.text(address)} is used twice on one segment`);
    }
    this.#neighbours.set(address, port);
  }

  /** @returns false if no port here has the address of the next hop */
  send(packet: Packet, from: Port, nextHop: AddressId): boolean {
    const to = this.#neighbours.get(nextHop);
    if (to === undefined) return false;
    this.#carry(packet, from, to);
    return true;
  }

  /** A copy to every port but the sender's. They share their number, since a trace follows them as one packet. */
  sendToAll(packet: Packet, from: Port): void {
    const others = this.#ports.filter((port) => port !== from);
    if (others.length === 0) this.#world.trace.dropped(from.device, packet, 'link: nobody there');
    for (const to of others) this.#carry({ ...packet, payload: Buffer.from(packet.payload) }, from, to);
  }

  #carry(packet: Packet, from: Port, to: Port): void {
    const { scheduler } = this.#world;
    const now = scheduler.now;
    if (from.up === undefined) {
      if (to.down === undefined) scheduler.schedule(0, arrive, packet, to);
      else this.#descend(packet, to);
      return;
    }
    const arrivalUs = from.up.transit(packet, now);
    if (arrivalUs === LOST) this.#world.trace.dropped(from.device, packet, from.up.lossReason);
    else if (to.down === undefined) scheduler.schedule(arrivalUs - now, arrive, packet, to);
    else scheduler.schedule(arrivalUs - now, this.#descend, packet, to);
  }

  /** A link sees its packets in the order in which they reach it, hence an event of its own. */
  readonly #descend = (packet: Packet, to: Port): void => {
    const { scheduler, trace } = this.#world;
    const down = to.down!;
    const arrivalUs = down.transit(packet, scheduler.now);
    if (arrivalUs === LOST) trace.dropped(to.device, packet, down.lossReason);
    else scheduler.schedule(arrivalUs - scheduler.now, arrive, packet, to);
  };
}

function arrive(packet: Packet, to: Port): void {
  to.owner.receive(packet, to);
}
