import type { Endpoint } from '../net/endpoint.ts';
import type { Allocation } from './behaviour.ts';
import type { Finding } from './finding.ts';

/** How one destination saw a local port. */
export interface MappingSample {
  readonly destination: Endpoint;
  readonly mapped: Endpoint;
}

/**
 * How the external port of a new mapping is chosen, as one host sees it. `block` is anywhere within few ports, be they the
 * host's own (RFC 7422) or a narrow range that all hosts share: from one host they look alike.
 */
export type AllocationKind = Allocation;

/** A mapping that a NAT made for us. */
export interface PortSample extends MappingSample {
  readonly localPort: number;
  /** When the first request left, in microseconds. */
  readonly sentUs: number;
  /** When the answer came: the mapping was made in between. */
  readonly answeredUs: number;
  /** The first request was the one that was answered: the mapping was made as soon as it had left. */
  readonly prompt: boolean;
}

/** The external ports of one protocol. */
export interface PortReport {
  readonly allocation: Finding<AllocationKind>;
  /**
   * From one external port to the next where allocation is `sequential` or `local-sequential`, from the local to the
   * external port where it is `offset`, else 0. Signed.
   */
  readonly step: number;
  /** Mappings per second that others made on the same external address. Only a `sequential` NAT shows it. */
  readonly contention: number | undefined;
  /** The lowest and the highest external port that were seen. The NAT's own range may be wider. */
  readonly range: readonly [number, number] | undefined;
  /** Every mapping once, in the order in which they were made. */
  readonly samples: readonly PortSample[];
}

/** The order in which mappings were made, as far as it is known. */
export function compareSamples(a: PortSample, b: PortSample): number {
  return a.sentUs - b.sentUs || a.answeredUs - b.answeredUs;
}
