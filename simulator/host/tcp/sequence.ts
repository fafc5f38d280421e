/** A TCP sequence number: an unsigned 32-bit integer that wraps (RFC 9293 section 3.4). */
export type Sequence = number;

export function add(sequence: Sequence, count: number): Sequence {
  return (sequence + count) >>> 0;
}

/**
 * How many octets `to` lies ahead of `from`; negative if it lies behind. Right for numbers that are less than 2^31
 * apart, which a window of at most 2^30 octets ensures.
 */
export function distance(from: Sequence, to: Sequence): number {
  return (to - from) | 0;
}

/** True if `a` comes before `b`. */
export function before(a: Sequence, b: Sequence): boolean {
  return ((a - b) | 0) < 0;
}

/** The one of the two that comes later. */
export function later(a: Sequence, b: Sequence): Sequence {
  return before(a, b) ? b : a;
}
