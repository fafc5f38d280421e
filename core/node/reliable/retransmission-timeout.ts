/** RFC 6298 section 2, but for (2.4): like most stacks, not a whole second at least, which tails of bursts would pay. */
const INITIAL_MS = 1000;
const MIN_MS = 200;
const MAX_MS = 8000;

/** How long to wait for an acknowledgement (RFC 6298). */
export class RetransmissionTimeout {
  #smoothedMs: number | undefined;
  #variationMs = 0;
  #timeoutMs = INITIAL_MS;

  get ms(): number {
    return this.#timeoutMs;
  }

  /** Of a segment that was sent once only (Karn's algorithm, section 3). */
  measured(roundTripMs: number): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
    } else {
      this.#variationMs = 0.75 * this.#variationMs + 0.25 * Math.abs(this.#smoothedMs - roundTripMs);
      this.#smoothedMs = 0.875 * this.#smoothedMs + 0.125 * roundTripMs;
    }
    this.#timeoutMs = Math.min(MAX_MS, Math.max(MIN_MS, this.#smoothedMs + 4 * this.#variationMs));
  }

  /** What was measured was another path (RFC 9000 section 9.4). */
  restart(): void {
    this.#smoothedMs = undefined;
    this.#timeoutMs = INITIAL_MS;
  }

  /** Section 5.5. */
  backOff(): void {
    this.#timeoutMs = Math.min(MAX_MS, this.#timeoutMs * 2);
  }
}
