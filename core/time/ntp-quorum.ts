import type { NtpSample } from './ntp-sample.ts';

/** What most servers agree on. */
export interface ClockEstimate extends NtpSample {
  /** Servers whose word lies within; the others are falsetickers. */
  readonly agreeing: number;
}

interface Edge {
  readonly atMs: number;
  /** 1 where an interval begins, -1 where it ends. */
  readonly step: number;
}

/**
 * Marzullo's algorithm, from which RFC 5905 section 11.2.1 derives its own: each server claims that the true offset
 * lies in an interval; what most of the intervals share is taken. Undefined unless more than half of all servers that
 * were asked share something.
 *
 * @param asked how many servers were asked, those that said nothing included
 */
export function agree(samples: readonly NtpSample[], asked: number): ClockEstimate | undefined {
  const edges: Edge[] = samples
    .flatMap(({ offsetMs, errorMs }) => [
      { atMs: offsetMs - errorMs, step: 1 },
      { atMs: offsetMs + errorMs, step: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || b.step - a.step);
  let depth = 0;
  let best = 0;
  let [from, to] = [0, 0];
  for (const [index, { atMs, step }] of edges.entries()) {
    depth += step;
    if (depth <= best) continue;
    best = depth;
    [from, to] = [atMs, edges[index + 1]!.atMs];
  }
  if (best * 2 <= asked) return undefined;
  return { offsetMs: (from + to) / 2, errorMs: (to - from) / 2, agreeing: best };
}
