import type { Endpoint } from '../../net/endpoint.ts';
import { WireError } from '../../wire/wire-error.ts';
import { awaitAndProve, dialAndProve } from '../dial-and-prove.ts';
import { type Attempt, NotApplicable, type ProvenTransport } from '../plugin.ts';
import { unicast } from '../targets.ts';
import { decodeLineMessage, encodeLineMessage } from './line-message.ts';

/** From the start: the gateways, the offers, and a dial with three SYNs. */
const LIMIT_MS = 15_000;
/** Below are the services of machines: a peer is not to have us knock there. */
const FIRST_PORT = 1024;
const MAX_OFFERS = 4;

/**
 * Two ends that offer each other places to dial, as they come to have them. It succeeds with the first path that is proven,
 * whoever dialled, and fails when neither end has anything left to hope for.
 */
export class Meeting {
  readonly proven: Promise<ProvenTransport>;
  readonly #attempt: Attempt;
  readonly #dials = new Set<Promise<void>>();
  #resolve!: (transport: ProvenTransport) => void;
  #reject!: (error: Error) => void;
  #offered = false;
  #ownOver = false;
  #peerOver = false;
  #peerOffers = 0;
  /** Nobody answered where the peer dialled. */
  #peerFailed = false;
  #dialError: Error | undefined;
  #told = false;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    this.proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.proven.catch(() => {}); // Perhaps nobody is waiting yet.
    attempt.signal.addEventListener('abort', () => this.#reject(attempt.signal.reason), { once: true });
    attempt.host.clock.after(LIMIT_MS, () => this.#reject(new Error(`nothing was proven within ${LIMIT_MS} ms`)));
    awaitAndProve(attempt).then(this.#resolve, this.#reject);
    this.#listen().catch(this.#reject);
  }

  /** Tells the peer where it can dial. */
  offer(endpoints: readonly Endpoint[]): void {
    if (endpoints.length === 0) return;
    this.#offered = true;
    this.#attempt.line.send(encodeLineMessage({ kind: 'offer', endpoints }));
  }

  /** There will be no more offers of ours. */
  noMore(): void {
    this.#ownOver = true;
    if (!this.#attempt.signal.aborted) this.#attempt.line.send(encodeLineMessage({ kind: 'no-more' }));
    this.#judge();
  }

  async #listen(): Promise<void> {
    for (;;) {
      const message = decodeLineMessage(await this.#attempt.line.receive());
      if (message.kind === 'offer') this.#dial(message.endpoints);
      else if (message.kind === 'no-more') this.#peerOver = true;
      else this.#peerFailed = true;
      this.#judge();
    }
  }

  #dial(endpoints: readonly Endpoint[]): void {
    if (++this.#peerOffers > MAX_OFFERS) throw new WireError(`more than ${MAX_OFFERS} offers`);
    const targets = unicast(endpoints, this.#attempt.local).filter(({ port }) => port >= FIRST_PORT);
    const dial = dialAndProve(this.#attempt, targets).then(this.#resolve, (error: Error) => {
      this.#dialError = error;
    });
    this.#dials.add(dial);
    void dial.then(() => {
      this.#dials.delete(dial);
      this.#judge();
    });
  }

  #judge(): void {
    if (this.#dials.size > 0 || !this.#peerOver) return;
    if (this.#peerOffers > 0 && !this.#told && !this.#attempt.signal.aborted) {
      this.#told = true;
      this.#attempt.line.send(encodeLineMessage({ kind: 'nobody-answered' }));
    }
    const mayBeDialled = this.#offered && !this.#peerFailed;
    if (!this.#ownOver || mayBeDialled) return;
    if (this.#dialError) this.#reject(this.#dialError);
    else if (this.#peerFailed) this.#reject(new Error('the peer got no answer where the gateway leads to us'));
    else this.#reject(new NotApplicable('no gateway maps a port at either end'));
  }
}
