import type { Count } from './aggregate-types.ts';

const OTHERS = 'others';

/** Counts by name, with a limit on how many names it keeps apart: what comes later counts as `others`. */
export class Counter {
  readonly #counts = new Map<string, number>();
  readonly #limit: number;

  /** @param limit @default 500 */
  constructor(limit = 500) {
    this.#limit = limit;
  }

  add(name: string, count = 1): void {
    const known = this.#counts.has(name) || this.#counts.size < this.#limit;
    const key = known ? name : OTHERS;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  /** The largest first, equals by name. */
  sorted(): Count[] {
    const counts = [...this.#counts].map(([name, count]) => ({ name, count }));
    return counts.sort((left, right) => right.count - left.count || (left.name < right.name ? -1 : 1));
  }
}
