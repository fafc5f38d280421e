import { canonicalAddress, familyOf, isLoopback, isUnspecified } from '../../core/net/ip.ts';
import { parsePrefix, prefixContains } from '../../core/net/prefix.ts';
import type { AddressId } from '../packet.ts';

/** What an address is for. A `group` (multicast, limited broadcast) means every host on the segment. */
export type AddressKind = 'unicast' | 'group' | 'loopback' | 'unspecified';

const MULTICAST = [parsePrefix('224.0.0.0/4'), parsePrefix('ff00::/8')];

/** Gives every address of a world a small number, so that packets and tables compare numbers, not text. */
export class AddressTable {
  readonly #ids = new Map<string, AddressId>();
  readonly #texts: string[] = [];
  readonly #kinds: AddressKind[] = [];
  readonly #ipv6: boolean[] = [];

  /** @throws RangeError if the text is no address */
  id(address: string): AddressId {
    const known = this.#ids.get(address);
    if (known !== undefined) return known;
    const canonical = canonicalAddress(address);
    let id = this.#ids.get(canonical);
    if (id === undefined) {
      id = this.#texts.length;
      this.#texts.push(canonical);
      this.#kinds.push(kindOf(canonical));
      this.#ipv6.push(familyOf(canonical) === 6);
      this.#ids.set(canonical, id);
    }
    this.#ids.set(address, id);
    return id;
  }

  text(id: AddressId): string {
    return this.#texts[id]!;
  }

  kind(id: AddressId): AddressKind {
    return this.#kinds[id]!;
  }

  isIpv6(id: AddressId): boolean {
    return this.#ipv6[id]!;
  }

  /** Every address so far, by ascending number. */
  texts(): readonly string[] {
    return this.#texts;
  }
}

function kindOf(address: string): AddressKind {
  if (isUnspecified(address)) return 'unspecified';
  if (isLoopback(address)) return 'loopback';
  const group = address === '255.255.255.255' || MULTICAST.some((prefix) => prefixContains(prefix, address));
  return group ? 'group' : 'unicast';
}
