import type { Finding } from '../../core/nat/finding.ts';
import type { NatReport, TcpReport } from '../../core/nat/nat-report.ts';

/**
 * How far a finding can be trusted. `high`: packets showed it. `medium`: it is concluded from silence that was tested
 * more than once, or from few samples. `low`: from so few that chance is not excluded. `none`: unknown.
 */
export type Confidence = 'high' | 'medium' | 'low' | 'none';

export interface Confidences {
  readonly udp: Confidence;
  readonly translation: Confidence;
  readonly mapping: Confidence;
  readonly filtering: Confidence;
  readonly ports: Confidence;
  readonly hairpin: Confidence;
}

/** Two destinations could agree by chance: a NAT with a pool of addresses or few flows. */
const MANY_DESTINATIONS = 3;
const MANY_SAMPLES = 6;
const FEW_SAMPLES = 3;

/** What can be trusted how far of UDP. */
export function confidences(report: NatReport): Confidences {
  const { udp, filtering, hairpin } = report;
  return {
    // Nobody answered, again and again: a firewall, or the server is down.
    udp: udp.value === 'blocked' ? 'medium' : seen(udp),
    ...mappingConfidence(report),
    // An answer from a stranger came in or it did not: only the first is proof.
    filtering: filtering.value === 'endpoint-independent' ? 'high' : silent(filtering),
    hairpin: hairpin.value === 'none' ? 'medium' : seen(hairpin),
  };
}

/** The same of TCP, where filtering and hairpin are not tested. */
export function mappingConfidence(
  report: Pick<TcpReport, 'translation' | 'mapping' | 'mappings' | 'ports'>,
): Pick<Confidences, 'translation' | 'mapping' | 'ports'> {
  const { translation, mapping, mappings, ports } = report;
  const samples = ports.samples.length;
  const enough = samples >= MANY_SAMPLES ? 'high' : samples >= FEW_SAMPLES ? 'medium' : 'low';
  return {
    translation: seen(translation),
    mapping: mapping.value === 'unknown' ? 'none' : mappings.length >= MANY_DESTINATIONS ? 'high' : 'medium',
    ports: ports.allocation.value === 'unknown' ? 'none' : enough,
  };
}

function seen({ value }: Finding<unknown>): Confidence {
  return value === 'unknown' ? 'none' : 'high';
}

function silent({ value }: Finding<unknown>): Confidence {
  return value === 'unknown' ? 'none' : 'medium';
}
