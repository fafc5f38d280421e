import type { Port, PortOwner, Segment } from '../link/segment.ts';
import { ICMP, type IcmpKind, type Packet, quoteOf } from '../packet.ts';
import type { Device } from '../trace/observer.ts';
import type { World } from '../world/world.ts';
import { type Attachment, type Interface, NetworkLayer } from './network-layer.ts';

/** Forwards between its interfaces by longest prefix, and translates nothing. */
export class Router implements PortOwner {
  readonly device: Device;
  readonly network: NetworkLayer;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.device = world.device(name);
    this.network = new NetworkLayer(world, this.device);
  }

  attach(segment: Segment, attachment: Attachment): Interface {
    return this.network.attach(segment, this, attachment);
  }

  receive(packet: Packet, _port: Port): void {
    const { network } = this;
    if (network.owns(packet.destination)) {
      this.#world.trace.dropped(this.device, packet, 'router: addressed to the router');
      return;
    }
    if (packet.ttl <= 1) {
      this.#refuse(packet, 'router: ttl exceeded', 'time-exceeded');
      return;
    }
    const route = network.routes.find(packet.destination);
    if (route === undefined) {
      this.#refuse(packet, 'router: no route', 'network-unreachable');
      return;
    }
    packet.ttl--;
    this.#world.trace.forwarded(this.device, packet);
    network.transmit(packet, route);
  }

  #refuse(packet: Packet, reason: string, kind: IcmpKind): void {
    this.#world.trace.dropped(this.device, packet, reason);
    if (packet.protocol !== ICMP) this.network.sendError(kind, quoteOf(packet));
  }
}
