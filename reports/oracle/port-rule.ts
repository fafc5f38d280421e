import type { NatBehaviour, PortAllocation } from '../../core/nat/behaviour.ts';

/**
 * Can the external ports of fresh local ports that follow each other be told beforehand, from how their predecessors
 * look? `follow`: they can. `chance`: they can unless mappings of others, or a port that can't be kept, come in between.
 * `random`: no.
 */
export type PortRule = 'follow' | 'chance' | 'random';

/** Local ports that a host picks for itself (RFC 6335 section 6). */
const DYNAMIC = [49_152, 65_535] as const;

/** Of a chain of translating NATs, host side first: each layer hands on what the one before it makes, or makes it anew. */
export function portRule(nats: readonly NatBehaviour[]): PortRule {
  return nats.reduce<PortRule>((inner, nat) => layer(inner, nat), 'follow');
}

function layer(inner: PortRule, { ports, pooling, addresses }: NatBehaviour): PortRule {
  if (pooling === 'arbitrary' && addresses > 1) return 'random';
  switch (ports.allocation) {
    case 'preserving':
      return keeps(ports, inner);
    case 'sequential':
      return ports.contention > 0 ? 'chance' : 'follow'; // whatever was handed on
    case 'random':
    case 'block':
      return 'random';
  }
}

function keeps({ range: [low, high] }: PortAllocation, inner: PortRule): PortRule {
  if (inner === 'random' || (low <= DYNAMIC[0] && high >= DYNAMIC[1])) return inner;
  return low > DYNAMIC[1] || high < DYNAMIC[0] ? 'random' : 'chance';
}
