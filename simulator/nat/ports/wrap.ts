import type { PortAllocation } from '../../../core/nat/behaviour.ts';

/** Beyond one end of the range it goes on at the other. */
export function wrap(port: number, [low, high]: PortAllocation['range']): number {
  const size = high - low + 1;
  const offset = (port - low) % size;
  return low + (offset < 0 ? offset + size : offset);
}

/** RFC 4787 REQ-4: where parity is kept, an even port maps to an even one. */
export function fits({ parity }: PortAllocation, internalPort: number, port: number): boolean {
  return !parity || ((port ^ internalPort) & 1) === 0;
}
