import { MAX_REASSEMBLY_PIECES } from './parameters.ts';
import { add, distance, type Sequence } from './sequence.ts';

interface Piece {
  readonly sequence: Sequence;
  readonly bytes: Uint8Array;
}

/**
 * Bytes that came before their turn, in order and without overlap. The caller keeps to its window; the queue bounds
 * the number of pieces, since each costs more than its bytes.
 */
export class ReassemblyQueue {
  readonly #pieces: Piece[] = [];

  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Keeps what is not held already. What came first stays, as RFC 9293 leaves open and Linux does. */
  insert(sequence: Sequence, bytes: Uint8Array): void {
    const pieces = this.#pieces;
    let at = 0;
    let from = sequence;
    let rest = bytes;
    while (rest.length > 0 && pieces.length < MAX_REASSEMBLY_PIECES) {
      while (at < pieces.length && distance(endOf(pieces[at]!), from) >= 0) at++;
      const next = pieces[at];
      const gap = next ? distance(from, next.sequence) : rest.length;
      if (gap > 0) pieces.splice(at++, 0, { sequence: from, bytes: rest.subarray(0, gap) });
      if (!next || gap >= rest.length) return;
      rest = rest.subarray(distance(from, endOf(next)));
      from = endOf(next);
    }
  }

  /** Takes out the bytes that follow on `sequence`; undefined if a hole comes first. */
  take(sequence: Sequence): Uint8Array | undefined {
    for (let first = this.#pieces[0]; first; first = this.#pieces[0]) {
      const known = distance(first.sequence, sequence);
      if (known < 0) return undefined;
      this.#pieces.shift();
      if (known < first.bytes.length) return first.bytes.subarray(known);
    }
    return undefined;
  }
}

function endOf(piece: Piece): Sequence {
  return add(piece.sequence, piece.bytes.length);
}
