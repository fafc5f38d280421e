import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Random, Timer } from '../../core/ports/index.ts';
import type { Port, Segment } from '../link/segment.ts';
import type { MappingInfo, NatEnvironment } from '../nat/environment.ts';
import { Nat } from '../nat/nat.ts';
import { icmpPacket, type Packet, type Quote, UDP } from '../packet.ts';
import type { World } from '../world/world.ts';
import type { Attachment, Interface } from './network-layer.ts';
import { policyRefusal } from './policy.ts';
import { Reassembler } from './reassembler.ts';
import { Router } from './router.ts';

export interface Uplink extends Attachment {
  readonly segment: Segment;
  /** The next router's address on the segment. */
  readonly gateway: string;
  /** Other IPv4 addresses in the place of those that it has. @default there are none */
  readonly renew?: () => readonly string[];
}

/**
 * A router between an inside and an outside that translates on the way: a home router, a carrier's NAT. Its external
 * addresses are the IPv4 addresses of its uplink. IPv6, and everything if the behaviour says so, is routed untouched.
 */
export class NatRouter extends Router {
  readonly behaviour: NatBehaviour;
  #outside: Interface;
  readonly #renew: (() => readonly string[]) | undefined;
  /** Undefined: the behaviour is not to translate. */
  readonly nat: Nat | undefined;
  #external: ReadonlySet<number>;
  /** The packet that the NAT is looking at. What it sends besides is its own. */
  #transit: Packet | undefined;
  /** That packet's header as it came from outside: senders must not hear of inside addresses. */
  readonly #arrival: Quote = {
    protocol: UDP,
    source: 0,
    sourcePort: 0,
    destination: 0,
    destinationPort: 0,
    sequence: 0,
  };
  #inbound = false;
  /** Only the first fragment has the ports, so a NAT puts datagrams together before it looks at them, as Linux does. */
  readonly #fragments: Reassembler;
  #isolating = false;

  constructor(world: World, name: string, behaviour: NatBehaviour, uplink: Uplink) {
    super(world, name);
    this.behaviour = behaviour;
    this.#outside = this.attach(uplink.segment, uplink);
    this.#renew = uplink.renew;
    this.network.addRoute('0.0.0.0/0', this.outside, uplink.gateway);
    const external = this.outside.ids.filter((id) => !world.addresses.isIpv6(id));
    this.#external = new Set(external);
    this.#fragments = new Reassembler(world, this.device);
    if (behaviour.translation === 'napt') {
      this.nat = new Nat(behaviour, this.#environment(world.random.fork(`nat:${name}`)), external);
      // What the uplink refuses left with an external address: the host behind it has to hear (RFC 4787 REQ-13).
      this.network.ownError = (kind, quote) => {
        const error = icmpPacket(world.nextPacketId(), quote.source, kind, quote);
        world.trace.sent(this.device, error);
        world.scheduler.schedule(0, this.#errorAtUplink, error);
      };
    }
  }

  get outside(): Interface {
    return this.#outside;
  }

  /** Loses all that it remembers. */
  reboot(): void {
    this.world.trace.hostEvent(this.device, 'reboot');
    this.nat?.flush();
  }

  /**
   * Gets other external addresses, as when a home router dials in again, and loses all that it remembers.
   *
   * @throws RangeError if it does not translate, or no other address is left
   */
  renumber(): void {
    if (this.nat === undefined || this.#renew === undefined)
      throw new RangeError(`${this.device.name} keeps its address`);
    const renewed = this.#renew();
    const old = [...this.#external];
    this.#outside = this.network.renumber(this.#outside, new Map(old.map((id, index) => [id, renewed[index]!])));
    const external = this.#outside.ids.filter((id) => !this.world.addresses.isIpv6(id));
    this.#external = new Set(external);
    this.world.trace.hostEvent(this.device, 'renumber', {
      addresses: external.map((id) => this.world.addresses.text(id)).join(' '),
    });
    this.nat.renumber(external);
  }

  /** From now on nothing goes straight from one inside segment to another, as between a home's and its guests' networks. */
  isolateSegments(): void {
    this.#isolating = true;
  }

  override receive(packet: Packet, port: Port): void {
    const whole = packet.fragment === undefined || this.nat === undefined ? packet : this.#fragments.take(packet);
    if (whole !== undefined) this.#receive(whole, port);
  }

  #receive(packet: Packet, port: Port): void {
    const { nat } = this;
    const inbound = port === this.outside.port;
    if (!inbound && this.#isolates(packet)) this.world.trace.dropped(this.device, packet, 'router: isolated segment');
    else if (nat === undefined || this.world.addresses.isIpv6(packet.destination))
      this.#untouched(packet, port, inbound);
    else if (this.#external.has(packet.destination)) this.#toExternal(nat, packet, inbound);
    else if (this.isForSelf(packet)) this.deliver(packet, port);
    else if (inbound) this.#translate(nat, packet, true);
    else this.#outbound(nat, packet);
  }

  /** Is it a packet from inside to another inside segment, which must not have it? */
  #isolates({ destination }: Packet): boolean {
    if (!this.#isolating || this.#external.has(destination) || this.network.owns(destination)) return false;
    const route = this.network.routes.find(destination);
    return route !== undefined && route.port !== this.outside.port;
  }

  #untouched(packet: Packet, port: Port, inbound: boolean): void {
    const refusal = policyRefusal(this.behaviour, packet, inbound);
    if (refusal === undefined) super.receive(packet, port);
    else this.world.trace.dropped(this.device, packet, refusal);
  }

  #outbound(nat: Nat, packet: Packet): void {
    // The hop limit first: what dies here must not leave a mapping behind.
    const route = this.routeOnwards(packet);
    if (route === undefined) return;
    if (route.port === this.outside.port) {
      this.#translate(nat, packet, false);
    } else {
      this.world.trace.forwarded(this.device, packet);
      this.network.transmit(packet, route);
    }
  }

  readonly #errorAtUplink = (error: Packet): void => this.receive(error, this.outside.port);

  #toExternal(nat: Nat, packet: Packet, inbound: boolean): void {
    if (inbound) {
      // The filter comes before the hop limit: what it refuses was never going to be forwarded.
      this.#translate(nat, packet, true);
    } else if (packet.ttl <= 1) {
      this.refuse(packet, 'router: ttl exceeded', 'time-exceeded');
    } else {
      packet.ttl--;
      this.#translate(nat, packet, false);
    }
  }

  #translate(nat: Nat, packet: Packet, inbound: boolean): void {
    this.#transit = packet;
    this.#inbound = inbound;
    if (inbound) {
      copyHeader(packet, this.#arrival);
      nat.fromOutside(packet);
    } else {
      nat.fromInside(packet);
    }
    this.#transit = undefined;
  }

  #sendOutside(packet: Packet): void {
    const route = this.network.routes.find(packet.destination);
    this.#report(packet);
    if (route === undefined) this.world.trace.dropped(this.device, packet, 'router: no route');
    else this.network.transmit(packet, route);
  }

  #sendInside(packet: Packet): void {
    const entering = packet === this.#transit && this.#inbound;
    if (entering && packet.ttl <= 1) {
      this.refuse(packet, 'router: ttl exceeded', 'time-exceeded', { ...this.#arrival });
      return;
    }
    if (entering) packet.ttl--;
    const route = this.network.routes.find(packet.destination);
    this.#report(packet);
    if (route === undefined) this.world.trace.dropped(this.device, packet, 'router: no route');
    else this.network.transmit(packet, route, entering ? this.#arrival : undefined);
  }

  #report(packet: Packet): void {
    if (packet === this.#transit) this.world.trace.translated(this.device, packet);
    else this.world.trace.sent(this.device, packet);
  }

  #environment(random: Random): NatEnvironment {
    const { world, device } = this;
    const { scheduler, trace } = world;
    return {
      random,
      now: () => scheduler.now,
      after: (delayUs: number, task: () => void): Timer => scheduler.timer(delayUs, task),
      nextPacketId: () => world.nextPacketId(),
      sendOutside: (packet: Packet) => this.#sendOutside(packet),
      sendInside: (packet: Packet) => this.#sendInside(packet),
      drop: (packet: Packet, reason: string) => {
        if (packet !== this.#transit) trace.sent(device, packet);
        trace.dropped(device, packet, reason);
      },
      mappingCreated: (mapping: MappingInfo) => trace.mapping(device, 'created', mapping),
      mappingRemoved: (mapping: MappingInfo, reason) => trace.mapping(device, reason, mapping),
    };
  }
}

function copyHeader(packet: Packet, quote: Quote): void {
  quote.protocol = packet.protocol;
  quote.source = packet.source;
  quote.sourcePort = packet.sourcePort;
  quote.destination = packet.destination;
  quote.destinationPort = packet.destinationPort;
  quote.sequence = packet.sequence;
}
