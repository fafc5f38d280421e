import { discoverNat } from '../nat/discovery.ts';
import { discoverLifetime } from '../nat/discovery-lifetime.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import type { Host } from '../ports/index.ts';
import { KEEP_ALIVE_MS, keepAliveFor, LONGEST_USEFUL_LIFETIME_MS } from './link/keep-alive.ts';

export interface MappingKeeperOptions {
  readonly stun: readonly Endpoint[];
  readonly bindAddress: string | undefined;
}

/**
 * Knows how often to keep mappings alive: measures in the background how long they live, for as long as that takes, which
 * is minutes, and measures again when we have come to be elsewhere. Until then the usual is done.
 */
export class MappingKeeper {
  readonly #host: Host;
  readonly #options: MappingKeeperOptions;
  #keepAliveMs = KEEP_ALIVE_MS;
  #abort = new AbortController();

  constructor(host: Host, options: MappingKeeperOptions) {
    this.#host = host;
    this.#options = options;
    this.measure();
  }

  /** How long a quiet pipe is left alone now. */
  get keepAliveMs(): number {
    return this.#keepAliveMs;
  }

  /** From the beginning. */
  measure(): void {
    this.close();
    this.#keepAliveMs = KEEP_ALIVE_MS;
    this.#abort = new AbortController();
    void this.#measure(this.#abort.signal).catch((error: unknown) => {
      if (!isNetError(error)) throw error; // No server, no address, no more time: nothing is known.
    });
  }

  close(): void {
    this.#abort.abort(new Error('the node measures no longer'));
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const { stun, bindAddress } = this.#options;
    if (stun.length === 0) return;
    const report = await discoverNat(this.#host, stun, { bindAddress, signal });
    const options = { bindAddress, signal, maxMs: LONGEST_USEFUL_LIFETIME_MS };
    const lifetime = await discoverLifetime(this.#host, report, options);
    if (signal.aborted) return;
    this.#keepAliveMs = keepAliveFor(lifetime);
    this.#host.events.emit('lifetime-measured', { keepAliveMs: this.#keepAliveMs });
  }
}
