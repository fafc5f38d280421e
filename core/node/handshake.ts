import type { Transport, TransportSink } from '../plugins/transport.ts';
import type { Clock, Host, Timer } from '../ports/index.ts';
import type { Hello } from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import type { FrameGuard } from './link/frame-guard.ts';
import type { LinkPath } from './link/link-path.ts';

/** First wait before a handshake frame is sent again over an unreliable transport, doubling up to the last. */
const FIRST_REPEAT_MS = 100;
const LAST_REPEAT_MS = 1600;
/** What was sent less long ago may yet be answered. */
const UNDERWAY_US = 60_000;
/**
 * For each answer of the peer over a reliable transport, where it is there or is never coming; the wait for a
 * nomination does not count.
 */
const ANSWER_MS = 10_000;

/** The long-term key of this end, and what signing needs. */
export interface HandshakeKeys {
  sign(context: string, message: Uint8Array): Uint8Array;
  verify(context: string, signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /** A fresh key pair for one handshake: its public key, and the secret that it yields with the peer's. */
  ephemeral(): { share: Uint8Array; secret(peerShare: Uint8Array): Uint8Array };
}

export interface HandshakeBase {
  readonly transport: Transport;
  readonly host: Pick<Host, 'clock' | 'random'>;
  readonly keys: HandshakeKeys;
  readonly signal: AbortSignal;
  /** Of the attempt whose path is to be proven. */
  readonly plugin: string;
  readonly kind: 'direct' | 'relayed';
}

export interface InitiatorHandshake extends HandshakeBase {
  readonly hello: Hello;
  /** Once the responder has told its part of the session's keys over the signal channel; never, if there is none. */
  readonly guard: Promise<FrameGuard>;
  /** Resolves when the session takes this path. @throws if it can't, with these keys */
  nominate(guard: FrameGuard): Promise<void>;
}

export interface ResponderHandshake extends HandshakeBase {
  /** Our fresh nonce. */
  readonly nonce: Uint8Array;
  /**
   * Is this hello for this node, session and plugin? Throws with the reason if it is not.
   * @returns the session's keys; undefined where none were agreed on over the signal channel
   */
  admit(hello: Hello): FrameGuard | undefined;
}

/** The parts that both ends share: repeating our last frame, and ending once. */
export abstract class Handshake implements TransportSink {
  readonly result: Promise<LinkPath>;
  protected readonly transport: Transport;
  protected readonly clock: Clock;
  #resolve!: (path: LinkPath) => void;
  #reject!: (error: Error) => void;
  #timer: Timer | undefined;
  /** What is sent again and again. */
  #repeated: Uint8Array | undefined;
  #sentUs = 0;
  #deadline: Timer | undefined;
  #over = false;

  constructor(base: HandshakeBase) {
    this.transport = base.transport;
    this.clock = base.host.clock;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const abort = () => this.fail(base.signal.reason);
    base.signal.addEventListener('abort', abort, { once: true });
    const forget = () => base.signal.removeEventListener('abort', abort);
    this.result.then(forget, forget);
  }

  protected abstract frame(bytes: Uint8Array): void;

  message(bytes: Uint8Array): void {
    if (!this.#over) this.attempt(() => this.frame(bytes));
  }

  closed(error?: Error): void {
    this.fail(error ?? new Error('the transport closed during the handshake'));
  }

  drained(): void {}

  /** What was sent before the peer's NAT was open is lost: now it is open. */
  reached(): void {
    if (!this.#repeated || this.#over || this.clock.now() - this.#sentUs < UNDERWAY_US) return;
    this.say(this.#repeated);
  }

  protected get over(): boolean {
    return this.#over;
  }

  protected attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      // Over UDP anyone can inject a datagram: nonsense must not end what the peer itself may still complete.
      if (this.transport.reliable || !(error instanceof WireError)) this.fail(error);
    }
  }

  /** Sends a frame, again and again if it may get lost, until the next one or the end. */
  protected say(frame: Uint8Array): void {
    this.hush();
    this.#send(frame);
    if (!this.transport.reliable) {
      this.#repeated = frame;
      this.#repeat(frame, FIRST_REPEAT_MS);
    } else this.#deadline = this.clock.after(ANSWER_MS, () => this.fail(new Error(`no answer within ${ANSWER_MS} ms`)));
  }

  protected hush(): void {
    this.#repeated = undefined;
    this.#timer?.cancel();
    this.#deadline?.cancel();
  }

  /** @param make takes the transport over */
  protected succeed(make: () => LinkPath): void {
    this.#over = true;
    this.hush();
    this.#resolve(make());
  }

  protected fail(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.hush();
    this.transport.abort();
    this.#reject(reason instanceof Error ? reason : new Error(String(reason)));
  }

  #send(frame: Uint8Array): void {
    this.#sentUs = this.clock.now();
    this.transport.send(frame);
  }

  #repeat(frame: Uint8Array, waitMs: number): void {
    this.#timer = this.clock.after(waitMs, () => {
      this.#send(frame);
      this.#repeat(frame, Math.min(waitMs * 2, LAST_REPEAT_MS));
    });
  }
}
