import type { Endpoint } from '../net/endpoint.ts';
import type { BrokerLink } from './broker-link.ts';
import type { BrokerPool } from './broker-pool.ts';

/** Peers of whom we know where they were heard last. */
const MAX_PEERS = 512;
/** Brokers to try at once for a peer that was not heard yet. */
const FIRST_COPIES = 2;
/** From this attempt on every broker is tried. */
const DESPERATE = 2;

export interface RouteHints {
  /** Where the receiver says that it listens. */
  readonly brokers: readonly Endpoint[];
  readonly dialUnknown: boolean;
}

/** Where to publish for whom. */
export class SignalRoutes {
  readonly #pool: BrokerPool;
  readonly #heard = new Map<string, BrokerLink>();

  constructor(pool: BrokerPool) {
    this.#pool = pool;
  }

  /** The peer's message came by this link, and whoever publishes on a broker listens there, too. */
  heard(peer: Uint8Array, link: BrokerLink): void {
    const name = nameOf(peer);
    this.#heard.delete(name);
    if (this.#heard.size >= MAX_PEERS) this.#heard.delete(this.#heard.keys().next().value!);
    this.#heard.set(name, link);
  }

  /**
   * One broker where the peer was just heard; else two of those where it should be; all of those, and of those where
   * it would go if they failed, when that did not help; then all that there are.
   */
  to(peer: Uint8Array, hints: RouteHints, attempt: number): readonly BrokerLink[] {
    const heard = this.#heard.get(nameOf(peer));
    if (attempt === 0 && heard?.accepting) return [heard];
    const found = this.#places(peer, hints, attempt);
    const named = found.filter((link) => link.accepting);
    if (attempt === 0 && named.length > 0) return named.slice(0, FIRST_COPIES);
    // The others can do no better than the right one that is about to be there.
    if (attempt === 0 && found.some((link) => !link.ready && !link.failing)) return [];
    const likely = heard?.accepting && !named.includes(heard) ? [heard, ...named] : named;
    if (likely.length > 0 && attempt < DESPERATE) return likely;
    return this.#pool.links.filter((link) => link.accepting);
  }

  /** Connections, those in the making included, to where the peer should be. */
  #places(peer: Uint8Array, { brokers, dialUnknown }: RouteHints, attempt: number): BrokerLink[] {
    const [homes, substitutes] = this.#pool.homesOf(peer);
    const likely = brokers.length > 0 ? brokers : homes;
    const found = likely.flatMap((place) => this.#pool.visit(place, dialUnknown) ?? []);
    if (attempt === 0 && found.some((link) => !link.failing)) return found;
    const others = [...homes, ...substitutes].flatMap((place) => this.#pool.visit(place, false) ?? []);
    return [...new Set([...found, ...others])];
  }
}

function nameOf(peer: Uint8Array): string {
  return Buffer.from(peer.buffer, peer.byteOffset, peer.length).toString('latin1');
}
