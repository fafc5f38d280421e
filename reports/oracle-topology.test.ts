import { describe, expect, it } from 'vitest';
import { type NatBehaviour, type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import { type Chain, type OracleQuestion, oracle } from './oracle.ts';

const PLUGINS = ['direct-connect', 'reverse-connect', 'tcp-punch', 'udp-punch', 'turn-relay'];

const nat = (description: NatDescription = {}): NatBehaviour => resolveBehaviour(description);
const home = nat();
const open = nat({ translation: 'none' });
const symmetric = nat({ mapping: 'address-and-port-dependent', ports: { allocation: 'random' } });
const keeping = nat({ mapping: 'address-and-port-dependent' });
const fullCone = nat({ filtering: 'endpoint-independent' });
const hairpin = nat({ hairpin: 'external-source' });
const openSymmetric = nat({ mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' });
const hairpinInternal = nat({ hairpin: 'internal-source' });

type Where = Pick<OracleQuestion, 'topology' | 'isolated'>;

const LETTER: Record<string, string> = { always: 'A', sometimes: 's', never: '.', unknown: '?' };

/** One letter for each of direct, reverse, tcp-punch, udp-punch, relay. */
function verdicts(where: Where, a: Chain, b: Chain): string {
  const { perPlugin } = oracle({ ...where, a, b, plugins: PLUGINS });
  return perPlugin.map(({ expected }) => LETTER[expected]).join('');
}

function why(where: Where, a: Chain, b: Chain, plugin: string): string {
  return oracle({ ...where, a, b, plugins: [plugin] }).perPlugin[0]!.why;
}

describe('same-lan', () => {
  const sameLan = { topology: 'same-lan' } as const;

  it.each([
    ['no NAT', []],
    ['a NAT that maps per destination', [symmetric]],
    ['two NATs', [home, symmetric]],
    ['UDP blocked on the way out', [nat({ blocks: ['udp'] })]],
  ])('%s: the NAT in front of both does not matter', (_, chain) => {
    expect(verdicts(sameLan, chain, chain)).toBe('AAsAA');
  });

  it('a hairpin saves a SYN that comes early from the host that would reset it', () => {
    expect(verdicts(sameLan, [hairpin], [hairpin])).toBe('AAAAA');
  });

  it('without TCP there is no signal channel, and one plugin that needs none', () => {
    const chain = [nat({ blocks: ['tcp'] })];
    expect(verdicts(sameLan, chain, chain)).toBe('A....');
  });
});

describe('same-nat (RFC 4787 section 6)', () => {
  const apart = { topology: 'same-nat', isolated: true } as const;

  it('is as one LAN where the NAT routes between its segments', () => {
    expect(verdicts({ topology: 'same-nat' }, [symmetric], [symmetric])).toBe('AAsAA');
  });

  it.each([
    ['REQ-9: no hairpin', [home], '....A'],
    ['REQ-9a: external source', [hairpin], '..AAA'],
    ['against REQ-9a: internal source', [hairpinInternal], '....A'],
    ['the outermost NAT is the one that must turn packets round', [home, hairpin], '..AAA'],
    ['an inner one is never asked to', [hairpin, home], '....A'],
    [
      'the filter counts for what is turned round, too',
      [nat({ mapping: 'address-dependent', hairpin: 'external-source', ports: { allocation: 'random' } })],
      '....A',
    ],
    ['no NAT at all that could', [open], '....A'],
  ])('%s', (_, chain, expected) => {
    expect(verdicts(apart, chain, chain)).toBe(expected);
  });

  it('a count is shared: two sides may meet by it, but not by one that goes by local ports', () => {
    const counted = (allocation: 'sequential' | 'local-sequential', filtering: NatDescription['filtering']) => {
      const chain = [
        nat({ mapping: 'address-and-port-dependent', filtering, hairpin: 'external-source', ports: { allocation } }),
      ];
      return verdicts(apart, chain, chain);
    };
    expect(counted('sequential', 'address-and-port-dependent')).toBe('..ssA');
    expect(counted('local-sequential', 'address-and-port-dependent')).toBe('....A');
    expect(counted('local-sequential', 'address-dependent')).toBe('..ssA'); // One of the two can be foreseen.
    const following = nat({
      mapping: 'address-and-port-dependent',
      hairpin: 'external-source',
      ports: { allocation: 'local-sequential' },
    });
    expect(why(apart, [following], [following], 'udp-punch')).toContain('break off the run of ports');
  });

  it('says which rule it goes by', () => {
    expect(why(apart, [home], [home], 'udp-punch')).toContain('REQ-9');
    expect(why(apart, [hairpin], [hairpin], 'udp-punch')).toContain('RFC 4787 REQ-9a');
  });
});

describe('shared-cgn', () => {
  const shared = { topology: 'shared-cgn' } as const;
  const apart = { topology: 'shared-cgn', isolated: true } as const;

  it.each<[string, Where, Chain, Chain, string]>([
    ['two homes, no hairpin', shared, [home, home], [home, home], '....A'],
    ['two homes, hairpin', shared, [home, hairpin], [home, hairpin], '..AAA'],
    ['a symmetric home', shared, [symmetric, hairpin], [home, hairpin], '....A'],
    ['a symmetric home that keeps ports', shared, [keeping, hairpin], [home, hairpin], '..AAA'],
    ['two phones reach each other inside', shared, [home], [home], 'AAsAA'],
    ['two phones that the carrier keeps apart', apart, [home], [home], '....A'],
    ['a home reaches a phone inside, but no phone a home', shared, [home, home], [home], 'A.AAA'],
    ['and the other way round', shared, [home], [home, home], '.AAAA'],
    ['a home and a phone, kept apart, hairpin', apart, [home, hairpin], [hairpin], '..AAA'],
    ['a router that does not translate in front of both', shared, [home, open], [home, open], '..AAA'],
    ['internal source: an inner filter refuses it', shared, [home, hairpinInternal], [home, hairpinInternal], '....A'],
    [
      'internal source: admitted by full cones, answered another way',
      shared,
      [fullCone, hairpinInternal],
      [fullCone, hairpinInternal],
      '...sA',
    ],
    [
      'internal source: one maps each destination anew, and admits all of them',
      shared,
      [openSymmetric, hairpinInternal],
      [fullCone, hairpinInternal],
      '...sA',
    ],
    ['internal source, kept apart', apart, [fullCone, hairpinInternal], [fullCone, hairpinInternal], '....A'],
  ])('%s', (_, where, a, b, expected) => {
    expect(verdicts(where, a, b)).toBe(expected);
  });
});
