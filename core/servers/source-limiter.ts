import { familyOf } from '../net/ip.ts';
import { formatPrefix, prefixOf } from '../net/prefix.ts';
import { type RateLimit, TokenBucket } from '../signal/token-bucket.ts';

/** Sources that are remembered. Whoever is forgotten starts with a full bucket. */
const MAX_SOURCES = 16_384;

/** Who asks how often. Over UDP the source can be forged: then it protects whose address it is. */
export class SourceLimiter {
  readonly #limit: RateLimit;
  /** The one that was quiet for longest comes first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limit: RateLimit) {
    this.#limit = limit;
  }

  /** Counts one request of this address: true if it is one too many. */
  refuses(address: string, nowUs: number): boolean {
    const source = sourceOf(address);
    const bucket = this.#buckets.get(source) ?? new TokenBucket(this.#limit, nowUs);
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket);
    if (this.#buckets.size > MAX_SOURCES) this.#buckets.delete(this.#buckets.keys().next().value!);
    return !bucket.take(nowUs);
  }
}

/** Whoever has one IPv6 address has all of its /64. */
export function sourceOf(address: string): string {
  return familyOf(address) === 4 ? address : formatPrefix(prefixOf(address, 64));
}
