import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Candidates } from './port-set.ts';

/** The ports from `low` to `high` that an internal port may map to (RFC 4787 REQ-4 where parity is kept). */
export function candidatesWithin(low: number, high: number, ports: PortAllocation, internalPort: number): Candidates {
  const parity = (internalPort & 1) as 0 | 1;
  return { low, high, parity: ports.parity ? parity : undefined };
}
