import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import type { Random, Timer } from '../../core/ports/index.ts';
import type { Port } from '../link/segment.ts';
import type { MappingInfo, NatEnvironment } from '../nat/environment.ts';
import { Nat } from '../nat/nat.ts';
import { icmpPacket, type Packet, type Quote, UDP } from '../packet.ts';
import type { World } from '../world/world.ts';
import { EdgeRouter, type Uplink } from './edge-router.ts';
import type { Interface } from './network-layer.ts';

/**
 * A router between an inside and an outside that translates on the way: a home router, a carrier's NAT. Its external
 * addresses are the IPv4 addresses of its uplink. IPv6, and everything if the behaviour says so, is routed untouched.
 */
export class NatRouter extends EdgeRouter {
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

  constructor(world: World, name: string, behaviour: NatBehaviour, uplink: Uplink) {
    super(world, name, behaviour);
    this.#outside = this.attachOutside(uplink);
    this.#renew = uplink.renew;
    const external = this.outside.ids.filter((id) => !world.addresses.isIpv6(id));
    this.#external = new Set(external);
    if (behaviour.translation === 'napt' || behaviour.translation === 'nat64') {
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

  override reboot(): void {
    super.reboot();
    this.nat?.flush();
  }

  /** The first external address; undefined if it does not translate. */
  get externalAddress(): string | undefined {
    const [first] = this.#external;
    return this.nat === undefined || first === undefined ? undefined : this.world.addresses.text(first);
  }

  /** Leads an external port to an inside endpoint for everybody. @returns false if it is in use */
  forwardPort(protocol: 'udp' | 'tcp', externalPort: number, { address, port }: Endpoint): boolean {
    return this.nat?.forward(protocol, externalPort, this.world.addresses.id(address), port) ?? false;
  }

  withdrawPort(protocol: 'udp' | 'tcp', externalPort: number): void {
    this.nat?.withdraw(protocol, externalPort);
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
    this.onRulesLost?.();
  }

  protected override carry(packet: Packet, port: Port, inbound: boolean): void {
    const { nat } = this;
    if (nat === undefined || this.world.addresses.isIpv6(packet.destination)) super.carry(packet, port, inbound);
    else if (this.#external.has(packet.destination)) this.#toExternal(nat, packet, inbound);
    else if (this.isForSelf(packet)) this.deliver(packet, port);
    else if (inbound) this.#translate(nat, packet, true);
    else this.#outbound(nat, packet);
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
    this.enter(packet);
    const route = this.network.routes.find(packet.destination);
    this.#report(packet);
    if (route === undefined) this.world.trace.dropped(this.device, packet, 'router: no route');
    else this.network.transmit(packet, route, entering ? this.#arrival : undefined);
  }

  /** What else changes of a packet that the NAT lets in, or turns round. */
  protected enter(_packet: Packet): void {}

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
