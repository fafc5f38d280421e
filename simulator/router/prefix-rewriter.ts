import type { DropReason } from '../nat/drop-reasons.ts';
import type { AddressId, Packet } from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';
import type { Rewriter } from './edge-router.ts';
import type { PrefixTranslation } from './nptv6.ts';

/** RFC 6296 packet by packet. The headers that ICMP errors quote are translated as well, or nobody would know them. */
export class PrefixRewriter implements Rewriter {
  readonly #translation: PrefixTranslation;
  readonly #addresses: AddressTable;
  /** By internal address, and by external; null: it has no counterpart. */
  readonly #external = new Map<AddressId, AddressId | null>();
  readonly #internal = new Map<AddressId, AddressId | null>();

  constructor(translation: PrefixTranslation, addresses: AddressTable) {
    this.#translation = translation;
    this.#addresses = addresses;
  }

  outward(packet: Packet): DropReason | undefined {
    const external = this.#outward(packet.source);
    if (external === null) return 'nptv6: unmappable source';
    packet.source = external;
    if (packet.icmp) {
      const { kind, quote } = packet.icmp;
      packet.icmp = { kind, quote: { ...quote, destination: this.#outward(quote.destination) ?? quote.destination } };
    }
    return undefined;
  }

  inward(packet: Packet): DropReason | undefined {
    const internal = this.#inward(packet.destination);
    if (internal === null) return 'nptv6: unmappable destination';
    packet.destination = internal;
    if (packet.icmp) {
      const { kind, quote } = packet.icmp;
      packet.icmp = { kind, quote: { ...quote, source: this.#inward(quote.source) ?? quote.source } };
    }
    return undefined;
  }

  isExternal(address: AddressId): boolean {
    return this.#addresses.isIpv6(address) && this.#inward(address) !== null;
  }

  #outward(address: AddressId): AddressId | null {
    return this.#known(this.#external, address, (text) => this.#translation.outward(text));
  }

  #inward(address: AddressId): AddressId | null {
    return this.#known(this.#internal, address, (text) => this.#translation.inward(text));
  }

  #known(
    table: Map<AddressId, AddressId | null>,
    address: AddressId,
    translate: (text: string) => string | undefined,
  ): AddressId | null {
    const known = table.get(address);
    if (known !== undefined) return known;
    const text = translate(this.#addresses.text(address));
    const found = text === undefined ? null : this.#addresses.id(text);
    table.set(address, found);
    return found;
  }
}
