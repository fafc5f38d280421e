import { familyOf } from '../../core/net/ip.ts';
import { type Prefix, parsePrefix, prefixOf } from '../../core/net/prefix.ts';
import type { InterfaceAddress } from '../../core/ports/index.ts';
import type { LinkDropReason } from '../link/impairment.ts';
import type { Link, MtuLimit } from '../link/link-model.ts';
import type { Port, PortOwner, Segment } from '../link/segment.ts';
import { type AddressId, type IcmpKind, icmpPacket, type Packet, type Quote, quoteOf, wireLength } from '../packet.ts';
import type { Device } from '../trace/observer.ts';
import type { World } from '../world/world.ts';
import { cut, mayBeCut } from './fragmentation.ts';
import { type Route, RoutingTable } from './routing-table.ts';

/** Linux asks three times, a second apart, before it gives up on a neighbour (`mcast_solicit`, `retrans_time_ms`). */
const NEIGHBOUR_TIMEOUT_US = 3_000_000;

/** Bytes that an IPv6 header has and the IPv4 header that `wireLength` counts has not. */
const IPV6_HEADER_EXCESS = 20;

export interface Attachment {
  /** @default `eth0`, `eth1`, ... by order */
  readonly name?: string;
  /** Own addresses, each with the length of its subnet's prefix, as `192.168.1.2/24`. */
  readonly addresses: readonly string[];
  /** @default nothing: no delay, no loss */
  readonly link?: Link;
}

export interface Interface {
  readonly name: string;
  readonly port: Port;
  readonly addresses: readonly InterfaceAddress[];
  /** The same, as numbers. */
  readonly ids: readonly AddressId[];
}

/** What a host and a router have in common: interfaces, addresses of their own, routes, and the sending of ICMP errors. */
export class NetworkLayer {
  readonly device: Device;
  readonly interfaces: Interface[] = [];
  readonly routes: RoutingTable;
  readonly #world: World;
  readonly #own = new Set<AddressId>();

  constructor(world: World, device: Device) {
    this.#world = world;
    this.device = device;
    this.routes = new RoutingTable(world.addresses);
  }

