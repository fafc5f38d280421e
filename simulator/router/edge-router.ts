import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { familyOf } from '../../core/net/ip.ts';
import type { Port, Segment } from '../link/segment.ts';
import type { DropReason } from '../nat/drop-reasons.ts';
import { Firewall } from '../nat/firewall.ts';
import { type AddressId, type Packet, quoteOf } from '../packet.ts';
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

/** Translates addresses without any state. Both directions rewrite the packet in place, or say why they can't. */
export interface Rewriter {
  outward(packet: Packet): DropReason | undefined;
  inward(packet: Packet): DropReason | undefined;
  /** Does the address stand for one inside? */
  isExternal(address: AddressId): boolean;
}

/**
 * A router between an inside and an outside, which lets pass what its policy and its firewall, if it has one, let pass.
 * What stays inside is nobody's business, unless it is to keep the inside segments apart.
 */
export class EdgeRouter extends Router {
  readonly behaviour: NatBehaviour;
  readonly #rewriter: Rewriter | undefined;
  readonly #outside = new Set<Port>();
  readonly #firewall: Firewall | undefined;
  /** Only the first fragment has the ports, so who looks at them puts datagrams together first, as Linux does. */
  readonly #fragments: Reassembler | undefined;
  #isolating = false;

  /** @param rewriter for what crosses @default addresses stay as they are */
  constructor(world: World, name: string, behaviour: NatBehaviour, rewriter?: Rewriter) {
    super(world, name);
    this.behaviour = behaviour;
    this.#rewriter = rewriter;
    const { translation, allow } = behaviour;
    const looksAtPorts = behaviour.firewall || allow !== 'everything' || ['napt', 'nat64'].includes(translation);
    this.#fragments = looksAtPorts ? new Reassembler(world, this.device) : undefined;
    if (behaviour.firewall) this.#firewall = this.#createFirewall();
  }

  /** Attaches an interface that leads outside, and sends by it what has no nearer way. */
  attachOutside(uplink: Uplink): Interface {
    const added = this.attach(uplink.segment, uplink);
    this.network.addRoute(familyOf(uplink.gateway) === 4 ? '0.0.0.0/0' : '::/0', added, uplink.gateway);
    this.#outside.add(added.port);
    return added;
  }

  /** From now on nothing goes straight from one inside segment to another, as between a home's and its guests' networks. */
  isolateSegments(): void {
    this.#isolating = true;
  }

  /** Loses all that it remembers. */
  reboot(): void {
    this.world.trace.hostEvent(this.device, 'reboot');
    this.#firewall?.flush();
    this.onRulesLost?.();
  }

  /** Called when the rules that programs on the router have made are gone. @default nobody */
  onRulesLost: (() => void) | undefined;

  /** Lets everybody send to an inside endpoint. @returns false if there is no firewall, or everybody may already */
  openPinhole(protocol: 'udp' | 'tcp', { address, port }: Endpoint): boolean {
    return this.#firewall?.openPinhole(protocol, this.world.addresses.id(address), port) ?? false;
  }

  closePinhole(protocol: 'udp' | 'tcp', { address, port }: Endpoint): void {
    this.#firewall?.closePinhole(protocol, this.world.addresses.id(address), port);
  }

