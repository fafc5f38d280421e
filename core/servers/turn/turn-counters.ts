/** What a TURN server has done since it started. */
export class TurnCounters {
  /** Allocations that were granted. */
  granted = 0;
  /** Requests that were refused, by error code; a challenge (401) is no refusal of credentials. */
  readonly refused = new Map<number, number>();
  /** Requests with wrong credentials. */
  unauthentic = 0;
  /** Requests that were not answered, since their sender asks too often. */
  limited = 0;
  /** Datagrams that were dropped, since their allocation has used up its rate. */
  overBudget = 0;
  /** What nobody could read. */
  malformed = 0;
  readonly #packets = { 'to-peer': 0, 'from-peer': 0 };
  readonly #bytes = { 'to-peer': 0, 'from-peer': 0 };

  relayed(way: 'to-peer' | 'from-peer', bytes: number): void {
    this.#packets[way]++;
    this.#bytes[way] += bytes;
  }

  refuse(code: number): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1);
  }

  get packets(): Readonly<Record<'to-peer' | 'from-peer', number>> {
    return this.#packets;
  }

  get bytes(): Readonly<Record<'to-peer' | 'from-peer', number>> {
    return this.#bytes;
  }
}
