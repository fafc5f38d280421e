import type nodeCrypto from 'node:crypto';
import type { Random } from '../../core/ports/index.ts';
import { current, type VirtualGlobals } from './current.ts';
import { virtualise } from './virtualise.ts';

type Done<T> = (error: Error | null, value: T) => void;
type View = NodeJS.ArrayBufferView | ArrayBuffer;

/** `Math.random`, and of `node:crypto` and Web Crypto all that draws random bytes and can be replaced. */
export function patchEntropy(web: typeof globalThis.crypto, crypto: typeof nodeCrypto, math: typeof Math): void {
  virtualise([math], 'random', ({ dice }) => fraction(dice));
  virtualise([crypto], 'randomBytes', (world, size: number, done?: Done<Buffer>) => {
    return answer(world, Buffer.from(world.entropy.bytes(size)), done);
  });
  virtualise([crypto], 'randomFillSync', ({ entropy }, view: View, offset?: number, size?: number) => {
    return fill(view, entropy, offset, size);
  });
  virtualise([crypto], 'randomFill', (world, view: View, ...rest: unknown[]) => {
    const done = rest.pop() as Done<View>;
    const [offset, size] = rest as (number | undefined)[];
    return answer(world, fill(view, world.entropy, offset, size), done);
  });
  virtualise([crypto], 'randomInt', (world, ...args: (number | Done<number>)[]) => {
    const done = typeof args.at(-1) === 'function' ? (args.pop() as Done<number>) : undefined;
    const [low, high] = (args.length === 1 ? [0, args[0]] : args) as [number, number];
    return answer(world, low + integerBelow(high - low, world.entropy), done);
  });
  for (const holder of [crypto, web]) virtualise([holder], 'randomUUID', ({ entropy }) => uuid(entropy.bytes(16)));
  // node:crypto's own getRandomValues and subtle ask Web Crypto's.
  virtualise([web], 'getRandomValues', ({ entropy }, view: View) => fill(view, entropy));
  refuseSubtle(web);
}

/** SubtleCrypto answers from a thread pool, whenever that is: nothing that waits for it can be repeated. */
function refuseSubtle(web: typeof globalThis.crypto): void {
  const { subtle } = web;
  const get = (): typeof subtle => {
    if (current) throw new Error('crypto.subtle does not exist in a simulated world: it answers in real time');
    return subtle;
  };
  Object.defineProperty(web, 'subtle', { configurable: true, enumerable: true, get });
}

/** Where there is a callback it is an event of its own. */
function answer<T>(world: VirtualGlobals, value: T, done: Done<T> | undefined): T | undefined {
  if (!done) return value;
  world.scheduler.schedule(0, () => done(null, value));
  return undefined;
}

/** 53 random bits, as `Math.random` has. */
function fraction(random: Random): number {
  return ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6)) / 2 ** 53;
}

function integerBelow(limit: number, random: Random): number {
  if (!(limit >= 1 && limit < 2 ** 48)) throw new RangeError(`randomInt over ${limit} values`);
  if (limit <= 2 ** 32) return random.below(limit);
  const unbiased = 2 ** 53 - (2 ** 53 % limit);
  for (;;) {
    const draw = (random.uint32() >>> 11) * 2 ** 32 + random.uint32();
    if (draw < unbiased) return draw % limit;
  }
}

/** `offset` and `size` count elements of the view. */
function fill<V extends View>(view: V, random: Random, offset = 0, size?: number): V {
  const unit = 'BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1;
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
function uuid(bytes: Uint8Array): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
