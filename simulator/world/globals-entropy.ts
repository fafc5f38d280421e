import type nodeCrypto from 'node:crypto';
import type { Random } from '../../core/ports/index.ts';
import { current } from './current.ts';
import { replace } from './replace.ts';

type Done<T> = (error: Error | null, value: T) => void;
type Uuid = (options?: object) => string;
type Integers = Exclude<NodeJS.TypedArray, Float32Array | Float64Array>;

/** `Math.random` and every source of random bytes of `node:crypto` and Web Crypto that can be replaced. */
export function patchEntropy(web: typeof globalThis.crypto, crypto: typeof nodeCrypto, math: typeof Math): void {
  replace([math], 'random', (real: () => number) => () => (current ? fraction(current.dice) : real()));

  replace([crypto], 'randomBytes', (real: (size: number, done?: Done<Buffer>) => unknown) => (size, done) => {
    const world = current;
    if (!world) return real(size, done);
    return answer(Buffer.from(world.entropy.bytes(size)), done);
  });
  replace([crypto], 'randomFillSync', (real: (view: NodeJS.ArrayBufferView, ...range: number[]) => unknown) => {
    return (view, ...range) => (current ? fill(view, current.entropy, ...range) : real(view, ...range));
  });
  replace([crypto], 'randomFill', (real: (view: NodeJS.ArrayBufferView, ...rest: unknown[]) => unknown) => {
    return (view, ...rest) => {
      if (!current) return real(view, ...rest);
      const done = rest.pop() as Done<NodeJS.ArrayBufferView>;
      return answer(fill(view, current.entropy, ...(rest as number[])), done);
    };
  });
  replace([crypto], 'randomInt', (real: (...args: unknown[]) => unknown) => (...args) => {
    if (!current) return real(...args);
    const done = typeof args.at(-1) === 'function' ? (args.pop() as Done<number>) : undefined;
    const [low, high] = args.length === 1 ? [0, Number(args[0])] : [Number(args[0]), Number(args[1])];
    return answer(low + integerBelow(high - low, current.entropy), done);
  });

  replace([crypto], 'randomUUID', (real: Uuid) => uuid((options) => real(options)));
  replace([web], 'randomUUID', (real: Uuid) => uuid((options) => Reflect.apply(real, web, [options])));
  // node:crypto's own getRandomValues and subtle ask Web Crypto's.
  replace([web], 'getRandomValues', (real: (view: Integers) => Integers) => (view) => {
    return current ? fill(view, current.entropy) : Reflect.apply(real, web, [view]);
  });
  refuseSubtle(web);
}

function uuid(real: Uuid): Uuid {
  return (options) => (current ? formatUuid(current.entropy.bytes(16)) : real(options));
}

/** SubtleCrypto answers from a thread pool, whenever that is: nothing that waits for it can be repeated. */
function refuseSubtle(web: typeof globalThis.crypto): void {
  const { subtle } = web;
  Object.defineProperty(web, 'subtle', {
    configurable: true,
    enumerable: true,
    get: () => {
      if (current) throw new Error('crypto.subtle does not exist in a simulated world: it answers in real time');
      return subtle;
    },
  });
}

/** Where there is a callback it is an event of its own. */
function answer<T>(value: T, done: Done<T> | undefined): T | undefined {
  if (!done) return value;
  current!.scheduler.schedule(0, () => done(null, value));
  return undefined;
}

/** 53 random bits, as `Math.random` has. */
function fraction(random: Random): number {
  return ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6)) / 2 ** 53;
}

function integerBelow(limit: number, random: Random): number {
  if (!(limit >= 1 && limit < 2 ** 48)) throw new RangeError(`randomInt over ${limit} values`);
  if (limit <= 2 ** 32) return random.below(limit);
  const fair = 2 ** 53 - (2 ** 53 % limit);
  for (;;) {
    const draw = (random.uint32() >>> 11) * 2 ** 32 + random.uint32();
    if (draw < fair) return draw % limit;
  }
}

function fill<V extends NodeJS.ArrayBufferView | ArrayBuffer>(view: V, random: Random, offset = 0, size?: number): V {
  const unit = ArrayBuffer.isView(view) && 'BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1;
  const bytes = ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view);
  const start = offset * unit;
  const end = size === undefined ? bytes.length : start + size * unit;
  if (!(start >= 0 && start <= end && end <= bytes.length)) throw new RangeError('randomFill beyond the end');
  bytes.set(random.bytes(end - start), start);
  return view;
}

/** RFC 9562 section 5.4, version 4. */
function formatUuid(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