  /**
   * Plugs the device into a segment.
   *
   * @throws RangeError for a malformed address
   * @throws Error for an address that is in use there
   */
  attach(segment: Segment, owner: PortOwner, attachment: Attachment): Interface {
    const port = segment.attach(this.device, owner, attachment.link);
    const addresses = attachment.addresses.map(parseInterfaceAddress);
    const ids = addresses.map(({ address }) => this.#world.addresses.id(address));
    const name = attachment.name ?? `eth${this.interfaces.length}`;
    const added: Interface = { name, port, addresses, ids };
    this.interfaces.push(added);
    for (const [index, { address, prefixLength }] of addresses.entries()) {
      segment.announce(ids[index]!, port);
      this.#own.add(ids[index]!);
      this.routes.add({ prefix: prefixOf(address, prefixLength), port, via: undefined, source: ids[index]! });
    }
    return added;
  }

  /** Unplugs an interface, and forgets its addresses and routes. */
  detach(from: Interface): void {
    from.port.segment.detach(from.port);
    for (const id of from.ids) this.#own.delete(id);
    this.routes.removeBy(from.port);
    this.interfaces.splice(this.interfaces.indexOf(from), 1);
  }

  /**
   * Takes other addresses in the place of some: nobody answers for the old ones any more.
   *
   * @param renewed by old address as number, the new one with the length of its subnet's prefix
   * @returns the interface as it is from now on
   */
  renumber(on: Interface, renewed: ReadonlyMap<AddressId, string>): Interface {
    const addresses = on.addresses.map((old, index) => {
      const text = renewed.get(on.ids[index]!);
      return text === undefined ? old : parseInterfaceAddress(text);
    });
    const ids = addresses.map(({ address }) => this.#world.addresses.id(address));
    for (const [index, old] of on.ids.entries()) {
      if (!renewed.has(old)) continue;
      on.port.segment.withdraw(old);
      this.#own.delete(old);
      on.port.segment.announce(ids[index]!, on.port);
      this.#own.add(ids[index]!);
      this.routes.renumber(old, subnetOf(on.addresses[index]!), ids[index]!, subnetOf(addresses[index]!));
    }
    const changed = { ...on, addresses, ids };
    this.interfaces.splice(this.interfaces.indexOf(on), 1, changed);
    return changed;
  }

  /**
   * @param prefix e.g. `0.0.0.0/0`
   * @param via the next router's address @default none: the destinations are on the interface's own segment
   * @throws Error if the interface has no address of the prefix's family
   */
  addRoute(prefix: string, on: Interface, via?: string): void {
    const parsed = parsePrefix(prefix);
    const index = on.addresses.findIndex(({ family }) => family === familyOf(parsed.address));
    const source = on.ids[index];
    if (source === undefined) throw new Error(`${on.name} of ${this.device.name} cannot carry ${prefix}`);
    const next = via === undefined ? undefined : this.#world.addresses.id(via);
    this.routes.add({ prefix: parsed, port: on.port, via: next, source });
  }

  owns(address: AddressId): boolean {
    return this.#own.has(address);
  }

  /** Its own, or of the loopback. */
  isLocal(address: AddressId): boolean {
    return this.#own.has(address) || this.#world.addresses.kind(address) === 'loopback';
  }

  /**
   * Puts a packet on the segment of its route, in pieces if it must. It dies there if nobody has the address of the
   * next hop, or if it is too long for the link and may not be cut.
   *
   * @param original what an ICMP error about it must quote @default the packet as it is
   */
  transmit(packet: Packet, route: Route, original?: Readonly<Quote>): void {
    const { port } = route;
    const nextHop = route.via ?? packet.destination;
    const limit = port.segment.limit(port, nextHop);
    if (limit !== undefined && this.#length(packet) > limit.bytes)
      this.#squeeze(packet, port, nextHop, limit, original);
    else if (!port.segment.send(packet, port, nextHop)) this.#missNeighbour(packet, original);
  }

  #length(packet: Packet): number {
    return wireLength(packet) + (this.#world.addresses.isIpv6(packet.destination) ? IPV6_HEADER_EXCESS : 0);
  }

  /** Cuts what may be cut; refuses the rest (RFC 1191 section 4, RFC 4443 section 3.2) or swallows it. */
  #squeeze(packet: Packet, port: Port, nextHop: AddressId, limit: MtuLimit, original?: Readonly<Quote>): void {
    const { trace, addresses } = this.#world;
    if (limit.oversize !== 'fragment' || !mayBeCut(packet, addresses.isIpv6(packet.destination))) {
      const reason: LinkDropReason = 'link: mtu';
      trace.dropped(this.device, packet, reason);
      if (packet.icmp !== undefined || limit.oversize === 'blackhole') return;
      this.#tell('fragmentation-needed', original ? { ...original } : quoteOf(packet));
      return;
    }
    for (const piece of cut(packet, limit.bytes)) {
      if (piece.fragment!.offset > (packet.fragment?.offset ?? 0)) trace.fragmented(this.device, piece);
      port.segment.send(piece, port, nextHop);
    }
  }

  #missNeighbour(packet: Packet, original?: Readonly<Quote>): void {
    this.#world.trace.dropped(this.device, packet, 'link: no such neighbour');
    if (packet.icmp !== undefined) return;
    const quote = original ? { ...original } : quoteOf(packet);
    this.#world.scheduler.schedule(NEIGHBOUR_TIMEOUT_US, this.#neighbourMissing, quote);
  }

  /**
   * Answers the sender of the quoted packet with an ICMP error. Not for packets that are ICMP errors themselves, nor
   * for those sent to a group (RFC 1122 section 3.2.2).
   */
  sendError(kind: IcmpKind, quote: Quote): void {
    const route = this.routes.find(quote.source);
    if (route === undefined) return;
    const packet = icmpPacket(this.#world.nextPacketId(), route.source, kind, quote);
    this.#world.trace.sent(this.device, packet);
    this.transmit(packet, route);
  }

  /** Takes an error about a packet that left with an address of the device's own. @default nobody */
  ownError: ((kind: IcmpKind, quote: Quote) => void) | undefined;

  #tell(kind: IcmpKind, quote: Quote): void {
    if (this.owns(quote.source)) this.ownError?.(kind, quote);
    else this.sendError(kind, quote);
  }

  readonly #neighbourMissing = (quote: Quote): void => this.#tell('host-unreachable', quote);
}

function subnetOf({ address, prefixLength }: InterfaceAddress): Prefix {
  return prefixOf(address, prefixLength);
}

function parseInterfaceAddress(text: string): InterfaceAddress {
  parsePrefix(text); // throws RangeError
  const [address = '', length] = text.split('/');
  return { address, family: familyOf(address), prefixLength: Number(length) };
}
