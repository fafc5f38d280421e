import { type Finding, found, unknown } from './finding.ts';
import type { LifetimeReport } from './lifetime-report.ts';
import type { Vital } from './lifetime-subject.ts';

/** What became of mappings that were not left alone all the time, after more than their lifetime. */
export interface RefreshEvidence {
  /** Packets went all the way. */
  readonly far: Vital;
  /** Packets died after as many hops as the index says, plus one. */
  readonly near: readonly Vital[];
  /** The same packets, but looked at straight after: an ICMP error may end a mapping (against RFC 4787 REQ-12). */
  readonly unharmed: readonly Vital[];
  /** A packet came in; undefined: that could not be arranged. */
  readonly inbound: Vital | undefined;
}

/** A pure function. */
export function judgeRefresh(
  evidence: RefreshEvidence,
): Pick<LifetimeReport, 'outboundRefresh' | 'inboundRefresh' | 'distance'> {
  const { far, inbound } = evidence;
  const outboundRefresh: Finding<boolean> =
    far === 'unknown'
      ? unknown('packets got lost')
      : found(far === 'alive', `sent to without an answer, it was ${far}`);
  const inboundRefresh =
    inbound === undefined
      ? unknown('no packet can be made to come in by itself')
      : inbound === 'unknown'
        ? unknown('packets got lost')
        : found(inbound === 'alive', `after a neighbour’s packet had come in, it was ${inbound}`);
  return { outboundRefresh, inboundRefresh, distance: judgeDistance(evidence) };
}

function judgeDistance({ far, near, unharmed }: RefreshEvidence): LifetimeReport['distance'] {
  if (far !== 'alive') return unknown('sending does not keep the mapping alive');
  const account = near.map((vital, index) => `${vital} with ${index + 1}`).join(', ');
  if (unharmed.some((vital) => vital !== 'alive')) return unknown('packets that run out of hops do harm, or got lost');
  const first = near.indexOf('alive');
  const clear = near.every((vital, index) => vital === (first < 0 || index < first ? 'gone' : 'alive'));
  if (!clear) return unknown(`no distance fits: ${account}`);
  if (first < 0) return unknown(`farther than ${near.length} hops: ${account}`);
  return found([Math.max(1, first), first + 1] as const, `kept alive by packets of few hops: ${account}`);
}
