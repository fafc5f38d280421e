import type {
  Clock,
  Events,
  Host,
  InterfaceAddress,
  NetworkInterface,
  Random,
  Signer,
} from '../../core/ports/index.ts';
import type { Port, PortOwner, Segment } from '../link/segment.ts';
import { icmpPacket, type Packet, quoteOf, TCP, UDP } from '../packet.ts';
import { type Attachment, type Interface, NetworkLayer } from '../router/network-layer.ts';
import { Reassembler } from '../router/reassembler.ts';
import type { Route } from '../router/routing-table.ts';
import type { Device } from '../trace/observer.ts';
import { SimSigner } from '../world/signer.ts';
import { EPOCH_MS, type Resident, type World } from '../world/world.ts';
import { EchoStack } from './echo-stack.ts';
import { HostIp } from './host-ip.ts';
import { SimClock } from './sim-clock.ts';
import { TcpStack } from './tcp/tcp-stack.ts';
import { UdpStack } from './udp-stack.ts';

/** Not 0, or two programs that talk over the loopback could do so for ever without time passing. */
const LOOPBACK_US = 10;

const LOOPBACK: NetworkInterface = {
  name: 'lo',
  loopback: true,
  addresses: [
    { address: '127.0.0.1', family: 4, prefixLength: 8 },
    { address: '::1', family: 6, prefixLength: 128 },
  ],
};

/** Pure functions with a cache: one serves every host of every world. */
const signer = new SimSigner();

export interface SimHostOptions {
  /** How far the host's wall clock is off, in milliseconds. @default 0 */
  readonly wallOffsetMs?: number;
}

/** A machine in a world. */
export class SimHost implements Host, PortOwner, Resident {
  readonly device: Device;
  readonly network: NetworkLayer;
  readonly clock: Clock;
  readonly random: Random;
  readonly signer: Signer = signer;
  readonly events: Events;
  readonly udp: UdpStack;
  readonly tcp: TcpStack;
  /** Not a port of the engine's: ping is for people and tests. */
  readonly echo: EchoStack;
  readonly #world: World;
  readonly #fragments: Reassembler;

