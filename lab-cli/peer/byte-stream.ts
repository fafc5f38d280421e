import { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../core/ports/index.ts';
import { decodeFrame, encodeFrame, FRAME_OVERHEAD } from './stream-frame.ts';
import { StreamReceiver } from './stream-receiver.ts';
import { StreamSender } from './stream-sender.ts';

/** What a byte stream needs of a pipe. */
export interface MessagePipe {
  readonly reliable: boolean;
  readonly maxMessage: number;
  readonly closed: Promise<{ readonly by: 'us' | 'peer' | 'network'; readonly text: string }>;
  send(message: Uint8Array): Promise<void>;
  onMessage(handler: (message: Uint8Array) => void): () => void;
  close(text?: string): void;
}

const MAX_DATA = 16_384;
/** What was not said for so long is said again, in case it got lost: how far we are, and that we are there. */
const REPEAT_MS = 1000;
const QUIET_MS = 15_000;
/** Nothing came for so long: nobody is there any more. */
const SILENT_MS = 60_000;
/** How long the last acknowledgement is repeated for who may have missed it. */
const LINGER_MS = 3000;
const DONE = 'done';

/**
 * Bytes over the messages of a pipe: in order, none lost, with back-pressure, and each direction ends by itself. It is
 * destroyed with an error if the pipe breaks before both have.
 */
export class ByteStream extends Duplex {
  readonly #pipe: MessagePipe;
  readonly #clock: Clock;
  readonly #sender: StreamSender;
  readonly #receiver = new StreamReceiver();
  readonly #off: () => void;
  #heardUs: number;
  #saidUs: number;
  #pending: { bytes: Buffer; done: (error?: Error | null) => void } | undefined;
  #finish: ((error?: Error | null) => void) | undefined;
  #wantsMore = false;
  #peerEnded = false;
  #gone = false;
  #timer: Timer | undefined;

  constructor(pipe: MessagePipe, clock: Clock) {
    // It destroys itself, once the peer knows as well that both directions are through.
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#pipe = pipe;
    this.#clock = clock;
    this.#heardUs = clock.now();
    this.#saidUs = clock.now();
    this.#sender = new StreamSender({
      clock,
      reliable: pipe.reliable,
      send: (message) => this.#say(message),
      changed: () => this.#proceed(),
    });
    this.#off = pipe.onMessage((message) => this.#receive(message));
    this.#tick();
    void pipe.closed.then(({ by, text }) => this.#closed(by, text));
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#pending = { bytes: chunk, done };
    this.#proceed();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finish = done;
    this.#sender.send({ kind: 'end' });
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#timer?.cancel();
    this.#sender.close();
    this.#off();
    this.#pipe.close(error ? 'broken off' : DONE);
    done(error);
  }

  #receive(message: Uint8Array): void {
    const frame = decodeFrame(message);
    if (!frame) return;
    this.#heardUs = this.#clock.now();
    if (frame.kind === 'ack') {
      this.#sender.acknowledge(frame);
      if (frame.done && this.#through) this.#part();
    } else {
      this.#receiver.receive(frame);
      this.#deliver();
      this.#acknowledge();
    }
  }

  #deliver(): void {
    const cramped = this.#receiver.cramped;
    while (this.#wantsMore) {
      const frame = this.#receiver.take();
      if (!frame) break;
      if (frame.kind === 'data') this.#wantsMore = this.push(frame.bytes);
      else {
        this.#peerEnded = true;
        this.push(null);
        this.#end();
      }
    }
    if (cramped && !this.#receiver.cramped) this.#acknowledge();
  }

  /** Sends what waits as far as there is room, and lets the writer go on. */
  #proceed(): void {
    const size = Math.min(this.#pipe.maxMessage - FRAME_OVERHEAD, MAX_DATA);
    while (this.#pending && this.#sender.hasRoom) {
      const { bytes, done } = this.#pending;
      if (bytes.length > 0) this.#sender.send({ kind: 'data', bytes: bytes.subarray(0, size) });
      this.#pending = bytes.length > size ? { bytes: bytes.subarray(size), done } : undefined;
      if (!this.#pending) done();
    }
    if (this.#finish && this.#sender.allCame) {
      this.#finish();
      this.#finish = undefined;
      this.#end();
    }
  }

  /** Have both directions ended, and does the peer have all of ours? */
  get #through(): boolean {
    return this.#peerEnded && this.writableEnded && this.#sender.allCame;
  }

  /** Once both directions are through: the peer may still miss our last acknowledgement. */
  #end(): void {
    if (!this.#through || this.#finish) return;
    this.#timer?.cancel();
    if (this.#gone) {
      this.destroy();
      return;
    }
    this.#acknowledge();
    this.#timer = this.#clock.after(LINGER_MS, () => this.destroy());
  }

  /** The peer knows it as well. */
  #part(): void {
    if (this.destroyed) return;
    this.#acknowledge();
    this.destroy();
  }

  #acknowledge(): void {
    this.#say(encodeFrame(this.#receiver.acknowledgement(this.#through)));
  }

  #say(message: Uint8Array): void {
    this.#saidUs = this.#clock.now();
    this.#pipe.send(message).catch(() => {}); // The pipe tells everybody when it closes.
  }

  #tick(): void {
    this.#timer = this.#clock.after(REPEAT_MS, () => {
      const nowUs = this.#clock.now();
      if (nowUs - this.#heardUs > SILENT_MS * 1000) {
        this.destroy(new Error(`nothing has come from the peer for ${SILENT_MS / 1000} s`));
        return;
      }
      if (this.#receiver.cramped || nowUs - this.#saidUs > QUIET_MS * 1000) this.#acknowledge();
      this.#tick();
    });
  }

  #closed(by: 'us' | 'peer' | 'network', text: string): void {
    if (by === 'us' || this.destroyed) return;
    // However it ended: nothing was missing any more.
    if (this.#through) {
      this.destroy();
      return;
    }
    // The peer closes when both directions are through by its own account: our last bytes came, even if we never heard,
    // and what it sent is here, even if nobody has read it yet.
    if (by === 'peer' && text === DONE && this.#receiver.complete && this.writableEnded) {
      this.#gone = true;
      this.#sender.close();
      this.#timer?.cancel();
      this.#finish?.();
      this.#finish = undefined;
      this.#end();
    } else this.destroy(new Error(by === 'peer' ? `the peer closed the pipe: ${text}` : `the pipe broke: ${text}`));
  }
}
