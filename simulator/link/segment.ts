import { type AddressId, type Packet, wireLength } from '../packet.ts';
import type { Device } from '../trace/observer.ts';
import type { World } from '../world/world.ts';
import { DirectedLink } from './directed-link.ts';
import { type LinkDropReason, LOST } from './impairment.ts';
import type { Link, MtuLimit } from './link-model.ts';

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
  /** The longest packet up and down. */
  readonly limits: { readonly up: MtuLimit | undefined; readonly down: MtuLimit | undefined };
}

/**
 * A layer-2 network that joins two or more ports: a cable, or a LAN with its switch. It finds the next hop by address,
 * as ARP and neighbour discovery would, and carries the packet through the sender's `up` and the receiver's `down`.
 */
export class Segment {
  readonly #world: World;
  readonly #ports: Port[] = [];
  readonly #neighbours = new Map<AddressId, Port>();
  /** Does any port have an MTU? */
  #limited = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** @param link what the port's cable does @default nothing: no delay, no loss */
  attach(device: Device, owner: PortOwner, link?: Link): Port {
    const random = this.#world.random.fork(`link:${device.name}:${this.#ports.length}`);
    const up = link && DirectedLink.of(link.up, random.fork('up'));
    const down = link && DirectedLink.of(link.down, random.fork('down'));
    const limits = { up: link?.up.mtu, down: link?.down.mtu };
    if (limits.up || limits.down) this.#limited = true;
    const port: Port = { device, owner, segment: this, up, down, limits };
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

  /** From now on nobody has the address. */
  withdraw(address: AddressId): void {
    this.#neighbours.delete(address);
  }

  /** From now on nothing comes to the port, and nobody has its addresses. */
  detach(port: Port): void {
    for (const [address, holder] of this.#neighbours) if (holder === port) this.#neighbours.delete(address);
    this.#ports.splice(this.#ports.indexOf(port), 1);
  }

  /**
   * The MTU between a port and a neighbour: the smaller one of the two links in between. It is the sender's business to
   * keep to it, as a network layer knows how.
   *
   * @returns undefined: no limit, or no such neighbour
   */
  limit(from: Port, nextHop: AddressId): MtuLimit | undefined {
    const to = this.#limited ? this.#neighbours.get(nextHop) : undefined;
    return to && narrower(from.limits.up, to.limits.down);
  }

  /** @returns false if no port here has the address of the next hop */
  send(packet: Packet, from: Port, nextHop: AddressId): boolean {
    const to = this.#neighbours.get(nextHop);
    if (to === undefined) return false;
    this.#carry(packet, from, to);
    return true;
  }

  /**
   * A copy to every port but the sender's. They share their number, since a trace follows them as one packet. What is
   * too long for a port does not get there: nobody answers what was sent to a group (RFC 1122 section 3.2.2).
   */
  sendToAll(packet: Packet, from: Port): void {
    const { trace } = this.#world;
    const others = this.#ports.filter((port) => port !== from);
    if (others.length === 0) trace.dropped(from.device, packet, 'link: nobody there');
    for (const to of others) {
      const copy = copyOf(packet);
      const limit = narrower(from.limits.up, to.limits.down);
      if (limit && wireLength(packet) > limit.bytes) trace.dropped(from.device, copy, TOO_LONG);
      else this.#carry(copy, from, to);
    }
  }

  #carry(packet: Packet, from: Port, to: Port): void {
    const { up } = from;
    if (up === undefined) {
      if (to.down === undefined) this.#world.scheduler.schedule(0, arrive, packet, to);
      else this.#descend(packet, to);
      return;
    }
    const copy = up.duplicates() ? this.#duplicate(packet, from) : undefined;
    this.#ascend(packet, from, up, to);
    if (copy) this.#ascend(copy, from, up, to);
  }

  #ascend(packet: Packet, from: Port, up: DirectedLink, to: Port): void {
    const { scheduler, trace } = this.#world;
    const { now } = scheduler;
    const arrivalUs = up.transit(packet, now);
    if (arrivalUs === LOST) trace.dropped(from.device, packet, up.lossReason);
    else if (to.down === undefined) scheduler.schedule(arrivalUs - now, arrive, packet, to);
    else scheduler.schedule(arrivalUs - now, this.#descend, packet, to);
  }

  /** A link sees its packets in the order in which they reach it, hence an event of its own. */
  readonly #descend = (packet: Packet, to: Port): void => {
    const down = to.down!;
    const copy = down.duplicates() ? this.#duplicate(packet, to) : undefined;
    this.#land(packet, down, to);
    if (copy) this.#land(copy, down, to);
  };

  #land(packet: Packet, down: DirectedLink, to: Port): void {
    const { scheduler, trace } = this.#world;
    const arrivalUs = down.transit(packet, scheduler.now);
    if (arrivalUs === LOST) trace.dropped(to.device, packet, down.lossReason);
    else scheduler.schedule(arrivalUs - scheduler.now, arrive, packet, to);
  }

  #duplicate(packet: Packet, at: Port): Packet {
    const copy = copyOf(packet);
    this.#world.trace.duplicated(at.device, copy);
    return copy;
  }
}

const TOO_LONG: LinkDropReason = 'link: mtu';

/** Who receives a packet may rewrite it, payload and all. */
function copyOf(packet: Packet): Packet {
  return { ...packet, payload: Buffer.from(packet.payload) };
}

function narrower(one: MtuLimit | undefined, other: MtuLimit | undefined): MtuLimit | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.bytes <= other.bytes ? one : other;
}

function arrive(packet: Packet, to: Port): void {
  to.owner.receive(packet, to);
}
