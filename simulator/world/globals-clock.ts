import { current } from './current.ts';
import { replace } from './replace.ts';

/** `Date`, `performance.now` and `process.hrtime`. */
export function patchClock(
  globals: typeof globalThis,
  process: NodeJS.Process,
  performance: typeof globalThis.performance,
): void {
  replaceDate(globals);
  const now = performance.now.bind(performance);
  replace([performance], 'now', () => () => (current ? current.scheduler.now / 1000 : now()));
  replace([process], 'hrtime', (real: (since?: [number, number]) => [number, number]) => {
    const hrtime = (since?: [number, number]): [number, number] => {
      if (!current) return real(since);
      const us = current.scheduler.now;
      const seconds = Math.floor(us / 1_000_000);
      return since ? difference([seconds, (us % 1_000_000) * 1000], since) : [seconds, (us % 1_000_000) * 1000];
    };
    const bigint: () => bigint = Reflect.get(real, 'bigint');
    return Object.assign(hrtime, { bigint: () => (current ? BigInt(current.scheduler.now) * 1000n : bigint()) });
  });
}

function difference(end: [number, number], start: [number, number]): [number, number] {
  const nanoseconds = end[1] - start[1];
  return nanoseconds < 0 ? [end[0] - start[0] - 1, nanoseconds + 1_000_000_000] : [end[0] - start[0], nanoseconds];
}

/** The new constructor shares the old one's prototype, so `instanceof` holds both ways for dates of either. */
function replaceDate(globals: typeof globalThis): void {
  const RealDate = globals.Date;
  const realNow = RealDate.now;
  const now = (): number => (current ? current.wallMs() : realNow());

  function VirtualDate(...args: unknown[]): unknown {
    if (!new.target) return new RealDate(now()).toString();
    const values = args.length === 0 ? [now()] : args;
    return Reflect.construct(RealDate, values, new.target === VirtualDate ? RealDate : new.target);
  }
  for (const key of Reflect.ownKeys(RealDate)) {
    Object.defineProperty(VirtualDate, key, Object.getOwnPropertyDescriptor(RealDate, key)!);
  }
  replace([VirtualDate], 'now', () => now);
  Object.defineProperty(RealDate.prototype, 'constructor', { value: VirtualDate, writable: true, configurable: true });
  Object.defineProperty(globals, 'Date', { value: VirtualDate, writable: true, configurable: true, enumerable: false });
}
