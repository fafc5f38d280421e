import type { Packet } from '../../packet.ts';
import { before, type Sequence } from './sequence.ts';

/** SND.WND, and the segment that it was last learnt from (RFC 9293 section 3.10.7.4, SND.WL1 and SND.WL2). */
export class SendWindow {
  size: number;
  /** The largest window ever offered: what the peer's buffer is taken to be (RFC 9293 section 3.8.6.2.1). */
  largest: number;
  #sequence: Sequence;
  #acknowledgement: Sequence;

  constructor(segment: Packet) {
    this.size = segment.window;
    this.largest = segment.window;
    this.#sequence = segment.sequence;
    this.#acknowledgement = segment.acknowledgement;
  }

  /** Takes the window of an acceptable segment, unless an overtaken one says less than is known. */
  update(segment: Packet): void {
    const { sequence, acknowledgement, window } = segment;
    const stale =
      sequence === this.#sequence ? before(acknowledgement, this.#acknowledgement) : before(sequence, this.#sequence);
    if (stale) return;
    this.size = window;
    this.largest = Math.max(this.largest, window);
    this.#sequence = sequence;
    this.#acknowledgement = acknowledgement;
  }
}
