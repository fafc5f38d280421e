import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import { type Probe, type ProbeKind, planNext, type Step } from './discovery-plan.ts';
import { destination, judge } from './discovery-verdict.ts';
import { classicNat, describeNat } from './nat-report.ts';

const SERVER: Endpoint = { address: '192.0.2.2', port: 3478 };
const OTHER: Endpoint = { address: '192.0.2.3', port: 3479 };
const LOCAL = { port: 5000, addresses: ['10.0.0.2'] };
const RTT_MS = 50;

type Reply = { mapped?: number; from?: Endpoint; other?: Endpoint | undefined; code?: number; rttMs?: number };

/** What the network does with the n-th request of a kind (from 0); undefined: nothing comes back. */
type Network = (kind: ProbeKind, n: number) => Reply | undefined;

/** Plays plan and network against each other, time jumping from event to event. */
function play(network: Network): { probes: Probe[]; ms: number } {
  const probes: Probe[] = [];
  const arrivals: { atUs: number; deliver: () => void }[] = [];
  let nowUs = 0;
  for (;;) {
    const next: Step = planNext({ servers: [SERVER], probes, sampling: false }, 0, nowUs);
    if (next.step === 'done') return { probes, ms: nowUs / 1000 };
    if (next.step === 'send') {
      for (const { kind, server } of next.requests) {
        const n = probes.filter((probe) => probe.kind === kind).length;
        const probe: Probe = { kind, server, sentUs: nowUs, answer: undefined };
        const reply = network(kind, n);
        probes.push(probe);
        if (reply)
          arrivals.push(arrival(probe, reply, destination({ servers: [SERVER], probes }, { kind, server }), nowUs));
      }
      continue;
    }
    arrivals.sort((a, b) => a.atUs - b.atUs);
    expect(next.untilUs).toBeGreaterThan(nowUs);
    const first = arrivals[0];
    if (first && first.atUs <= next.untilUs) {
      arrivals.shift();
      nowUs = first.atUs;
      first.deliver();
    } else nowUs = next.untilUs;
  }
}

function arrival(probe: Probe, reply: Reply, asked: Endpoint, nowUs: number): { atUs: number; deliver: () => void } {
  const rttUs = 1000 * (reply.rttMs ?? RTT_MS);
  const deliver = () => {
    probe.answer =
      reply.code !== undefined
        ? { outcome: 'error', code: reply.code, reason: 'no' }
        : {
            outcome: 'response',
            mapped: { address: '203.0.113.9', port: reply.mapped ?? 5000 },
            from: reply.from ?? changed(probe.kind, asked),
            origin: undefined,
            other: 'other' in reply ? reply.other : OTHER,
            rttUs,
            requests: 1,
          };
  };
  return { atUs: nowUs + rttUs, deliver };
}

function changed(kind: ProbeKind, asked: Endpoint): Endpoint {
  if (kind === 'change-both') return OTHER;
  return kind === 'change-port' ? { ...SERVER, port: OTHER.port } : asked;
}

function verdict(network: Network, overTcp?: Endpoint) {
  const { probes, ms } = play(network);
  const report = judge({ servers: [SERVER], probes }, LOCAL, overTcp);
  return { report, probes, ms, classic: classicNat(report), text: describeNat(report) };
}

const MAPPED: Record<string, Partial<Record<ProbeKind, number>>> = {
  'endpoint-independent': {},
  'address-dependent': { 'alternate-address': 6001, 'alternate-both': 6001 },
  'address-and-port-dependent': { 'alternate-address': 6001, 'alternate-both': 6002 },
};
const ADMITTED: Record<string, readonly ProbeKind[]> = {
  'endpoint-independent': ['change-both', 'change-port'],
  'address-dependent': ['change-port'],
  'address-and-port-dependent': [],
};

function nat(mapping: string, filtering: string): Network {
  return (kind) => {
    if (kind.startsWith('change') && !ADMITTED[filtering]!.includes(kind)) return undefined;
    return { mapped: MAPPED[mapping]![kind] ?? 5000 };
  };
}

const DEPENDENCES = Object.keys(MAPPED);
const PAIRS = DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => [mapping, filtering] as const));

