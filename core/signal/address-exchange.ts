import type { Host } from '../ports/index.ts';
import type { Address } from '../wire/address/address.ts';
import { decodeRefresh, encodeRefresh } from '../wire/address/refresh.ts';
import { WireError } from '../wire/wire-error.ts';
import type { SignalChannel, SignalMessage } from './signal-channel.ts';
import { SignalError } from './signal-error.ts';

/** The kind of the signal messages by which nodes ask for addresses. */
const KIND = 'address';
const TIMEOUT_MS = 5000;
const MAX_WAITING = 64;

export interface ExchangeOptions {
  /** Our own address at this moment. */
  readonly current: () => Address;
  /** Whom to answer; whoever holds an old address of ours may ask. @default everybody */
  readonly answer?: (peerKey: Uint8Array) => boolean;
}

export interface RefreshOptions {
  /** How long to wait for the answer. @default 5000 */
  readonly timeoutMs?: number;
  /** Stops waiting. @default none */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly known: Address;
  settle(address: Address): void;
}

/**
 * Asks nodes for the addresses that they have now, and tells ours. What comes back is signed by the node itself and by
 * the signal around it, and counts only if it is no older than what is known. The answer to a stranger is one signal,
 * and the channel limits how often he may ask.
 */
export class AddressExchange {
  readonly #host: Pick<Host, 'clock'>;
  readonly #channel: SignalChannel;
  readonly #options: ExchangeOptions;
  readonly #waiting = new Set<Waiting>();
  readonly #off: () => void;

  constructor(host: Pick<Host, 'clock'>, channel: SignalChannel, options: ExchangeOptions) {
    this.#host = host;
    this.#channel = channel;
    this.#options = options;
    this.#off = channel.onMessage((message) => this.#receive(message));
  }

  /**
   * The address that the node has now, which may be the one given.
   * @throws SignalError if no answer comes in time
   */
  async refresh(known: Address, { timeoutMs = TIMEOUT_MS, signal }: RefreshOptions = {}): Promise<Address> {
    signal?.throwIfAborted();
    if (this.#waiting.size >= MAX_WAITING) throw new SignalError('overload', `${MAX_WAITING} nodes are being asked`);
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(waiting);
        settle();
      };
      const fail = (error: Error): void => end(() => reject(error));
      const abort = (): void => fail(signal!.reason);
      const late = `the node did not tell its address within ${timeoutMs} ms`;
      const timer = this.#host.clock.after(timeoutMs, () => fail(new SignalError('timeout', late)));
      const waiting: Waiting = { known, settle: (address) => end(() => resolve(address)) };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', abort, { once: true });
      this.#ask(known, timeoutMs).catch(fail);
    });
  }

  close(): void {
    this.#off();
  }

  #ask({ publicKey, issuedAtMs, brokers }: Address, timeoutMs: number): Promise<void> {
    const body = encodeRefresh({ type: 'request', issuedAtMs });
    return this.#channel.send(publicKey, KIND, body, { brokers, dialUnknown: true, timeoutMs });
  }

  #receive({ from, kind, body, address }: SignalMessage): void {
    if (kind !== KIND) return;
    try {
      const { type, issuedAtMs } = decodeRefresh(body);
      if (type === 'request') this.#answer(from, issuedAtMs);
      else this.#answered(from, address);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** An asker that has the address already is told so, which is shorter. */
  #answer(to: Uint8Array, knownAtMs: number): void {
    if (this.#options.answer?.(to) === false) return;
    const { bytes, issuedAtMs } = this.#options.current();
    const news = issuedAtMs > knownAtMs ? { address: bytes } : {};
    this.#channel
      .send(to, KIND, encodeRefresh({ type: 'answer', issuedAtMs }), { ...news, timeoutMs: TIMEOUT_MS })
      .catch(() => {}); // Whoever did not get the answer asks again.
  }

  #answered(from: Uint8Array, address: Address | undefined): void {
    for (const { known, settle } of [...this.#waiting]) {
      if (Buffer.compare(known.publicKey, from) !== 0) continue;
      settle(address && address.issuedAtMs > known.issuedAtMs ? address : known);
    }
  }
}
