import type { Family } from '../../../core/net/endpoint.ts';
import type { AddressId } from '../../packet.ts';
import { endpointKey } from './flow-table.ts';
import type { Binding, Listener } from './listener.ts';

/** The listeners of a host, and the bind conflicts that they make. */
export class ListenerTable {
  readonly #byEndpoint = new Map<number, Listener>();

  get size(): number {
    return this.#byEndpoint.size;
  }

  add(listener: Listener): void {
    this.#byEndpoint.set(endpointKey(listener.binding.address, listener.binding.port), listener);
  }

  /** @returns false if it was not there */
  delete(listener: Listener): boolean {
    const key = endpointKey(listener.binding.address, listener.binding.port);
    return this.#byEndpoint.get(key) === listener && this.#byEndpoint.delete(key);
  }

  /** The one that a SYN is for: a listener on the very address, or else on the unspecified one. */
  find(address: AddressId, unspecified: AddressId, port: number): Listener | undefined {
    return this.#byEndpoint.get(endpointKey(address, port)) ?? this.#byEndpoint.get(endpointKey(unspecified, port));
  }

  /**
   * Would binding here fail? Every TCP socket of libuv has SO_REUSEADDR, so on Linux only a listener is in the way,
   * and only one on the same address or where either of the two is unspecified (inet_csk_bind_conflict; measured).
   */
  conflicts(binding: Binding): boolean {
    for (const { binding: other } of this.#byEndpoint.values()) {
      if (other.port !== binding.port || other.family !== binding.family) continue;
      if (other.unspecified || binding.unspecified || other.address === binding.address) return true;
    }
    return false;
  }

  hasPort(family: Family, port: number): boolean {
    for (const { binding } of this.#byEndpoint.values()) {
      if (binding.port === port && binding.family === family) return true;
    }
    return false;
  }

  values(): IterableIterator<Listener> {
    return this.#byEndpoint.values();
  }

  clear(): void {
    this.#byEndpoint.clear();
  }
}
