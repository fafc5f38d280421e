import type { NatBehaviour, PortAllocation } from '../../core/nat/behaviour.ts';

/**
 * Can the external ports of fresh local ports that follow each other be told beforehand, from how their predecessors
 * look? `follow`: they can. `chance`: they can unless mappings of others, or a port that can't be kept, come in between.
 * `random`: no.
 */
export type PortRule = 'follow' | 'chance' | 'random';

/** Local ports that a host picks for itself (RFC 6335 section 6). */
const DYNAMIC = [49_152, 65_535] as const;

/** What a layer hands on: how well the ports can be told, and whether neighbours are one apart. */
interface HandedOn {
  readonly rule: PortRule;
  readonly byOne: boolean;
}

/** Of a chain of translating NATs, host side first: each layer hands on what the one before it makes, or makes it anew. */
export function portRule(nats: readonly NatBehaviour[]): PortRule {
  return nats.reduce<HandedOn>((inner, nat, index) => layer(inner, nat, index === nats.length - 1), {
    rule: 'follow',
    byOne: true,
  }).rule;
}

const SCATTERED: HandedOn = { rule: 'random', byOne: false };

function layer(inner: HandedOn, { ports, pooling, addresses }: NatBehaviour, outermost: boolean): HandedOn {
  const handed = ofPorts(inner, ports);
  if (pooling === 'paired' || addresses === 1) return handed;
  // Ports are counted for each address, and beyond the outermost NAT the address has to be the same, too.
  const keepsPorts = ports.allocation === 'preserving' || ports.allocation === 'offset';
  if (!outermost && keepsPorts) return handed;
  return { rule: handed.rule === 'random' ? 'random' : 'chance', byOne: false };
}

function ofPorts(inner: HandedOn, ports: PortAllocation): HandedOn {
  const { allocation, step, parity, contention } = ports;
  switch (allocation) {
    case 'preserving':
      return { ...inner, rule: unlessTaken(ports, keeps(ports, inner.rule)) };
    case 'offset':
      return { ...inner, rule: unlessTaken(ports, shifts(ports, inner.rule)) };
    case 'sequential': {
      // Whatever was handed on; but where parity is kept, a port of the other parity is passed over.
      const passesOver = parity && inner.rule !== 'follow';
      return { rule: contention > 0 || passesOver ? 'chance' : 'follow', byOne: step === 1 };
    }
    case 'local-sequential': {
      if (!inner.byOne || inner.rule === 'random' || (parity && step % 2 === 0)) return SCATTERED;
      return { rule: contention > 0 ? 'chance' : inner.rule, byOne: step === 1 };
    }
    case 'random':
    case 'block':
      return SCATTERED;
  }
}

/** Others may have the very port: those whose sessions live for hours have many. */
function unlessTaken({ contention }: PortAllocation, rule: PortRule): PortRule {
  return contention > 0 && rule === 'follow' ? 'chance' : rule;
}

function keeps({ range: [low, high] }: PortAllocation, inner: PortRule): PortRule {
  if (inner === 'random' || (low <= DYNAMIC[0] && high >= DYNAMIC[1])) return inner;
  return low > DYNAMIC[1] || high < DYNAMIC[0] ? 'random' : 'chance';
}

/** Where the range is short, two local ports may come to one external port. */
function shifts({ offset, range: [low, high], parity }: PortAllocation, inner: PortRule): PortRule {
  if (inner === 'random' || (parity && offset % 2 !== 0)) return 'random';
  return high - low >= DYNAMIC[1] - DYNAMIC[0] ? inner : 'chance';
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
function drawnFrom({ allocation, offset, range, blockSize, parity }: PortAllocation, inner: number): number {
  const [low, high] = range;
  const size = high - low + 1;
  const kept = inner > 0 ? inner : DYNAMIC[1] - DYNAMIC[0] + 1;
  switch (allocation) {
    case 'preserving':
      return kept;
    case 'offset': // Round the end of the range, they are at both ends of it.
      return DYNAMIC[0] + offset >= low && DYNAMIC[1] + offset <= high ? kept : size;
    case 'sequential':
      return 0;
    case 'local-sequential': // of local ports that are drawn
    case 'random':
      return parity ? Math.ceil(size / 2) : size;
    case 'block':
      return parity ? Math.ceil(blockSize / 2) : blockSize;
  }
}
