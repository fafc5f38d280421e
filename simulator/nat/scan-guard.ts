import type { ScanGuard as GuardBehaviour } from '../../core/nat/behaviour.ts';
import { type AddressId, type Packet, TCP, UDP } from '../packet.ts';
import { endpointKey } from './keys.ts';

/** Remote addresses under suspicion at a time; beyond that the one goes that was first suspected. */
const SUSPECT_LIMIT = 4096;

interface Suspect {
  /** When each closed port was last probed, the longest ago first. */
  readonly probes: Map<number, number>;
  /** Microseconds. */
  blockedUntil: number;
}

/** Tells scanners from how many closed ports a remote address tries, and shuts them out. */
export class ScanGuard {
  readonly #probes: number;
  readonly #windowUs: number;
  readonly #blockUs: number;
  readonly #suspects = new Map<AddressId, Suspect>();

  constructor({ probes, windowMs, blockMs }: GuardBehaviour) {
    this.#probes = probes;
    this.#windowUs = windowMs * 1000;
    this.#blockUs = blockMs * 1000;
  }

  shutsOut(remote: AddressId, now: number): boolean {
    const suspect = this.#suspects.get(remote);
    return suspect !== undefined && now < suspect.blockedUntil;
  }

  /** Notes an inbound packet that no mapping or filter admitted. */
  note(packet: Packet, now: number): void {
    if (packet.protocol !== UDP && packet.protocol !== TCP) return;
    const suspect = this.#suspect(packet.source);
    const { probes } = suspect;
    const port = 2 * endpointKey(packet.destination, packet.destinationPort) + (packet.protocol === TCP ? 1 : 0);
    probes.delete(port);
    probes.set(port, now);
    for (const [old, at] of probes) {
      if (at > now - this.#windowUs) break;
      probes.delete(old);
    }
    if (probes.size < this.#probes) return;
    suspect.blockedUntil = now + this.#blockUs;
    probes.clear();
  }

  #suspect(remote: AddressId): Suspect {
    let suspect = this.#suspects.get(remote);
    if (suspect) return suspect;
    if (this.#suspects.size >= SUSPECT_LIMIT) this.#suspects.delete(this.#suspects.keys().next().value!);
    suspect = { probes: new Map(), blockedUntil: 0 };
    this.#suspects.set(remote, suspect);
    return suspect;
  }
}
