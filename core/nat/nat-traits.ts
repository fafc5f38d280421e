import type { AllocationTrait, MappingTrait, NatTraits } from '../wire/address/address-content.ts';
import type { NatReport, TcpReport } from './nat-report.ts';
import type { AllocationKind, PortReport } from './port-report.ts';

/**
 * The words that addresses have. An offset can't be told in them, nor that local ports have to follow each other, too: who
 * predicts ports takes such ones anyway.
 */
const ALLOCATIONS: Readonly<Record<AllocationKind | 'unknown', AllocationTrait>> = {
  preserving: 'preserving',
  offset: 'unknown',
  sequential: 'sequential',
  'local-sequential': 'sequential',
  random: 'random',
  block: 'random',
  unknown: 'unknown',
};

/** What a node's address tells of UDP. */
export function udpTraits(report: Pick<NatReport, 'translation' | 'mapping' | 'filtering' | 'ports'>): NatTraits {
  return { mapping: mappingTrait(report), filtering: report.filtering.value, ...portTraits(report.ports) };
}

/** What a node's address tells of TCP, where filtering can't be tested. */
export function tcpTraits(report: Pick<TcpReport, 'translation' | 'mapping' | 'ports'>): NatTraits {
  return { mapping: mappingTrait(report), filtering: 'unknown', ...portTraits(report.ports) };
}

/** An address says what is certain: of a mapping that depends on the peer, on what. */
function mappingTrait({ translation, mapping }: Pick<TcpReport, 'translation' | 'mapping'>): MappingTrait {
  if (translation.value === 'none') return 'none';
  return mapping.value === 'endpoint-dependent' ? 'unknown' : mapping.value;
}

function portTraits({ allocation, step }: PortReport): Pick<NatTraits, 'allocation' | 'step'> {
  const trait = ALLOCATIONS[allocation.value];
  return { allocation: trait, step: trait === 'sequential' ? step : 0 };
}
