import type { Endpoint } from '../../net/endpoint.ts';
import { WireError } from '../../wire/wire-error.ts';
import { awaitAndProve, dialAndProve } from '../dial-and-prove.ts';
import { type Attempt, NotApplicable, type PlanInput, type ProvenTransport } from '../plugin.ts';
import { unicast } from '../targets.ts';
import { decodeLineMessage, encodeLineMessage, type Protocol } from './line-message.ts';
import { callMappedSocket } from './mapped-socket.ts';

/** From the start: the gateways, the offers, and a dial with three SYNs. */
const LIMIT_MS = 15_000;
/** Below are the services of machines: a peer is not to have us knock there. */
const FIRST_PORT = 1024;
/** One of each protocol for each of the peer's addresses. */
const MAX_OFFERS = 8;
/** Places of each protocol that a peer can have us call, whatever it offers. */
const MAX_CALLED = 6;

/**
 * Two ends that offer each other places to call, as they come to have them. It succeeds with the first path that is proven,
 * whoever called, and fails when neither end has anything left to hope for.
 */
export class Meeting {
  readonly proven: Promise<ProvenTransport>;
  readonly #attempt: Attempt;
  readonly #wanted: PlanInput['transport'];
  readonly #calls = new Set<Promise<void>>();
  readonly #called = { tcp: 0, udp: 0 };
  #resolve!: (transport: ProvenTransport) => void;
  #reject!: (error: Error) => void;
  #over = false;
  #offered = false;
  #ownOver = false;
  #peerOver = false;
  #peerOffers = 0;
  /** Nobody answered where the peer called. */
  #peerFailed = false;
  readonly #callErrors = new Set<string>();
  #told = false;

  constructor(attempt: Attempt, wanted: PlanInput['transport']) {
    this.#attempt = attempt;
    this.#wanted = wanted;
    this.proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const end = () => {
      this.#over = true;
    };
    this.proven.then(end, end);
    attempt.signal.addEventListener('abort', () => this.#reject(attempt.signal.reason), { once: true });
    attempt.host.clock.after(LIMIT_MS, () => this.#reject(new Error(`nothing was proven within ${LIMIT_MS} ms`)));
    if (wanted !== 'datagram') awaitAndProve(attempt).then(this.#resolve, this.#reject);
    this.#listen().catch(this.#reject);
  }

  /** A path is proven, or there will be none. */
  get over(): boolean {
    return this.#over;
  }

  /** Tells the peer where it can call. */
  offer(protocol: Protocol, endpoints: readonly Endpoint[]): void {
    if (endpoints.length === 0 || this.#attempt.signal.aborted) return;
    this.#offered = true;
    this.#attempt.line.send(encodeLineMessage({ kind: 'offer', protocol, endpoints }));
  }

  /** A path that was proven otherwise than by a call of ours, or of the peer to our listening port. */
  take(proven: Promise<ProvenTransport>): void {
    proven.then(this.#resolve, () => {}); // It only fails when the attempt is over.
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
      if (message.kind === 'offer') this.#call(message.protocol, message.endpoints);
      else if (message.kind === 'no-more') this.#peerOver = true;
      else this.#peerFailed = true;
      this.#judge();
    }
  }

  #call(protocol: Protocol, endpoints: readonly Endpoint[]): void {
    if (++this.#peerOffers > MAX_OFFERS) throw new WireError(`more than ${MAX_OFFERS} offers`);
    if (this.#wanted && (this.#wanted === 'stream') !== (protocol === 'tcp')) return;
    const targets = unicast(endpoints, this.#attempt.local)
      .filter(({ port }) => port >= FIRST_PORT)
      .slice(0, MAX_CALLED - this.#called[protocol]);
    this.#called[protocol] += targets.length;
    const over = protocol === 'tcp' ? dialAndProve : callMappedSocket;
    const call = over(this.#attempt, targets).then(this.#resolve, (error: Error) => {
      this.#callErrors.add(`${protocol.toUpperCase()}: ${error.message}`);
    });
    this.#calls.add(call);
    void call.then(() => {
      this.#calls.delete(call);
      this.#judge();
    });
  }

  #judge(): void {
    if (this.#calls.size > 0 || !this.#peerOver) return;
    if (this.#peerOffers > 0 && !this.#told && !this.#attempt.signal.aborted) {
      this.#told = true;
      this.#attempt.line.send(encodeLineMessage({ kind: 'nobody-answered' }));
    }
    const mayBeCalled = this.#offered && !this.#peerFailed;
    if (!this.#ownOver || mayBeCalled) return;
    if (this.#callErrors.size > 0) this.#reject(new Error([...this.#callErrors].join('; ')));
    else if (this.#peerFailed) this.#reject(new Error('the peer got no answer where the gateway leads to us'));
    else this.#reject(new NotApplicable('no gateway maps a port at either end'));
  }
}
