import { describe, expect, it } from 'vitest';
import { type Finding, found, unknown } from './finding.ts';
import { type ClassicNat, classicNat, type DeltaType, deltaType, describeNat, type NatReport } from './nat-report.ts';
import { tcpTraits, udpTraits } from './nat-traits.ts';
import type { AllocationKind, PortReport } from './port-report.ts';

const NOTHING = unknown('not tested');

type Values<T> = { [K in keyof T]?: T[K] extends Finding<infer V> ? V | 'unknown' : never };
type Findings = Pick<NatReport, 'udp' | 'translation' | 'mapping' | 'filtering'>;

function report(values: Values<Findings>): Findings {
  const entries = Object.entries({ udp: 'reachable', translation: 'napt', ...values });
  const known = entries.map(([name, value]) => [name, value === 'unknown' ? NOTHING : found(value, '')]);
  return { mapping: NOTHING, filtering: NOTHING, ...Object.fromEntries(known) };
}

function ports(kind: AllocationKind | 'unknown', step = 0): PortReport {
  const allocation = kind === 'unknown' ? NOTHING : found(kind, '');
  return { allocation, step, contention: undefined, range: undefined, samples: [] };
}

const EI = 'endpoint-independent';
const AD = 'address-dependent';
const APD = 'address-and-port-dependent';

describe('the seven classic names', () => {
  it.each<[ClassicNat, Values<Findings>]>([
    ['open', { translation: 'none', mapping: EI, filtering: EI }],
    ['symmetric-udp-firewall', { translation: 'none', mapping: EI, filtering: AD }],
    ['symmetric-udp-firewall', { translation: 'none', mapping: EI, filtering: APD }],
    ['full-cone', { mapping: EI, filtering: EI }],
    ['restricted-cone', { mapping: EI, filtering: AD }],
    ['port-restricted-cone', { mapping: EI, filtering: APD }],
    ['symmetric', { mapping: AD, filtering: EI }],
    ['symmetric', { mapping: APD, filtering: APD }],
    ['symmetric', { mapping: 'endpoint-dependent' }],
    ['udp-blocked', { udp: 'blocked', translation: 'unknown' }],
    ['unknown', { mapping: EI }],
    ['unknown', { filtering: EI }],
    ['unknown', { udp: 'unknown', translation: 'unknown' }],
  ])('%s is %j', (name, values) => {
    expect(classicNat(report(values))).toBe(name);
  });

  it('in the terms of RFC 4787', () => {
    expect(describeNat(report({ mapping: EI, filtering: AD }))).toBe(`${EI} mapping, ${AD} filtering`);
    expect(describeNat(report({ translation: 'none', mapping: EI, filtering: APD }))).toBe(
      `no translation, ${APD} filtering`,
    );
    expect(describeNat(report({ udp: 'blocked' }))).toBe('UDP blocked');
  });
});

describe('the six delta types', () => {
  it.each<[DeltaType, AllocationKind | 'unknown']>([
    ['equal', 'preserving'],
    ['preserving', 'offset'],
    ['independent', 'sequential'],
    ['dependent', 'local-sequential'],
    ['random', 'random'],
    ['random', 'block'],
    ['unknown', 'unknown'],
  ])('%s is %s', (name, kind) => {
    expect(deltaType({ translation: found('napt', ''), ports: ports(kind) })).toBe(name);
  });

  it('nothing translated has none', () => {
    expect(deltaType({ translation: found('none', ''), ports: ports('preserving') })).toBe('not-applicable');
  });
});

describe('what goes into an address', () => {
  it('axis by axis', () => {
    const nat = report({ mapping: APD, filtering: AD });
    expect(udpTraits({ ...nat, ports: ports('sequential', -3) })).toEqual({
      mapping: APD,
      filtering: AD,
      allocation: 'sequential',
      step: -3,
    });
    expect(udpTraits({ ...nat, ports: ports('local-sequential', 2) })).toMatchObject({
      allocation: 'sequential',
      step: 2,
    });
    expect(tcpTraits({ ...nat, ports: ports('preserving') })).toEqual({
      mapping: APD,
      filtering: 'unknown',
      allocation: 'preserving',
      step: 0,
    });
  });

  it.each<[AllocationKind | 'unknown', string]>([
    ['offset', 'unknown'],
    ['random', 'random'],
    ['block', 'random'],
    ['unknown', 'unknown'],
  ])('no more than it can say of %s allocation: %s', (kind, allocation) => {
    expect(udpTraits({ ...report({ mapping: EI }), ports: ports(kind, 5) })).toMatchObject({ allocation, step: 0 });
  });

  it('no dependence that is not certain, and no mapping without translation', () => {
    expect(udpTraits({ ...report({ mapping: 'endpoint-dependent' }), ports: ports('random') }).mapping).toBe('unknown');
    const open = { ...report({ translation: 'none', mapping: EI, filtering: EI }), ports: ports('preserving') };
    expect(udpTraits(open)).toMatchObject({ mapping: 'none', filtering: EI, allocation: 'preserving' });
  });
});
