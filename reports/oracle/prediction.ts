import type { Dependence } from '../../core/nat/behaviour.ts';
import type { PortRule } from './port-rule.ts';
import { always, sometimes, type Verdict } from './verdict.ts';

export interface PredictedSide {
  readonly mapping: Dependence;
  readonly ports: PortRule;
}

/**
 * Two sides of which each keeps its endpoint, or maps per destination but in an order that shows: both first packets
 * leave from where the other one aims at. Undefined: a port is chosen at random on some side.
 */
export function prediction(a: PredictedSide, b: PredictedSide): Verdict | undefined {
  const dependent = [a, b].filter(({ mapping }) => mapping !== 'endpoint-independent');
  if (dependent.some(({ ports }) => ports === 'random')) return undefined;
  const who = dependent.length === 2 ? 'both map' : `${dependent[0] === a ? 'a' : 'b'} maps`;
  const foreseen = `${who} per destination, but the next ports follow from the last ones (RFC 5128 section 3.5)`;
  return dependent.some(({ ports }) => ports === 'chance')
    ? sometimes(`${foreseen}, unless too many mappings of others, or a port that is not kept, come in between`)
    : always(foreseen);
}
