import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { ReceivedMessage } from '../wire/stun/decode-message.ts';
import { transactionKey } from '../wire/stun/message.ts';
import { Retransmission, type RetransmissionOptions } from './retransmission.ts';

export interface ExchangeRequest {
  readonly transactionId: Uint8Array;
  readonly method: number;
  /** Puts the request on the wire; called again for each retransmission. */
  send(): void;
  /** Is this the answer? One that is not is ignored, and the exchange goes on. */
  accepts(message: ReceivedMessage, from: Endpoint): boolean;
  readonly retransmission?: RetransmissionOptions | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ExchangeResult =
  | {
      readonly outcome: 'response';
      readonly message: ReceivedMessage;
      readonly from: Endpoint;
      /** From the first request: exact if there was but one, else too long rather than too short. */
      readonly rttUs: number;
      /** Requests sent. */
      readonly requests: number;
    }
  | { readonly outcome: 'timeout'; readonly requests: number }
  | { readonly outcome: 'cancelled' }
  /** The network said that the server can't be reached, or the transport broke. */
  | { readonly outcome: 'unreachable'; readonly error: NetError };

interface Pending {
  readonly request: ExchangeRequest;
  readonly schedule: Retransmission;
  timer: Timer | undefined;
  readonly cancel: () => void;
  readonly resolve: (result: ExchangeResult) => void;
}

const MAX_PENDING = 256;

/**
 * The STUN transactions of one client that wait for their answers. It owns the timers and matches responses; the
 * transport beneath is the caller's.
 */
export class StunExchanges {
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get size(): number {
    return this.#pending.size;
  }

  /** Never rejects. The first request leaves before this returns. */
  run(request: ExchangeRequest): Promise<ExchangeResult> {
    if (request.signal?.aborted) return Promise.resolve({ outcome: 'cancelled' });
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.resolve({ outcome: 'unreachable', error: new NetError('ENOBUFS', 'too many STUN transactions') });
    }
    return new Promise((resolve) => {
      const key = transactionKey(request);
      const cancel = () => this.#settle(key, { outcome: 'cancelled' });
      const schedule = new Retransmission(this.#clock.now(), request.retransmission);
      request.signal?.addEventListener('abort', cancel);
      this.#pending.set(key, { request, schedule, timer: undefined, cancel, resolve });
      this.#step(key);
    });
  }

  /** Takes a response. False: nobody waits for it, or it is not what was waited for. */
  receive(message: ReceivedMessage, from: Endpoint): boolean {
    if (message.messageClass !== 'success' && message.messageClass !== 'error') return false;
    const key = transactionKey(message);
    const pending = this.#pending.get(key);
    if (!pending || message.method !== pending.request.method || !pending.request.accepts(message, from)) return false;
    const { startUs, requests } = pending.schedule;
    this.#settle(key, { outcome: 'response', message, from, rttUs: this.#clock.now() - startUs, requests });
    return true;
  }

  /** The transport is broken: ends every exchange as `unreachable`. */
  fail(error: NetError): void {
    for (const key of [...this.#pending.keys()]) this.#settle(key, { outcome: 'unreachable', error });
  }

  /** Ends every exchange as `cancelled`. */
  cancel(): void {
    for (const key of [...this.#pending.keys()]) this.#settle(key, { outcome: 'cancelled' });
  }

  #step(key: string): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    const { request, schedule } = pending;
    const step = schedule.step(this.#clock.now());
    if (step === 'expired') {
      this.#settle(key, { outcome: 'timeout', requests: schedule.requests });
      return;
    }
    pending.timer = this.#clock.after((schedule.dueUs - this.#clock.now()) / 1000, () => this.#step(key));
    if (step === 'send') request.send();
  }

  #settle(key: string, result: ExchangeResult): void {
    const pending = this.#pending.get(key);
    if (!pending) return;
    this.#pending.delete(key);
    pending.timer?.cancel();
    pending.request.signal?.removeEventListener('abort', pending.cancel);
    pending.resolve(result);
  }
}
