import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { AddressId } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';

/**
 * Counts live mappings, of all protocols together, against the limits. The mappings of foreign hosts take ports only;
 * they do not count.
 */
export class Quota {
  readonly #limits: NatBehaviour['limits'];
  readonly #ofHost = new Map<AddressId, number>();
  #total = 0;

  constructor(limits: NatBehaviour['limits']) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Why the host may not have another mapping. */
  refusal(host: AddressId): DropReason | undefined {
    const { mappings, perHost } = this.#limits;
    if (mappings > 0 && this.#total >= mappings) return 'nat: mapping limit';
    if (perHost > 0 && (this.#ofHost.get(host) ?? 0) >= perHost) return 'nat: per-host limit';
    return undefined;
  }

  add(host: AddressId): void {
    this.#total++;
    this.#ofHost.set(host, (this.#ofHost.get(host) ?? 0) + 1);
  }

  remove(host: AddressId): void {
    this.#total--;
    const left = this.#ofHost.get(host)! - 1;
    if (left > 0) this.#ofHost.set(host, left);
    else this.#ofHost.delete(host);
  }
}
