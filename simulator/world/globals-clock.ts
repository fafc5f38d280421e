import { substitute, virtualise } from './virtualise.ts';

type HighResolution = [seconds: number, nanoseconds: number];
type Hrtime = (since?: HighResolution) => HighResolution;

/** `Date`, `performance.now`, `process.hrtime` and `process.uptime`. */
export function patchClock(
  globals: typeof globalThis,
  process: NodeJS.Process,
  performance: typeof globalThis.performance,
): void {
  replaceDate(globals);
  virtualise([performance], 'now', ({ scheduler }) => scheduler.now / 1000);
  virtualise([process], 'uptime', ({ scheduler }) => scheduler.now / 1_000_000);
  virtualise<Hrtime>([process], 'hrtime', ({ scheduler }, since) => {
    const end: HighResolution = [Math.floor(scheduler.now / 1_000_000), (scheduler.now % 1_000_000) * 1000];
    return since ? difference(end, since) : end;
  });
  virtualise([process.hrtime], 'bigint', ({ scheduler }) => BigInt(scheduler.now) * 1000n);
}

function difference(end: HighResolution, start: HighResolution): HighResolution {
  const seconds = end[0] - start[0];
  const nanoseconds = end[1] - start[1];
  return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1_000_000_000] : [seconds, nanoseconds];
}

/** The new constructor shares the old one's prototype, so `instanceof` holds both ways for dates of either. */
function replaceDate(globals: typeof globalThis): void {
  const RealDate = globals.Date;
  function VirtualDate(...args: unknown[]): unknown {
    const values = args.length === 0 ? [globals.Date.now()] : args;
    return new.target ? Reflect.construct(RealDate, values, new.target) : new RealDate(globals.Date.now()).toString();
  }
  VirtualDate.prototype = RealDate.prototype;
  substitute([globals], 'Date', () => VirtualDate);
  virtualise([globals.Date], 'now', (world) => world.wallMs());
  Object.defineProperty(RealDate.prototype, 'constructor', { value: VirtualDate, writable: true, configurable: true });
}
