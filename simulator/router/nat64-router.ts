import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { type Prefix, parsePrefix, prefixContains } from '../../core/net/prefix.ts';
import { embedIpv4, extractIpv4, WELL_KNOWN_PREFIX } from '../../core/net/rfc6052.ts';
import type { Port } from '../link/segment.ts';
import type { DropReason } from '../nat/drop-reasons.ts';
import type { AddressId, Packet } from '../packet.ts';
import type { World } from '../world/world.ts';
import type { Uplink } from './edge-router.ts';
import { NatRouter } from './nat-router.ts';

/** RFC 6052 section 3.1: the well-known prefix stands for global IPv4 addresses only. */
const NOT_GLOBAL = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
].map(parsePrefix);

/**
 * A stateful NAT64 (RFC 6146): what goes to the addresses under its prefix leaves by IPv4, from one of its own. Its
 * bindings and sessions are those of a NAT whose inside hosts have IPv6 addresses, since such a NAT never asks what
 * family an address is of; only the other end's address changes its form at the border. Other IPv6 is routed.
 */
export class Nat64Router extends NatRouter {
  readonly #prefix: Prefix;
  /** By IPv6 address; null: it stands for no IPv4 address. */
  readonly #ipv4 = new Map<AddressId, AddressId | null>();
  readonly #ipv6 = new Map<AddressId, AddressId>();

  constructor(
    world: World,
    name: string,
    behaviour: NatBehaviour,
    uplinks: { readonly ipv6: Uplink; readonly ipv4: Uplink },
    prefix: Prefix = WELL_KNOWN_PREFIX,
  ) {
    super(world, name, behaviour, uplinks.ipv4);
    this.attachOutside(uplinks.ipv6);
    this.#prefix = prefix;
  }

  protected override carry(packet: Packet, port: Port, inbound: boolean): void {
    const destination = this.#embedded(packet.destination);
    if (destination === null) {
      super.carry(packet, port, inbound);
      return;
    }
    const refusal = inbound ? 'nat64: not from inside' : this.#refusal(packet, destination);
    if (refusal !== undefined) {
      this.world.trace.dropped(this.device, packet, refusal);
    } else if (packet.ttl <= 1) {
      // While its header is still the one that the sender knows.
      this.refuse(packet, 'router: ttl exceeded', 'time-exceeded');
    } else {
      packet.destination = destination;
      if (packet.icmp) {
        const { kind, quote } = packet.icmp;
        packet.icmp = { kind, quote: { ...quote, source: this.#embedded(quote.source) ?? quote.source } };
      }
      super.carry(packet, port, inbound);
    }
  }

  /** RFC 6146 section 3.5.3 and RFC 7915: the other end gets the form that the inside knows it by. */
  protected override enter(packet: Packet): void {
    packet.source = this.#synthesised(packet.source);
    if (!packet.icmp) return;
    const { kind, quote } = packet.icmp;
    packet.icmp = { kind, quote: { ...quote, destination: this.#synthesised(quote.destination) } };
  }

  #refusal(packet: Packet, destination: AddressId): DropReason | undefined {
    // RFC 6146 section 3.5: or a packet could go round for ever.
    if (this.#embedded(packet.source) !== null) return 'nat64: looping source';
    const address = this.world.addresses.text(destination);
    const wellKnown = this.#prefix.address === WELL_KNOWN_PREFIX.address;
    if (wellKnown && NOT_GLOBAL.some((prefix) => prefixContains(prefix, address))) return 'nat64: not a global address';
    return undefined;
  }

  #embedded(address: AddressId): AddressId | null {
    let found = this.#ipv4.get(address);
    if (found === undefined) {
      const { addresses } = this.world;
      const text = addresses.isIpv6(address) ? extractIpv4(this.#prefix, addresses.text(address)) : undefined;
      found = text === undefined ? null : addresses.id(text);
      this.#ipv4.set(address, found);
    }
    return found;
  }

  #synthesised(address: AddressId): AddressId {
    const { addresses } = this.world;
    if (addresses.isIpv6(address)) return address;
    let found = this.#ipv6.get(address);
    if (found === undefined) {
      found = addresses.id(embedIpv4(this.#prefix, addresses.text(address)));
      this.#ipv6.set(address, found);
    }
    return found;
  }
}
