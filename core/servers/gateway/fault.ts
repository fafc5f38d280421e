import type { PortMappingFault } from '../../nat/behaviour.ts';
import type { Host } from '../../ports/index.ts';

/** What a gateway with `wrong-address` says: of the range for benchmarks, which nobody has. */
export const WRONG_ADDRESS = '198.18.0.99';
const SLOW_MS = 1500;

/** Calls back when a gateway with this fault would have got round to it. */
export function whenReady(host: Host, faults: ReadonlySet<PortMappingFault>, task: () => void): void {
  if (faults.has('slow')) host.clock.after(SLOW_MS, task);
  else task();
}

/** Bytes that belong to no protocol. */
export function garbage(host: Host): Buffer {
  return Buffer.from(host.random.bytes(1 + host.random.below(64)));
}
