import { classicNat } from '../../core/nat/nat-report.ts';
import type { AttemptReport, Node } from '../../core/node/index.ts';
import type { Outcome, Path } from '../../reports/schema.ts';

/** What a trial found out, as far as it got. */
export interface Findings {
  outcome: Outcome;
  plugin: string | null;
  transport: 'udp' | 'tcp' | null;
  path: Path | null;
  connectUs: number | null;
  /** The plugin whose relay carried the pipe first, and when a direct path took over, from the start of the dial. */
  upgrade?: { readonly from: string; readonly atUs: number };
  attempts: readonly AttemptReport[];
  inferred: { a: string; b: string };
  signals: number;
  error?: string;
}

/** Of a trial that has not come to anything yet. */
export function noFindings(outcome: Outcome): Findings {
  return {
    outcome,
    plugin: null,
    transport: null,
    path: null,
    connectUs: null,
    attempts: [],
    inferred: { a: 'unknown', b: 'unknown' },
    signals: 0,
  };
}

/** What a node takes the NAT in front of it for. */
export function classicName({ natReport }: Node): string {
  return natReport ? classicNat(natReport) : 'unknown';
}
