import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import type { Clock, Host, Timer } from '../ports/index.ts';
import { type BrokerConfig, BrokerLink, type LinkOptions } from './broker-link.ts';
import { rankBrokers } from './broker-rank.ts';

/** How long a home that stands in for a better one is kept after that is back: our old address names it. */
const RETIRE_MS = 60_000;
/** How long a broker that is no home of ours is kept after it was last of use. */
const VISIT_MS = 60_000;
const MAX_VISITS = 8;
/** Brokers after a peer's homes by rank where to look for it when those fail. */
const SUBSTITUTES = 2;

export interface PoolOptions {
  readonly brokers: readonly BrokerConfig[];
  /** Whose homes: see {@link rankBrokers}. */
  readonly publicKey: Uint8Array;
  /** How many homes to be reached at. */
  readonly redundancy: number;
  readonly link: LinkOptions;
}

export interface PoolEvents {
  message(payload: Uint8Array, link: BrokerLink): void;
  changed(link: BrokerLink): void;
}

interface Slot {
  readonly link: BrokerLink;
  home: boolean;
  /** When a surplus home or a visit ends. */
  timer: Timer | undefined;
}

/**
 * The connections to brokers. The first few by rank are homes, where we are to be found; when one fails the next by
 * rank stands in for it until it is back. Others are visited while there is somebody to be met there.
 */
export class BrokerPool {
  readonly #host: Host;
  readonly #options: PoolOptions;
  readonly #events: PoolEvents;
  readonly #ranked: readonly BrokerConfig[];
  readonly #slots = new Map<string, Slot>();
  #closed = false;

  constructor(host: Host, options: PoolOptions, events: PoolEvents) {
    this.#host = host;
    this.#options = options;
    this.#events = events;
    this.#ranked = rankBrokers(options.brokers, options.publicKey);
    for (const broker of this.#ranked.slice(0, options.redundancy)) this.#open(broker, true);
  }

  /** All connections, in no order that means anything. */
  get links(): readonly BrokerLink[] {
    return [...this.#slots.values()].map(({ link }) => link);
  }

  /** Best first, those that fail at present included. */
  get homes(): readonly BrokerLink[] {
    return this.#homes().map(({ link }) => link);
  }

  /**
   * The homes that a node with this key has, as far as it has the same list of brokers, and those that stand in first
   * when one of them fails.
   */
  homesOf(publicKey: Uint8Array): readonly [homes: readonly Endpoint[], substitutes: readonly Endpoint[]] {
    const { brokers, redundancy } = this.#options;
    const ranked = rankBrokers(brokers, publicKey).map(({ endpoint }) => endpoint);
    return [ranked.slice(0, redundancy), ranked.slice(redundancy, redundancy + SUBSTITUTES)];
  }

  /**
   * The connection to a broker, which may be in the making; there will be one for a while.
   * @param evenUnknown also to a broker that is not on our list
   * @returns undefined if it is not on our list
   */
  visit(endpoint: Endpoint, evenUnknown: boolean): BrokerLink | undefined {
    const name = formatEndpoint(endpoint);
    const slot = this.#slots.get(name);
    if (slot?.home || this.#closed) return slot?.link;
    const config = this.#options.brokers.find((broker) => formatEndpoint(broker.endpoint) === name);
    if (!config && !evenUnknown) return slot?.link;
    const visit = slot ?? this.#open(config ?? { endpoint }, false);
    visit.timer?.cancel();
    visit.timer = this.#host.clock.after(VISIT_MS, () => this.#drop(name));
    if (!slot) this.#limitVisits();
    return visit.link;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#slots.values()) timer?.cancel();
    await Promise.all(this.links.map((link) => link.close()));
  }

  #open(broker: BrokerConfig, home: boolean): Slot {
    const link = new BrokerLink(this.#host, broker, this.#options.link, {
      message: (payload) => this.#events.message(payload, link),
      changed: () => this.#changed(link),
    });
    const slot: Slot = { link, home, timer: undefined };
    this.#slots.set(formatEndpoint(broker.endpoint), slot);
    return slot;
  }

  #homes(): Slot[] {
    return this.#ranked.flatMap(({ endpoint }) => {
      const slot = this.#slots.get(formatEndpoint(endpoint));
      return slot?.home ? [slot] : [];
    });
  }

  #changed(link: BrokerLink): void {
    if (this.#closed) return;
    this.#findSubstitutes();
    this.#retireSurplus(this.#host.clock);
    this.#events.changed(link);
  }

  #findSubstitutes(): void {
    let sound = this.#homes().filter(({ link }) => !link.failing).length;
    for (const broker of this.#ranked) {
      if (sound >= this.#options.redundancy) return;
      const slot = this.#slots.get(formatEndpoint(broker.endpoint));
      if (slot?.home || slot?.link.failing) continue;
      if (slot) {
        slot.timer?.cancel();
        slot.timer = undefined;
        slot.home = true;
      } else this.#open(broker, true);
      sound++;
    }
  }

  #retireSurplus(clock: Clock): void {
    let ready = 0;
    for (const slot of this.#homes()) {
      const surplus = ready >= this.#options.redundancy;
      if (slot.link.ready) ready++;
      if (surplus) slot.timer ??= clock.after(RETIRE_MS, () => this.#drop(formatEndpoint(slot.link.broker.endpoint)));
      else {
        slot.timer?.cancel();
        slot.timer = undefined;
      }
    }
  }

  /** Whoever was first makes room. */
  #limitVisits(): void {
    const visits = [...this.#slots].filter(([, { home }]) => !home);
    if (visits.length > MAX_VISITS) this.#drop(visits[0]![0]);
  }

  #drop(name: string): void {
    const slot = this.#slots.get(name);
    if (!slot) return;
    slot.timer?.cancel();
    this.#slots.delete(name);
    void slot.link.close().then(() => this.#changed(slot.link));
  }
}
