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

/** What a search for one of many random ports is up against. */
export interface SearchRoom {
  /** Ports among which the NAT draws; 0: they lie close together, wherever they are. */
  readonly range: number;
  /** Mappings that a host may have. */
  readonly quota: number;
  /** Ports that may be tried before a firewall shuts the searcher out. */
  readonly guard: number;
}

export function searchRoom(nats: readonly NatBehaviour[]): SearchRoom {
  const limits = nats.flatMap((nat) => [nat.limits.perHost, nat.limits.mappings]).filter((limit) => limit > 0);
  const guards = nats.flatMap(({ scanGuard }) => scanGuard.probes).filter((probes) => probes > 0);
  return {
    range: nats.reduce((inner, { ports }) => drawnFrom(ports, inner), 0),
    quota: Math.min(Number.POSITIVE_INFINITY, ...limits),
    guard: Math.min(Number.POSITIVE_INFINITY, ...guards.map((probes) => probes - 1)),
  };
}

/** A layer that keeps ports hands on those of the layer inside of it, or the host's own, drawn from the dynamic ones. */
function drawnFrom({ allocation, range, blockSize, parity }: PortAllocation, inner: number): number {
  const size = range[1] - range[0] + 1;
  switch (allocation) {
    case 'preserving':
      return inner > 0 ? inner : DYNAMIC[1] - DYNAMIC[0] + 1;
    case 'sequential':
      return 0;
    case 'random':
      return parity ? Math.ceil(size / 2) : size;
    case 'block':
      return parity ? Math.ceil(blockSize / 2) : blockSize;
  }
}
