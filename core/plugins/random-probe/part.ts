import type { Plan, PlanInput } from '../plugin.ts';

/**
 * What an end does: the one whose NAT maps every destination anew opens many local ports to the other's one endpoint;
 * the other searches for one of them.
 */
export type Part = 'open' | 'search';

export interface RandomProbePlan {
  readonly part: Part;
  /** Before it begins: a cheaper plugin is likely to connect meanwhile. */
  readonly waitMs: number;
}

const HEAD_START_MS = 1500;

type Traits = PlanInput['local']['interfaces'][number]['udp']['nat'];

/** Which end does what: a pure function that gives both ends the same answer. */
export function planParts({ local, remote, servers, signalling }: PlanInput): Plan<RandomProbePlan> {
  if (!signalling || !remote) return no('no signal channel to meet over');
  if (servers.stun.length === 0) return no('no STUN server of this family');
  const [own, peer] = [outwardTraits(local), outwardTraits(remote)];
  if (!own || !peer) return no('an end does not know how it looks from outside');
  const dependent = [own, peer].filter(isDependent);
  if (dependent.length === 0) return no('neither end is known to map per destination: there is nothing to search for');
  if (dependent.length === 2) return no('both ends map per destination: a search for both ports takes hours');
  const [open, steady] = own === dependent[0] ? [own, peer] : [peer, own];
  const foreseen = open.allocation === 'preserving' || open.allocation === 'sequential';
  const lenient = steady.filtering === 'endpoint-independent' || steady.filtering === 'address-dependent';
  const waitMs = foreseen || lenient ? HEAD_START_MS : 0;
  return { applicable: true, plan: { part: open === own ? 'open' : 'search', waitMs } };
}

function outwardTraits({ interfaces }: PlanInput['local']): Traits | undefined {
  return interfaces.find(({ external, udp }) => external !== undefined && udp.nat.mapping !== 'unknown')?.udp.nat;
}

function isDependent({ mapping }: Traits): boolean {
  return mapping === 'address-dependent' || mapping === 'address-and-port-dependent';
}

function no(reason: string): { applicable: false; reason: string } {
  return { applicable: false, reason };
}
