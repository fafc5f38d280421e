import type { Host } from '../../ports/index.ts';

/**
 * How a gateway fails. `refuses`: it will map nothing. `conflict`: another host has the port that is asked for first.
 * `wrong-address`: it takes another address for its external one. `permanent-only`: IGD error 725, it knows no leases.
 * `slow`: it takes 1.5 s for everything. `garbage`: it answers what is no answer. `claims`: it says yes and maps nothing.
 */
export type GatewayFault = 'refuses' | 'conflict' | 'wrong-address' | 'permanent-only' | 'slow' | 'garbage' | 'claims';

/** What a gateway with `wrong-address` says: of the range for benchmarks, which nobody has. */
export const WRONG_ADDRESS = '198.18.0.99';
const SLOW_MS = 1500;

/** Calls back when a gateway with this fault would have got round to it. */
export function whenReady(host: Host, faults: ReadonlySet<GatewayFault>, task: () => void): void {
  if (faults.has('slow')) host.clock.after(SLOW_MS, task);
  else task();
}

/** Bytes that belong to no protocol. */
export function garbage(host: Host): Buffer {
  return Buffer.from(host.random.bytes(1 + host.random.below(64)));
}
