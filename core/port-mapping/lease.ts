import type { Endpoint } from '../net/endpoint.ts';
import { sameEndpoint } from '../net/endpoint.ts';
import type { Host, Timer } from '../ports/index.ts';
import type { GatewayClient, Grant, MappingRequest } from './mapping.ts';

/** RFC 6887 section 11.2.1: never more often. A gateway may grant a second, but it can't make us shout. */
const MIN_RENEWAL_GAP_MS = 4000;
/** Section 15: whatever the gateway says, a day later somebody asks again. */
const MAX_LIFETIME_S = 86_400;
/** What a lease that is given back waits for the gateway to confirm it. */
const RELEASE_MS = 2000;

/** A port that the gateway leads to us: renewed until it is closed. */
export class PortLease {
  readonly request: MappingRequest;
  /** The gateway's address. */
  readonly gateway: string;
  /** Why the mapping may lead nowhere, although the gateway made it; undefined: nothing speaks against it. */
  readonly doubt: string | undefined;
  /** The external endpoint has changed, or is lost (undefined) and being asked for again. */
  onChange: ((external: Endpoint | undefined) => void) | undefined;
  readonly #host: Host;
  readonly #client: GatewayClient;
  readonly #closing = new AbortController();
  #grant: Grant;
  #askedUs: number;
  #expiresUs: number;
  #lost = false;
  #timer: Timer | undefined;
  #renewing = false;
  #closed: Promise<void> | undefined;

  constructor(
    host: Host,
    client: GatewayClient,
    request: MappingRequest,
    grant: Grant,
    about: { readonly gateway: string; readonly doubt: string | undefined },
  ) {
    this.#host = host;
    this.#client = client;
    this.request = request;
    this.#grant = grant;
    this.gateway = about.gateway;
    this.doubt = about.doubt;
    this.#expiresUs = 0;
    this.#askedUs = host.clock.now();
    this.#start();
  }

  get grant(): Grant {
    return this.#grant;
  }

  /** Where strangers reach us; undefined once the lease has run out and the gateway gives no other. */
  get external(): Endpoint | undefined {
    return this.#lost ? undefined : this.#grant.external;
  }

  /** Asks soon: the gateway may have forgotten us. One whose epoch jumps does not make us ask more often. */
  renew(): void {
    if (this.#closed || this.#renewing) return;
    this.#timer?.cancel();
    const sinceMs = (this.#host.clock.now() - this.#askedUs) / 1000;
    const delayMs = Math.max(0, MIN_RENEWAL_GAP_MS - sinceMs);
    this.#timer = this.#host.clock.after(delayMs, () => void this.#renew());
  }

  /** Gives the port back. A gateway that does not confirm it forgets it by itself when the lease is over. */
  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  #start(): void {
    const { lifetimeS } = this.#grant;
    if (lifetimeS === 0) return; // It holds until we delete it.
    const lifetimeMs = Math.min(lifetimeS, MAX_LIFETIME_S) * 1000;
    this.#expiresUs = this.#host.clock.now() + lifetimeMs * 1000;
    // Section 11.2.1: between a half and five eighths.
    const share = 0.5 + this.#host.random.below(1000) / 8000;
    this.#schedule(lifetimeMs * share);
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#host.clock.after(Math.max(delayMs, MIN_RENEWAL_GAP_MS), () => void this.#renew());
  }

  async #renew(): Promise<void> {
    this.#renewing = true;
    this.#askedUs = this.#host.clock.now();
    const suggestedPort = this.#grant.external.port;
    try {
      const grant = await this.#client.map({ ...this.request, suggestedPort }, this.#closing.signal);
      if (this.#closed) return;
      const same = !this.#lost && sameEndpoint(grant.external, this.#grant.external);
      this.#grant = grant;
      this.#lost = false;
      this.#start();
      if (!same) this.onChange?.(grant.external);
    } catch {
      if (this.#closed) return;
      const leftMs = (this.#expiresUs - this.#host.clock.now()) / 1000;
      if (leftMs <= 0 && !this.#lost) {
        this.#lost = true;
        this.onChange?.(undefined);
      }
      // Half of what is left, then half of that; after the end as often as a lease would be renewed.
      const lifetimeMs = Math.min(this.request.lifetimeS, MAX_LIFETIME_S) * 1000;
      this.#schedule(leftMs > 0 ? leftMs / 2 : lifetimeMs / 2);
    } finally {
      this.#renewing = false;
    }
  }

  async #release(): Promise<void> {
    this.#timer?.cancel();
    this.#closing.abort(new Error('the lease is given back'));
    const patience = new AbortController();
    const timer = this.#host.clock.after(RELEASE_MS, () => patience.abort(new Error('the gateway takes too long')));
    try {
      await this.#client.unmap(this.request, this.#grant, patience.signal);
    } catch (error) {
      this.#host.events.emit('port-mapping.not-released', { reason: String(error) });
    } finally {
      timer.cancel();
    }
  }
}
