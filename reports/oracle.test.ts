import { describe, expect, it } from 'vitest';
import { type NatBehaviour, type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import { type Chain, isJudged, type OracleKnobs, oracle } from './oracle.ts';

const DEPENDENCES = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;
const PLUGINS = ['direct-connect', 'reverse-connect', 'tcp-punch', 'udp-punch', 'turn-relay'];

/** The nine kinds in the order of the published grids: EIM-EIF, EIM-ADF, EIM-APDF, ADM-EIF, ... */
function nineKinds(knobs: NatDescription): NatBehaviour[] {
  return DEPENDENCES.flatMap((mapping) =>
    DEPENDENCES.map((filtering) => resolveBehaviour({ ...knobs, mapping, filtering, ports: { allocation: 'random' } })),
  );
}

function expected(plugin: string, a: Chain, b: Chain, knobs: Partial<OracleKnobs> = {}): string {
  return oracle({ a, b, topology: 'separate', plugins: [plugin], knobs }).perPlugin[0]!.expected;
}

const LETTER: Record<string, string> = { always: 'D', sometimes: 's', never: '.' };

function grid(knobs: NatDescription): string[] {
  const kinds = nineKinds(knobs);
  return kinds.map((a) => kinds.map((b) => LETTER[expected('udp-punch', [a], [b])]).join(''));
}

function nat(description: NatDescription = {}): NatBehaviour {
  return resolveBehaviour(description);
}

const router = nat({ translation: 'none' });
const symmetric = nat({ mapping: 'address-and-port-dependent', ports: { allocation: 'random' } });

describe('udp-punch, the 81 pairs of mapping and filtering (RFC 4787 sections 4.1 and 5)', () => {
  it('strict model: 45 pairs connect', () => {
    expect(grid({ inboundSession: 'none', filterScope: 'mapping' })).toEqual([
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDD......',
      'DD.DD.DD.',
      'DD.D..D..',
      'DD.......',
      'DD.DD.DD.',
      'DD.D..D..',
      'DD.......',
    ]);
  });

  it('a filter for the whole host adds the 4 pairs of address-dependent filters: 49', () => {
    expect(grid({ inboundSession: 'none', filterScope: 'host' })).toEqual([
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDD......',
      'DD.DD.DD.',
      'DD.DD.DD.',
      'DD.......',
      'DD.DD.DD.',
      'DD.DD.DD.',
      'DD.......',
    ]);
  });

  it('replies bound to the session: 53 always, 4 more if the other side probes first', () => {
    expect(grid({ inboundSession: 'bind', filterScope: 'mapping' })).toEqual([
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDDs..s..',
      'DDsDDDDDD',
      'DD.D..D..',
      'DD.D..D..',
      'DDsDDDDDD',
      'DD.D..D..',
      'DD.D..D..',
    ]);
  });

  it.each([
    ['none', 'mapping', 45],
    ['none', 'host', 49],
    ['bind', 'mapping', 57],
    ['bind', 'host', 69],
  ] as const)('inboundSession %s, filterScope %s: %i pairs are possible', (inboundSession, filterScope, count) => {
    const letters = grid({ inboundSession, filterScope }).join('');
    expect([...letters].filter((letter) => letter !== '.')).toHaveLength(count);
  });
});

describe('udp-punch beyond mapping and filtering', () => {
  const portRestricted = nat();
  const restricted = nat({ filtering: 'address-dependent' });

  it.each([
    ['preserving', 'always'],
    ['offset', 'always'],
    ['sequential', 'always'],
    ['local-sequential', 'always'],
    ['random', 'never'],
    ['block', 'never'],
  ] as const)('%s allocation: prediction connects %s', (allocation, verdict) => {
    const dependent = nat({ mapping: 'address-and-port-dependent', ports: { allocation } });
    expect(expected('udp-punch', [portRestricted], [dependent])).toBe(verdict);
    expect(expected('udp-punch', [dependent], [dependent])).toBe(verdict);
  });

  it('a port is foreseen through a chain if every layer keeps or counts what it is handed', () => {
    const layer = (mapping: NatDescription['mapping'], allocation: 'preserving' | 'sequential' | 'random') =>
      nat({ ...(mapping && { mapping }), ports: { allocation } });
    const each = 'address-and-port-dependent';
    const through = (...chain: NatBehaviour[]) => expected('udp-punch', [portRestricted], chain);
    expect(through(layer(each, 'preserving'), layer(undefined, 'preserving'))).toBe('always');
    expect(through(layer(each, 'random'), layer(undefined, 'sequential'))).toBe('always');
    expect(through(layer(undefined, 'random'), layer(each, 'preserving'))).toBe('never');
    expect(through(layer(each, 'sequential'), layer(each, 'random'))).toBe('never');
  });

  it('others in between leave it to chance, and so does a host port that may not be kept', () => {
    const busy = nat({ mapping: 'address-dependent', ports: { allocation: 'sequential', contention: 20 } });
    expect(expected('udp-punch', [portRestricted], [busy])).toBe('sometimes');
    const narrow = nat({ mapping: 'address-dependent', ports: { range: [1024, 60_999] } });
    expect(expected('udp-punch', [portRestricted], [narrow])).toBe('sometimes');
  });

  it('RFC 4787 REQ-2: with arbitrary pooling a filter by address may see a strange address', () => {
    const pool: NatDescription = { mapping: 'address-dependent', ports: { allocation: 'random' }, addresses: 4 };
    expect(expected('udp-punch', [restricted], [nat({ ...pool, pooling: 'arbitrary' })])).toBe('sometimes');
    expect(expected('udp-punch', [restricted], [nat({ ...pool, pooling: 'paired' })])).toBe('always');
    const open = nat({ filtering: 'endpoint-independent' });
    expect(expected('udp-punch', [open], [nat({ ...pool, pooling: 'arbitrary' })])).toBe('always');
    const bound: NatDescription = {
      mapping: 'address-dependent',
      filtering: 'address-dependent',
      inboundSession: 'bind',
    };
    const answers = nat({ ...bound, filterScope: 'host' });
    expect(expected('udp-punch', [answers], [nat({ ...pool, pooling: 'arbitrary' })])).toBe('sometimes');
    expect(expected('udp-punch', [answers], [nat({ ...pool, pooling: 'paired' })])).toBe('always');
    const inner = nat({ addresses: 4, pooling: 'arbitrary' });
    const each = nat({ mapping: 'address-and-port-dependent' });
    expect(expected('udp-punch', [portRestricted], [inner, each])).not.toBe('never');
  });

  it('nothing passes where UDP is blocked, wherever in the chain', () => {
    const blocked = nat({ translation: 'none', blocks: ['udp'] });
    expect(expected('udp-punch', [router], [portRestricted, blocked])).toBe('never');
    expect(expected('udp-punch', [blocked], [])).toBe('never');
  });

  it('TCP behaviour does not matter, nor does that of UDP to tcp-punch', () => {
    const tcpSymmetric = nat({ tcp: { mapping: 'address-and-port-dependent' }, ports: { allocation: 'random' } });
    expect(expected('udp-punch', [portRestricted], [tcpSymmetric])).toBe('always');
    expect(expected('tcp-punch', [portRestricted], [tcpSymmetric])).toBe('never');
  });
});

describe('tcp-punch (RFC 5382, RFC 5128 section 3.4)', () => {
  const drop = nat();
  const reset = nat({ tcp: { unsolicited: 'reset' } });
  const icmp = nat({ tcp: { unsolicited: 'icmp' } });
  const icmpAtOnce = nat({ tcp: { unsolicited: 'icmp', icmpDelayMs: 0 } });
  const fullCone = nat({ filtering: 'endpoint-independent' });
  const noCrossing = nat({ tcp: { simultaneousOpen: false } });
  const openNoCrossing = nat({ filtering: 'endpoint-independent', tcp: { simultaneousOpen: false } });
  const resetNoCrossing = nat({ tcp: { simultaneousOpen: false, unsolicited: 'reset' } });
  const counting = nat({ mapping: 'address-dependent', ports: { allocation: 'sequential' } });
  const countingNoCrossing = nat({
    mapping: 'address-dependent',
    ports: { allocation: 'sequential' },
    tcp: { simultaneousOpen: false },
  });
  const byAddress = nat({ mapping: 'address-dependent', filtering: 'address-dependent' });
  const symmetricByAddress = nat({
    mapping: 'address-and-port-dependent',
    filtering: 'address-dependent',
    ports: { allocation: 'random' },
  });
  const forgets = nat({ tcp: { afterReset: 'remove' }, ports: { allocation: 'random' } });

  it.each<[string, Chain, Chain, string]>([
    ['drop x drop', [drop], [drop], 'always'],
    ['drop x icmp after 6 s (REQ-4)', [drop], [icmp], 'always'],
    ['drop x icmp at once', [drop], [icmpAtOnce], 'always'],
    ['reset x icmp at once', [reset], [icmpAtOnce], 'sometimes'],
    ['drop x reset', [drop], [reset], 'always'],
    ['reset x reset', [reset], [reset], 'sometimes'],
    ['full cone x drop: the host resets', [fullCone], [drop], 'always'],
    ['full cone x full cone', [fullCone], [fullCone], 'sometimes'],
    ['no NAT x drop', [], [drop], 'always'],
    ['no NAT x reset', [router], [reset], 'sometimes'],
    ['full cone x symmetric: any port finds the listener', [fullCone], [symmetric], 'always'],
    ['restricted x symmetric', [nat({ filtering: 'address-dependent' })], [symmetric], 'always'],
    ['no NAT x symmetric', [], [symmetric], 'always'],
    ['no NAT, but no SYN gets in', [nat({ translation: 'none', blocks: ['tcp-in'] })], [symmetric], 'never'],
    ['drop x counting', [drop], [counting], 'always'],
    ['counting x counting', [counting], [counting], 'always'],
    ['reset x counting', [reset], [counting], 'sometimes'],
    ['counting x symmetric', [counting], [symmetric], 'never'],
    ['symmetric x symmetric', [symmetric], [symmetric], 'never'],
    ['REQ-2 missing on one side', [noCrossing], [drop], 'always'],
    ['REQ-2 missing on both sides', [noCrossing], [noCrossing], 'never'],
    ['and an open filter: the SYN that comes first is let in', [noCrossing], [openNoCrossing], 'sometimes'],
    ['and a reset, after which no dial is under way', [noCrossing], [resetNoCrossing], 'sometimes'],
    ['REQ-2 missing, but nobody can dial an unknown port', [openNoCrossing], [symmetric], 'always'],
    ['one that can be foreseen crosses after all', [openNoCrossing], [countingNoCrossing], 'sometimes'],
    ['counting, met where it is foreseen, by address', [byAddress], [symmetricByAddress], 'sometimes'],
    ['REQ-2 missing x every SYN refused', [noCrossing], [nat({ blocks: ['tcp-in'] })], 'never'],
    ['a reset that ends the session, while that to the STUN server holds the mapping', [forgets], [reset], 'always'],
    ['the outermost filter answers: drop', [reset, drop], [reset], 'always'],
    ['the outermost filter answers: reset', [drop, reset], [reset], 'sometimes'],
    ['an open outer NAT leaves the answer to the inner', [drop, fullCone], [reset], 'always'],
    ['a symmetric layer anywhere', [drop, symmetric], [drop], 'never'],
    ['TCP blocked', [nat({ blocks: ['tcp'] })], [drop], 'never'],
  ])('%s', (_, a, b, verdict) => {
    expect(expected('tcp-punch', a, b)).toBe(verdict);
    expect(expected('tcp-punch', b, a)).toBe(verdict);
  });

  it('without retries one resetting side leaves it to timing', () => {
    expect(expected('tcp-punch', [drop], [reset], { retries: false })).toBe('sometimes');
    expect(expected('tcp-punch', [drop], [drop], { retries: false })).toBe('always');
  });
});

describe('connecting to a standing endpoint', () => {
  const guarded = nat({ translation: 'none', blocks: ['tcp-in'] });
  const mute = nat({ translation: 'none', blocks: ['tcp'] });
  const fullCone = nat({ filtering: 'endpoint-independent' });

  it.each<[string, Chain, Chain, string, string]>([
    ['symmetric dials a public host', [symmetric], [router], 'always', 'never'],
    ['a public host dials symmetric', [], [symmetric], 'never', 'always'],
    ['public x public', [], [router], 'always', 'always'],
    ['a full cone has no mapping for the listening port', [router], [fullCone], 'never', 'always'],
    ['a public address that refuses inbound SYNs', [symmetric], [guarded], 'never', 'never'],
    ['two routers', [symmetric], [router, router], 'always', 'never'],
    ['a side without TCP', [mute], [router], 'never', 'never'],
  ])('%s', (_, a, b, direct, reverse) => {
    expect(expected('direct-connect', a, b)).toBe(direct);
    expect(expected('reverse-connect', a, b)).toBe(reverse);
    expect(expected('direct-connect', b, a)).toBe(reverse);
    expect(expected('reverse-connect', b, a)).toBe(direct);
  });
});

describe('turn-relay', () => {
  const noUdp = nat({ blocks: ['udp'] });
  const noTcp = nat({ blocks: ['tcp'] });
  const nothing = nat({ blocks: ['udp', 'tcp'] });

  it('needs one of UDP and TCP on each side, and a signal channel', () => {
    expect(expected('turn-relay', [symmetric], [symmetric])).toBe('always');
    expect(expected('turn-relay', [noUdp], [noUdp])).toBe('always');
    expect(expected('turn-relay', [noTcp], [symmetric])).toBe('never');
    expect(expected('turn-relay', [noTcp], [noUdp], { signalOverTcp: false })).toBe('always');
    expect(expected('turn-relay', [nothing], [noUdp], { signalOverTcp: false })).toBe('never');
  });
});

describe('the answer', () => {
  it('names the possible plugins in the order asked, and why', () => {
    const answer = oracle({ a: [symmetric], b: [nat()], topology: 'separate', plugins: PLUGINS });
    expect(answer.possible).toEqual(['turn-relay']);
    expect(answer.perPlugin.map(({ plugin }) => plugin)).toEqual(PLUGINS);
    expect(answer.why).toMatch(/^a: address-and-port-dependent mapping, address-and-port-dependent filtering; b: /);
    expect(answer.why).toContain('udp-punch never: a maps per destination');
    expect(answer.why).toContain('RFC 4787');
  });

  it('does not judge a plugin it has no rule for', () => {
    const answer = oracle({ a: [], b: [], topology: 'separate', plugins: ['carrier-pigeon', 'direct-connect'] });
    expect(answer.possible).toEqual(['direct-connect']);
    expect(answer.perPlugin[0]).toMatchObject({ plugin: 'carrier-pigeon', possible: 'unknown', expected: 'unknown' });
    expect(answer.why).toContain('carrier-pigeon unknown: no rule');
    expect(isJudged('carrier-pigeon')).toBe(false);
    expect(PLUGINS.every(isJudged)).toBe(true);
  });

  it('gives a reason for every verdict over all kinds, and none is the same for a connection and for none', () => {
    const kinds = [...nineKinds({}), router, nat({ blocks: ['udp'] })];
    const reasons = new Map<string, Set<string>>();
    for (const a of kinds) {
      for (const b of kinds) {
        for (const { plugin, expected: verdict, why } of oracle({
          a: [a],
          b: [b],
          topology: 'separate',
          plugins: PLUGINS,
        }).perPlugin) {
          expect(why).not.toBe('');
          const key = `${plugin}: ${why}`;
          reasons.set(key, (reasons.get(key) ?? new Set()).add(verdict));
        }
      }
    }
    expect([...reasons].filter(([, verdicts]) => verdicts.size > 1)).toEqual([]);
  });
});