  /** @param on the host's name, or the network layer of the router that it is part of */
  constructor(world: World, on: string | NetworkLayer, options: SimHostOptions = {}) {
    this.#world = world;
    this.network = typeof on === 'string' ? new NetworkLayer(world, world.device(on)) : on;
    this.device = this.network.device;
    this.network.ownError ??= (kind, quote) => this.#loop(icmpPacket(world.nextPacketId(), quote.source, kind, quote));
    this.clock = new SimClock(world.scheduler, EPOCH_MS + (options.wallOffsetMs ?? 0));
    const random = world.random.fork(`host:${this.device.name}`);
    this.random = random.fork('programs');
    this.events = { emit: (event, detail) => world.trace.hostEvent(this.device, event, detail) };
    const ip = (label: string) => new HostIp(world, this.network, random.fork(label), (packet) => this.send(packet));
    this.udp = new UdpStack(ip('udp'));
    this.tcp = new TcpStack(ip('tcp'));
    this.echo = new EchoStack(ip('echo'));
    // RFC 1122 section 3.3.2
    this.#fragments = new Reassembler(world, this.device, (first) => {
      this.network.sendError('time-exceeded', quoteOf(first));
    });
    world.adopt(this);
  }

  /** What the network's routers advertise (RFC 8781). */
  nat64: string | undefined;

  async nat64Prefix(): Promise<string | undefined> {
    return this.nat64;
  }

  attach(segment: Segment, attachment: Attachment): Interface {
    return this.network.attach(segment, this, attachment);
  }

  /** Attachments of one name are one interface: the two families of a line may take ways of their own. */
  interfaces(): readonly NetworkInterface[] {
    const up = new Map<string, InterfaceAddress[]>();
    for (const { name, addresses } of this.network.interfaces) {
      up.set(name, [...(up.get(name) ?? []), ...addresses]);
    }
    return [LOOPBACK, ...[...up].map(([name, addresses]) => ({ name, loopback: false, addresses }))];
  }

  async defaultGateways(): Promise<readonly string[]> {
    return this.network.routes.defaultHops().map((id) => this.#world.addresses.text(id));
  }

  /** Takes a packet off the wire. */
  receive(packet: Packet, _port: Port): void {
    const whole = packet.fragment === undefined ? packet : this.#fragments.take(packet);
    if (whole !== undefined) this.#receive(whole);
  }

  #receive(packet: Packet): void {
    if (this.network.isLocal(packet.destination) || this.#world.addresses.kind(packet.destination) === 'group')
      this.#accept(packet);
    else this.#world.trace.dropped(this.device, packet, 'host: not our address');
  }

  /** Sends a packet of this host's own. */
  send(packet: Packet): void {
    const { addresses, trace } = this.#world;
    trace.sent(this.device, packet);
    if (this.network.isLocal(packet.destination)) {
      this.#world.scheduler.schedule(LOOPBACK_US, this.#arriveLocally, packet);
      return;
    }
    const kind = addresses.kind(packet.destination);
    const route = kind === 'unspecified' ? undefined : this.#routeFor(packet);
    if (route === undefined) trace.dropped(this.device, packet, 'host: no route');
    else if (addresses.kind(packet.source) === 'loopback') trace.dropped(this.device, packet, 'host: loopback source');
    else if (kind === 'group') route.port.segment.sendToAll(packet, route.port);
    else this.network.transmit(packet, route);
  }

  /**
   * A packet leaves by the interface that its source address is on, if a route leads there from it: the strong host
   * model (RFC 1122 section 3.3.4.2), which phones and Windows follow, and Linux where it has a rule for each interface.
   */
  #routeFor({ source, destination }: Packet): Route | undefined {
    const { routes, interfaces } = this.network;
    const route = routes.find(destination);
    if (route === undefined || route.source === source || interfaces.length === 1) return route;
    const own = interfaces.find(({ ids }) => ids.includes(source));
    return (own && own.port !== route.port && routes.findBy(own.port, destination)) || route;
  }

  audit(): Record<string, number> {
    return { udpSockets: this.udp.openCount, tcpSockets: this.tcp.openCount, echoSockets: this.echo.openCount };
  }

  close(): void {
    this.udp.shutdown();
    this.tcp.shutdown();
    this.echo.shutdown();
  }

  readonly #arriveLocally = (packet: Packet): void => this.#accept(packet);

  #loop(packet: Packet): void {
    this.#world.trace.sent(this.device, packet);
    this.#world.scheduler.schedule(LOOPBACK_US, this.#arriveLocally, packet);
  }

  #accept(packet: Packet): void {
    if (packet.protocol === UDP) this.#acceptDatagram(packet);
    else if (packet.protocol === TCP) this.#acceptSegment(packet);
    else this.#acceptIcmp(packet);
  }

  #acceptDatagram(packet: Packet): void {
    const socket = this.udp.find(packet);
    if (socket === undefined) {
      this.#refuse(packet);
      return;
    }
    this.#world.trace.delivered(this.device, packet);
    this.udp.receive(packet, socket);
  }

  #acceptSegment(packet: Packet): void {
    const { addresses, trace } = this.#world;
    // RFC 9293 section 3.9.2.3 (MUST-57): nobody speaks TCP to a group.
    if (addresses.kind(packet.destination) === 'group') {
      trace.dropped(this.device, packet, 'host: TCP to a group');
      return;
    }
    trace.delivered(this.device, packet);
    this.tcp.receive(packet);
  }

  #acceptIcmp(packet: Packet): void {
    this.#world.trace.delivered(this.device, packet);
    // RFC 1122 section 3.2.2.6 lets a host be silent when a group is asked.
    if (packet.echo && this.network.isLocal(packet.destination)) this.echo.receive(packet);
    if (packet.icmp === undefined) return;
    const { kind, quote } = packet.icmp;
    if (quote.protocol === UDP) this.udp.receiveError(kind, quote);
    else if (quote.protocol === TCP) this.tcp.receiveError(kind, quote);
    else this.echo.receiveError(kind, quote, packet.source);
  }

  /** RFC 1122 section 4.1.3.1, except for what was sent to a group (section 3.2.2). */
  #refuse(packet: Packet): void {
    this.#world.trace.dropped(this.device, packet, 'host: no socket');
    if (this.#world.addresses.kind(packet.destination) === 'group') return;
    const id = this.#world.nextPacketId();
    this.send(icmpPacket(id, packet.destination, 'port-unreachable', quoteOf(packet)));
  }
}