  /**
   * The router's own addresses on the inside, each with whether an address is of a host that has the router there for
   * its gateway.
   */
  insideNetworks(): { readonly address: string; contains(address: string): boolean }[] {
    const ports = new Map<string, Set<Port>>();
    for (const { port, addresses } of this.network.interfaces) {
      if (this.#outside.has(port)) continue;
      for (const { address } of addresses) ports.set(address, (ports.get(address) ?? new Set()).add(port));
    }
    return [...ports].map(([address, on]) => ({
      address,
      contains: (host) => {
        if (familyOf(host) !== familyOf(address)) return false;
        const route = this.network.routes.find(this.world.addresses.id(host));
        return route !== undefined && on.has(route.port);
      },
    }));
  }

  override receive(packet: Packet, port: Port): void {
    const whole = packet.fragment && this.#fragments ? this.#fragments.take(packet) : packet;
    if (whole === undefined) return;
    const inbound = this.#outside.has(port);
    if (!inbound && this.#isolates(whole)) this.world.trace.dropped(this.device, whole, 'router: isolated segment');
    else this.carry(whole, port, inbound);
  }

  /** @param inbound does it come from outside? */
  protected carry(packet: Packet, port: Port, inbound: boolean): void {
    if (this.isForSelf(packet)) this.deliver(packet, port);
    else if (inbound) this.#enter(packet);
    else if (this.#rewriter?.isExternal(packet.destination)) this.#turnRound(packet);
    else if (this.#staysInside(packet)) this.forward(packet);
    else this.#leave(packet);
  }

  #leave(packet: Packet): void {
    // The hop limit first: what dies here must not leave any state behind.
    const route = this.routeOnwards(packet);
    if (route === undefined || !this.#passes(packet, this.#refusalOut(packet))) return;
    this.#report(packet);
    this.network.transmit(packet, route);
  }

  #enter(packet: Packet): void {
    const arrival = this.#rewriter && quoteOf(packet);
    if (!this.#passes(packet, this.#refusalIn(packet))) return;
    if (packet.ttl <= 1) {
      // The filter came before the hop limit: what it refuses was never going to be forwarded.
      this.refuse(packet, 'router: ttl exceeded', 'time-exceeded', arrival);
      return;
    }
    const route = this.routeOnwards(packet);
    if (route === undefined) return;
    this.#report(packet);
    this.network.transmit(packet, route, arrival);
  }

  /** RFC 4787 section 6, without ports. */
  #turnRound(packet: Packet): void {
    if (packet.ttl <= 1) {
      this.refuse(packet, 'router: ttl exceeded', 'time-exceeded');
      return;
    }
    const { hairpin } = this.behaviour;
    const { source } = packet;
    const refusal = hairpin === 'none' ? 'nat: hairpin off' : (this.#refusalOut(packet) ?? this.#refusalIn(packet));
    if (!this.#passes(packet, refusal)) return;
    if (hairpin === 'internal-source') packet.source = source;
    const route = this.routeOnwards(packet);
    if (route === undefined) return;
    this.#report(packet);
    this.network.transmit(packet, route);
  }

  #refusalOut(packet: Packet): DropReason | undefined {
    const refusal = policyRefusal(this.behaviour, packet, false);
    return refusal ?? this.#firewall?.outbound(packet) ?? this.#rewriter?.outward(packet);
  }

  #refusalIn(packet: Packet): DropReason | undefined {
    const refusal = policyRefusal(this.behaviour, packet, true);
    return refusal ?? this.#rewriter?.inward(packet) ?? this.#firewall?.inbound(packet);
  }

  #passes(packet: Packet, refusal: DropReason | undefined): boolean {
    // RFC 6296 section 3.5
    if (refusal === 'nptv6: unmappable source') this.refuse(packet, refusal, 'parameter-problem');
    else if (refusal !== undefined) this.world.trace.dropped(this.device, packet, refusal);
    return refusal === undefined;
  }

  #report(packet: Packet): void {
    if (this.#rewriter) this.world.trace.translated(this.device, packet);
    else this.world.trace.forwarded(this.device, packet);
  }

  #staysInside({ destination }: Packet): boolean {
    const route = this.network.routes.find(destination);
    return route === undefined || !this.#outside.has(route.port);
  }

  /** Is it a packet from inside to another inside segment, which must not have it? */
  #isolates(packet: Packet): boolean {
    if (!this.#isolating || this.network.owns(packet.destination)) return false;
    return this.network.routes.find(packet.destination) !== undefined && this.#staysInside(packet);
  }

  #createFirewall(): Firewall {
    const { world, device, network } = this;
    const { scheduler, trace } = world;
    return new Firewall(this.behaviour, {
      random: world.random.fork(`firewall:${device.name}`),
      now: () => scheduler.now,
      after: (delayUs, task) => scheduler.timer(delayUs, task),
      nextPacketId: () => world.nextPacketId(),
      answer: (packet) => {
        const route = network.routes.find(packet.destination);
        // An error comes from who makes it, a reset in the name of the host that was dialled.
        if (route && packet.icmp) packet.source = route.source;
        trace.sent(device, packet);
        if (route) network.transmit(packet, route);
        else trace.dropped(device, packet, 'router: no route');
      },
    });
  }
}
