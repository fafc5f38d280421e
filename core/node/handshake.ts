import type { Transport, TransportSink } from '../plugins/transport.ts';
import type { Clock, Timer } from '../ports/index.ts';
import {
  decodeConfirm,
  decodeHello,
  decodeProof,
  encodeAccept,
  encodeClose,
  encodeConfirm,
  encodeHello,
  encodeProof,
  FRAME,
  frameKind,
  type Hello,
  PROOF_CONTEXT,
  transcript,
} from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import { ProvenLink } from './proven-link.ts';

/** First wait before a handshake frame is sent again over an unreliable transport, doubling up to the last. */
const FIRST_REPEAT_MS = 200;
const LAST_REPEAT_MS = 1600;

export interface HandshakeKeys {
  sign(context: string, message: Uint8Array): Uint8Array;
  verify(context: string, signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/**
 * For each answer of the peer over a reliable transport, where it is there or is never coming; the wait for a
 * nomination does not count.
 */
const ANSWER_MS = 10_000;

interface HandshakeBase {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly keys: HandshakeKeys;
  readonly signal: AbortSignal;
}

export interface InitiatorHandshake extends HandshakeBase {
  readonly hello: Hello;
  /** Resolves when the session takes this path as the winner. */
  nominate(): Promise<void>;
}

export interface ResponderHandshake extends HandshakeBase {
  /** Our fresh nonce. */
  readonly nonce: Uint8Array;
  /** Is this hello for this node, session and plugin? Throws with the reason if it is not. */
  admit(hello: Hello): void;
}

/** The parts that both ends share: repeating our last frame, and ending once. */
abstract class Handshake implements TransportSink {
  readonly result: Promise<ProvenLink>;
  protected readonly transport: Transport;
  protected readonly clock: Clock;
  #resolve!: (link: ProvenLink) => void;
  #reject!: (error: Error) => void;
  #timer: Timer | undefined;
  #deadline: Timer | undefined;
  #over = false;

  constructor(base: HandshakeBase) {
    this.transport = base.transport;
    this.clock = base.clock;
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
    if (this.#over) return;
    try {
      this.frame(bytes);
    } catch (error) {
      // Over UDP anyone can inject a datagram: nonsense must not end what the peer itself may still complete.
      if (this.transport.reliable || !(error instanceof WireError)) this.fail(error);
    }
  }

  closed(error?: Error): void {
    this.fail(error ?? new Error('the transport closed during the handshake'));
  }

  drained(): void {}

  /** Sends a frame, again and again if it may get lost, until the next one or the end. */
  protected say(frame: Uint8Array): void {
    this.hush();
    this.transport.send(frame);
    if (!this.transport.reliable) this.#repeat(frame, FIRST_REPEAT_MS);
    else this.#deadline = this.clock.after(ANSWER_MS, () => this.fail(new Error(`no answer within ${ANSWER_MS} ms`)));
  }

  protected hush(): void {
    this.#timer?.cancel();
    this.#deadline?.cancel();
  }

  protected succeed(link: ProvenLink): void {
    this.#over = true;
    this.hush();
    this.#resolve(link);
  }

  protected fail(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.hush();
    this.transport.abort();
    this.#reject(reason instanceof Error ? reason : new Error(String(reason)));
  }

  #repeat(frame: Uint8Array, waitMs: number): void {
    this.#timer = this.clock.after(waitMs, () => {
      this.transport.send(frame);
      this.#repeat(frame, Math.min(waitMs * 2, LAST_REPEAT_MS));
    });
  }
}

class Initiator extends Handshake {
  readonly #options: InitiatorHandshake;
  #peerProved = false;
  #confirmed = false;

  constructor(options: InitiatorHandshake) {
    super(options);
    this.#options = options;
    this.transport.start(this);
    this.say(encodeHello(options.hello));
  }

  protected override frame(bytes: Uint8Array): void {
    if (frameKind(bytes) === FRAME.proof && !this.#peerProved) this.#proof(bytes);
    else if (frameKind(bytes) === FRAME.accept && this.#confirmed) {
      this.succeed(new ProvenLink(this.transport, this.clock, () => {}));
    }
  }

  protected override fail(reason: unknown): void {
    // The responder may have taken the path for the winner by then: it need not find out by the silence.
    if (this.#confirmed) this.transport.send(encodeClose('given up'));
    super.fail(reason);
  }

  #proof(bytes: Uint8Array): void {
    const { hello, keys, nominate } = this.#options;
    const { nonce, signature } = decodeProof(bytes);
    const signed = transcript(hello, nonce);
    if (!keys.verify(PROOF_CONTEXT.responder, signature, signed, hello.responderKey)) {
      throw new WireError('who answers does not hold the key of the address');
    }
    this.#peerProved = true;
    this.hush();
    const confirm = () => {
      this.#confirmed = true;
      this.say(encodeConfirm(keys.sign(PROOF_CONTEXT.initiator, signed)));
    };
    nominate().then(confirm, (error) => this.fail(error));
  }
}

class Responder extends Handshake {
  readonly #options: ResponderHandshake;
  #hello: Hello | undefined;
  #answer: Uint8Array | undefined;

  constructor(options: ResponderHandshake) {
    super(options);
    this.#options = options;
    this.transport.start(this);
  }

  protected override frame(bytes: Uint8Array): void {
    if (frameKind(bytes) === FRAME.hello) this.#greeted(bytes);
    else if (frameKind(bytes) === FRAME.confirm && this.#hello) this.#confirm(bytes, this.#hello);
  }

  #greeted(bytes: Uint8Array): void {
    const { admit, keys, nonce } = this.#options;
    const hello = decodeHello(bytes);
    if (!this.#hello) {
      admit(hello);
      this.#hello = hello;
      const signature = keys.sign(PROOF_CONTEXT.responder, transcript(hello, nonce));
      this.#answer = encodeProof({ nonce, signature });
    } else if (this.transport.reliable) {
      throw new WireError('a second hello'); // Nothing gets lost here: whoever repeats it wants our answers to pile up.
    } else if (!Buffer.from(hello.nonce).equals(this.#hello.nonce)) {
      return; // One signature for one handshake: another hello is not ours to serve here.
    }
    this.transport.send(this.#answer!);
  }

  #confirm(bytes: Uint8Array, hello: Hello): void {
    const { keys, nonce } = this.#options;
    const signed = transcript(hello, nonce);
    if (!keys.verify(PROOF_CONTEXT.initiator, decodeConfirm(bytes), signed, hello.initiatorKey)) {
      throw new WireError('who calls does not hold the key that it names');
    }
    this.transport.send(encodeAccept());
    const acceptAgain = (frame: Uint8Array) => {
      if (frameKind(frame) === FRAME.confirm && !this.transport.reliable) this.transport.send(encodeAccept());
    };
    this.succeed(new ProvenLink(this.transport, this.clock, acceptAgain));
  }
}

/**
 * The initiator's end of the handshake: hello, the responder's proof, nomination, our proof, the accept.
 * @returns a link once both ends have proved their keys
 * @throws when the transport breaks, the peer has another key, or the signal fires; the transport is closed then
 */
export function initiate(options: InitiatorHandshake): Promise<ProvenLink> {
  return new Initiator(options).result;
}

/** The responder's end. It answers a hello and waits for the initiator's proof. */
export function respond(options: ResponderHandshake): Promise<ProvenLink> {
  return new Responder(options).result;
}