describe('discovery (RFC 5780 section 4)', () => {
  it.each(PAIRS)('finds %s mapping with %s filtering', (mapping, filtering) => {
    const { report, ms, text } = verdict(nat(mapping, filtering));
    expect(report).toMatchObject({
      udp: { value: 'reachable' },
      translation: { value: 'napt' },
      mapping: { value: mapping },
      filtering: { value: filtering },
    });
    expect(text).toBe(`${mapping} mapping, ${filtering} filtering`);
    expect(ms).toBeLessThanOrEqual(filtering === 'endpoint-independent' ? 3 * RTT_MS : 1000);
  });

  it.each([
    ['endpoint-independent', 'endpoint-independent', 'full-cone'],
    ['endpoint-independent', 'address-dependent', 'restricted-cone'],
    ['endpoint-independent', 'address-and-port-dependent', 'port-restricted-cone'],
    ['address-dependent', 'endpoint-independent', 'symmetric'],
    ['address-and-port-dependent', 'address-and-port-dependent', 'symmetric'],
  ])('calls %s mapping with %s filtering %s', (mapping, filtering, name) => {
    expect(verdict(nat(mapping, filtering)).classic).toBe(name);
  });

  it('sends nothing to the other address before filtering is known', () => {
    for (const [mapping, filtering] of PAIRS) {
      const { probes } = play(nat(mapping, filtering));
      const kinds = probes.map(({ kind }) => kind);
      const firstAlternate = kinds.findIndex((kind) => kind.startsWith('alternate'));
      const lastChange = kinds.findLastIndex((kind) => kind.startsWith('change'));
      expect(firstAlternate).toBeGreaterThan(lastChange);
    }
  });

  it('lets no single lost packet change a verdict', () => {
    for (const [mapping, filtering] of PAIRS) {
      const whole = nat(mapping, filtering);
      const sent = play(whole).probes.length;
      for (let lost = 0; lost < sent; lost++) {
        let serial = 0;
        const lossy: Network = (kind, n) => (serial++ === lost ? undefined : whole(kind, n));
        const { report } = verdict(lossy);
        expect([report.mapping.value, report.filtering.value]).toEqual([mapping, filtering]);
      }
    }
  });

  it('rather says unknown than taking loss for filtering', () => {
    const open = nat('endpoint-independent', 'endpoint-independent');
    // Two of three plain requests get lost, and by chance every answer from elsewhere.
    const { report, ms } = verdict((kind, n) => (kind.startsWith('change') || n % 3 !== 0 ? undefined : open(kind, n)));
    expect(report.filtering).toMatchObject({ value: 'unknown', why: expect.stringContaining('in 16 tries, but only') });
    expect(ms).toBeLessThanOrEqual(3000);
  });

  it('tries longer on a bad line, and then believes the silence', () => {
    const strict = nat('endpoint-independent', 'address-and-port-dependent');
    const { report, probes } = verdict((kind, n) => (kind === 'primary' && n % 3 === 1 ? undefined : strict(kind, n)));
    expect(report.filtering.value).toBe('address-and-port-dependent');
    expect(probes.filter(({ kind }) => kind === 'change-port').length).toBeGreaterThan(6);
  });

  it('waits for a slow line before it believes in silence', () => {
    const slow: Network = () => ({ rttMs: 600 });
    const { report, ms } = verdict(slow);
    expect(report).toMatchObject({
      filtering: { value: 'endpoint-independent' },
      mapping: { value: 'endpoint-independent' },
    });
    expect(ms).toBe(1800);
  });

  it('takes no late answer for an uninvited one', () => {
    const strict = nat('endpoint-independent', 'address-dependent');
    // By then the other address has been asked itself, and the filter lets it in.
    const late: Network = (kind, n) => (kind === 'change-both' && n === 0 ? { rttMs: 700 } : strict(kind, n));
    const slow: Network = (kind, n) => (kind.startsWith('alternate') ? { rttMs: 600 } : late(kind, n));
    expect(verdict(slow).report).toMatchObject({
      mapping: { value: 'endpoint-independent' },
      filtering: { value: 'unknown', why: expect.stringContaining('so late') },
    });
  });

  it('ends in time, whatever happens', () => {
    const worst: Network = (kind, n) => (kind === 'primary' && n === 9 ? { rttMs: 490 } : undefined);
    expect(verdict(worst).ms).toBe(3000);
    const fair: Network = (kind, n) => (kind === 'primary' && n > 3 ? {} : undefined);
    expect(verdict(fair).ms).toBeLessThanOrEqual(3000);
  });

  it('finds no translation where the server sees our own address', () => {
    const { probes } = play(nat('endpoint-independent', 'endpoint-independent'));
    const here = { port: 5000, addresses: ['203.0.113.9'] };
    const report = judge({ servers: [SERVER], probes }, here, undefined);
    expect(report.translation.value).toBe('none');
    expect([classicNat(report), describeNat(report)]).toEqual([
      'open',
      'no translation, endpoint-independent filtering',
    ]);
    expect(judge({ servers: [SERVER], probes }, { ...here, port: 4999 }, undefined).translation.value).toBe('napt');
  });

  it.each([
    ['is no proof if TCP is silent too', undefined, 'unknown', 'unknown', 'UDP reachability unknown'],
    ['is no proof if another server answers', OTHER, 'unknown', 'unknown', 'UDP reachability unknown'],
    ['means blocked if TCP works', SERVER, 'blocked', 'udp-blocked', 'UDP blocked'],
  ] as const)('silence over UDP %s', (_name, overTcp, value, classic, text) => {
    const silent = verdict(() => undefined, overTcp);
    expect(silent.report.udp.value).toBe(value);
    expect([silent.classic, silent.text]).toEqual([classic, text]);
    expect(silent.probes).toHaveLength(10);
    expect(silent.ms).toBe(1400);
    expect(silent.report.mappings).toEqual([]);
  });

  it.each<[string, Network, 'mapping' | 'filtering', string]>([
    ['a server without a second address', () => ({ other: undefined }), 'mapping', 'no second address'],
    [
      'a second address that is the first',
      () => ({ other: { ...OTHER, address: SERVER.address } }),
      'mapping',
      'no second',
    ],
    ['a second address on the loopback', () => ({ other: { ...OTHER, address: '127.0.0.1' } }), 'mapping', 'no second'],
    ['a server that refuses', () => ({ code: 500 }), 'filtering', 'answered 500'],
    ['a server that won’t change', (kind) => (kind.startsWith('change') ? { code: 420 } : {}), 'filtering', '420'],
    [
      'a server that changes nothing',
      (kind) => (kind.startsWith('change') ? { from: SERVER } : {}),
      'filtering',
      'did from',
    ],
    [
      'a second address that is silent',
      (kind) => (kind.startsWith('alternate') ? undefined : {}),
      'mapping',
      'no answer from',
    ],
    ['a mapping that changes', (kind, n) => ({ mapped: kind === 'primary' ? 5000 + n : 5000 }), 'mapping', 'then'],
    ['answers that fit no rule', (kind) => ({ mapped: kind === 'alternate-both' ? 6000 : 5000 }), 'mapping', 'no rule'],
  ])('says unknown, and why, of %s', (_name, network, field, why) => {
    const { report, classic } = verdict(network);
    expect(report[field]).toMatchObject({ value: 'unknown', why: expect.stringContaining(why) });
    expect(report.udp.value).toBe('reachable');
    expect(classic).toBe('unknown');
  });

  it('reports the mappings in the order they were made, and whether ports are preserved', () => {
    const all = verdict(nat('address-and-port-dependent', 'address-and-port-dependent')).report;
    expect(all.mappings.map(({ destination: to, mapped }) => [to, mapped.port])).toEqual([
      [SERVER, 5000],
      [{ ...OTHER, port: 3478 }, 6001],
      [OTHER, 6002],
    ]);
    expect(all.portPreserved).toMatchObject({ value: 'unknown', why: 'port 5000 is kept towards 1 of 3 destinations' });
    expect(verdict(nat('endpoint-independent', 'address-dependent')).report.portPreserved.value).toBe(true);
    expect(verdict(() => ({ mapped: 7000 })).report.portPreserved.value).toBe(false);
  });

  it('takes the shortest round trip', () => {
    expect(verdict((_kind, n) => ({ rttMs: 40 + n })).report.rttUs).toBe(40_000);
    expect(verdict(() => undefined).report.rttUs).toBeUndefined();
  });
});
