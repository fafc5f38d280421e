import { RESULT_SCHEMA, type TrialResult } from '../../reports/schema.ts';

/** A result with every field set, to be changed where a test needs it. */
export function trialResult(changes: Partial<TrialResult> = {}): TrialResult {
  return {
    schema: RESULT_SCHEMA,
    cell: { a: 'open', b: 'full-cone', link: 'broadband' },
    trial: 3,
    seed: '0123456789abcdef',
    mode: 'race',
    only: null,
    outcome: 'connected',
    plugin: 'udp-punch',
    transport: 'udp',
    path: 'direct',
    connectMs: 412.5,
    attempts: [{ plugin: 'udp-punch', outcome: 'won', reason: '', ms: 412.5, packets: 14 }],
    oracle: { possible: ['udp-punch'], why: 'a has no NAT' },
    nat: { a: { declared: 'open', inferred: 'open' }, b: { declared: 'full-cone', inferred: 'full-cone' } },
    cost: { packets: 122, bytes: 9120, signals: 6, mappings: 9 },
    drops: { 'filter: address-dependent': 3 },
    traceHash: 'abc',
    ...changes,
  };
}
