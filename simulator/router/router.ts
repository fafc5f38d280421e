import { SimHost } from '../host/sim-host.ts';
import type { Port, PortOwner, Segment } from '../link/segment.ts';
import { type IcmpKind, type Packet, quoteOf } from '../packet.ts';
import type { Device } from '../trace/observer.ts';
import type { World } from '../world/world.ts';
import { type Attachment, type Interface, NetworkLayer } from './network-layer.ts';
import type { Route } from './routing-table.ts';

/** Forwards between its interfaces by longest prefix, and translates nothing. */
export class Router implements PortOwner {
  readonly device: Device;
  readonly network: NetworkLayer;
  protected readonly world: World;
  #host: SimHost | undefined;

  constructor(world: World, name: string) {
    this.world = world;
    this.device = world.device(name);
    this.network = new NetworkLayer(world, this.device);
  }

  /** The router's own programs run here. Until somebody asks for it, what is sent to the router itself dies there. */
  get host(): SimHost {
    this.#host ??= new SimHost(this.world, this.network);
    return this.#host;
  }

  attach(segment: Segment, attachment: Attachment): Interface {
    return this.network.attach(segment, this, attachment);
  }

  receive(packet: Packet, port: Port): void {
    if (this.isForSelf(packet)) this.deliver(packet, port);
    else this.forward(packet);
  }

  protected isForSelf(packet: Packet): boolean {
    return this.network.owns(packet.destination) || this.world.addresses.kind(packet.destination) === 'group';
  }

  /** Takes what is addressed to the router itself, or to a group, which no router carries further. */
  protected deliver(packet: Packet, port: Port): void {
    if (this.#host) this.#host.receive(packet, port);
    else this.world.trace.dropped(this.device, packet, 'router: addressed to the router');
  }

  protected forward(packet: Packet): void {
    const route = this.routeOnwards(packet);
    if (route === undefined) return;
    this.world.trace.forwarded(this.device, packet);
    this.network.transmit(packet, route);
  }

  /** Takes one off the hop limit and finds the way; undefined: the packet ends here, and its sender has been told. */
  protected routeOnwards(packet: Packet): Route | undefined {
    if (this.world.addresses.kind(packet.destination) !== 'unicast') {
      this.world.trace.dropped(this.device, packet, 'router: not a unicast destination');
      return undefined;
    }
    // RFC 1812 section 5.3.1
    if (packet.ttl <= 1) return this.refuse(packet, 'router: ttl exceeded', 'time-exceeded');
    const route = this.network.routes.find(packet.destination);
    if (route === undefined) return this.refuse(packet, 'router: no route', 'network-unreachable');
    packet.ttl--;
    return route;
  }

  protected refuse(packet: Packet, reason: string, kind: IcmpKind, quote = quoteOf(packet)): undefined {
    this.world.trace.dropped(this.device, packet, reason);
    // RFC 1122 section 3.2.2: no ICMP error about an ICMP error
    if (packet.icmp === undefined) this.network.sendError(kind, quote);
  }
}
