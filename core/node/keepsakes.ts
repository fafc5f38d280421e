import type { Keepsake } from '../plugins/plugin.ts';
import type { Host } from '../ports/index.ts';

/** What plugins keep for the whole life of a node, by plugin: made on first use, closed with the node. */
export class Keepsakes {
  readonly #host: Host;
  readonly #kept = new Map<string, Keepsake>();
  #closed = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** @throws Error if the node is closed */
  get<T extends Keepsake>(plugin: string, make: (host: Host) => T): T {
    if (this.#closed) throw new Error('the node is closed');
    const kept = (this.#kept.get(plugin) as T | undefined) ?? make(this.#host);
    this.#kept.set(plugin, kept);
    return kept;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#kept.values()].map((kept) => kept.close()));
  }
}
