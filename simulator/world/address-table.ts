import { canonicalAddress } from '../../core/net/ip.ts';
import type { AddressId } from '../packet.ts';

/** Gives every address of a world a small number, so that packets and tables compare numbers, not text. */
export class AddressTable {
  readonly #ids = new Map<string, AddressId>();
  readonly #texts: string[] = [];

  /** @throws RangeError if the text is no address */
  id(address: string): AddressId {
    const known = this.#ids.get(address);
    if (known !== undefined) return known;
    const canonical = canonicalAddress(address);
    let id = this.#ids.get(canonical);
    if (id === undefined) {
      id = this.#texts.length;
      this.#texts.push(canonical);
      this.#ids.set(canonical, id);
    }
    this.#ids.set(address, id);
    return id;
  }

  text(id: AddressId): string {
    return this.#texts[id]!;
  }
}
