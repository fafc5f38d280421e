import type { Clock, Timer } from '../../core/ports/index.ts';
import { encodeFrame, type StreamFrame } from './stream-frame.ts';

type Ack = Extract<StreamFrame, { kind: 'ack' }>;

interface Outstanding {
  readonly bytes: Buffer;
  sentUs: number;
  /** Sent once only: its acknowledgement tells the round trip (Karn's rule, RFC 6298 section 3). */
  fresh: boolean;
  /** On its way, as far as we know; else it came, or was lost and waits to be sent again. */
  state: 'flying' | 'came' | 'lost';
}

export interface SenderOptions {
  readonly clock: Clock;
  /** Sends one message; what the pipe has no room for may wait there. */
  send(message: Uint8Array): void;
  /** The pipe loses nothing, so nothing is ever sent twice. */
  readonly reliable: boolean;
  /** There is room for more, or everything has come. */
  changed(): void;
}

const FIRST_WINDOW = 16;
const MAX_WINDOW = 1024;
const MIN_WINDOW = 2;
const FIRST_TIMEOUT_US = 1_000_000;
const MIN_TIMEOUT_US = 200_000;
const MAX_TIMEOUT_US = 10_000_000;
/** Later frames that came make a missing one lost (RFC 5681 section 3.2). */
const REORDERED = 3;

/** Sends frames in order until the other end has each: a window that grows until something gets lost (RFC 5681). */
export class StreamSender {
  readonly #options: SenderOptions;
  readonly #outstanding = new Map<number, Outstanding>();
  #first = 0;
  #next = 0;
  #flying = 0;
  #peerWindow = FIRST_WINDOW;
  #window = FIRST_WINDOW;
  #threshold = MAX_WINDOW;
  /** The window shrinks once for all that was lost of one flight. */
  #recoverUntil = 0;
  #smoothUs: number | undefined;
  #variationUs = 0;
  #backoff = 1;
  #timer: Timer | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    // A window of 0 still takes one frame, whose acknowledgements tell when it opens.
    const fits = this.#next - this.#first < Math.max(1, this.#peerWindow);
    return fits && (this.#options.reliable || this.#flying < this.#window);
  }

  get allCame(): boolean {
    return this.#first === this.#next;
  }

  send(content: { kind: 'data'; bytes: Uint8Array } | { kind: 'end' }): void {
    const sequence = this.#next++;
    const bytes = encodeFrame({ ...content, sequence: sequence >>> 0 } as StreamFrame);
    this.#outstanding.set(sequence, { bytes, sentUs: this.#options.clock.now(), fresh: true, state: 'flying' });
    this.#flying++;
    this.#options.send(bytes);
    this.#arm();
  }

  acknowledge({ next, window, beyond }: Ack): void {
    // The place in our own count that these 32 bits mean.
    const acked = this.#first + ((next - this.#first) >>> 0);
    if (acked > this.#next) return; // Nothing of the kind was sent, or it is older than what we know.
    const newly = acked - this.#first;
    for (; this.#first < acked; this.#first++) this.#came(this.#first);
    let highest = -1;
    for (const [place, came] of beyond.entries()) {
      if (!came) continue;
      highest = acked + 1 + place;
      const frame = this.#outstanding.get(highest);
      if (frame) this.#mark(frame, 'came');
    }
    this.#peerWindow = window;
    if (newly > 0) {
      this.#backoff = 1;
      this.#grow(newly);
    }
    if (!this.#options.reliable) {
      this.#noticeLost(highest);
      this.#resend();
    }
    this.#arm();
    this.#options.changed();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #came(sequence: number): void {
    const frame = this.#outstanding.get(sequence);
    this.#outstanding.delete(sequence);
    if (frame) this.#mark(frame, 'came');
    if (frame?.fresh) this.#measure(this.#options.clock.now() - frame.sentUs);
  }

  /** RFC 6298 section 2. */
  #measure(tripUs: number): void {
    if (this.#smoothUs === undefined) {
      this.#smoothUs = tripUs;
      this.#variationUs = tripUs / 2;
      return;
    }
    this.#variationUs += (Math.abs(this.#smoothUs - tripUs) - this.#variationUs) / 4;
    this.#smoothUs += (tripUs - this.#smoothUs) / 8;
  }

  #grow(frames: number): void {
    if (this.#window < this.#threshold) this.#window += frames;
    else this.#window += frames / this.#window;
    this.#window = Math.min(this.#window, MAX_WINDOW);
  }

  #shrink(): void {
    if (this.#first < this.#recoverUntil) return;
    this.#recoverUntil = this.#next;
    this.#threshold = Math.max(MIN_WINDOW, this.#window / 2);
    this.#window = this.#threshold;
  }

  #mark(frame: Outstanding, state: Outstanding['state']): void {
    this.#flying += Number(state === 'flying') - Number(frame.state === 'flying');
    frame.state = state;
  }

  #noticeLost(highest: number): void {
    const waitUs = this.#smoothUs ?? FIRST_TIMEOUT_US;
    for (let sequence = this.#first; sequence <= highest - REORDERED; sequence++) {
      const frame = this.#outstanding.get(sequence);
      // What was sent again is given a round trip to come.
      if (frame?.state !== 'flying' || this.#options.clock.now() - frame.sentUs < waitUs) continue;
      this.#shrink();
      this.#mark(frame, 'lost');
    }
  }

  /** Sends what was lost again, the oldest first, as far as the window goes. */
  #resend(): void {
    for (const frame of this.#outstanding.values()) {
      if (this.#flying >= this.#window) return;
      if (frame.state !== 'lost') continue;
      this.#mark(frame, 'flying');
      frame.fresh = false;
      frame.sentUs = this.#options.clock.now();
      this.#options.send(frame.bytes);
    }
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.allCame || this.#options.reliable) return;
    const usualUs = this.#smoothUs === undefined ? FIRST_TIMEOUT_US : this.#smoothUs + 4 * this.#variationUs;
    const delayUs = Math.min(Math.max(usualUs, MIN_TIMEOUT_US) * this.#backoff, MAX_TIMEOUT_US);
    this.#timer = this.#options.clock.after(delayUs / 1000, () => this.#expire());
  }

  /** Nothing came for long: all that flies is lost, and everything slows down. */
  #expire(): void {
    this.#shrink();
    this.#window = MIN_WINDOW;
    this.#backoff = Math.min(this.#backoff * 2, 64);
    for (const frame of this.#outstanding.values()) if (frame.state === 'flying') this.#mark(frame, 'lost');
    this.#resend();
    this.#arm();
  }
}
