import type { AddressId, Packet } from '../packet.ts';
import { endpointKey } from './keys.ts';

/** Beyond that the oldest entry goes. */
const LIMIT = 4096;

/**
 * What inbound packets leave behind that nothing admitted: each occupies the external endpoint that it came to towards
 * the remote one that it came from.
 */
export class StrangerEntries {
  readonly #lifetimeUs: number;
  /** By both endpoints, when the entry ends; in order of that. */
  readonly #ends = new Map<string, number>();

  constructor(lifetimeUs: number) {
    this.#lifetimeUs = lifetimeUs;
  }

  note({ destination, destinationPort, source, sourcePort }: Packet, now: number): void {
    const key = keyOf(endpointKey(destination, destinationPort), endpointKey(source, sourcePort));
    this.#ends.delete(key);
    if (this.#ends.size >= LIMIT) this.#ends.delete(this.#ends.keys().next().value!);
    this.#ends.set(key, now + this.#lifetimeUs);
  }

  /** Is the external endpoint occupied towards the remote one? */
  occupies(external: AddressId, externalPort: number, remoteKey: number, now: number): boolean {
    const ends = this.#ends.get(keyOf(endpointKey(external, externalPort), remoteKey));
    return ends !== undefined && now < ends;
  }
}

function keyOf(externalKey: number, remoteKey: number): string {
  return `${externalKey} ${remoteKey}`;
}
