import { describe, expect, it } from 'vitest';
import type { AddressContent, NatTraits } from '../../wire/address/address-content.ts';
import { ByteReader } from '../../wire/bytes.ts';
import type { PlanInput } from '../plugin.ts';
import { planParts } from './part.ts';
import { decodeOpen, decodeSearch, encodeOpen, encodeSearch } from './probe-message.ts';
import { nextProbeUs, type ProbeOptions, searchMs } from './probe-options.ts';
import { RandomProbe } from './random-probe.ts';

const STRICT = 'address-and-port-dependent';
const cone: NatTraits = { mapping: 'endpoint-independent', filtering: STRICT, allocation: 'preserving', step: 0 };
const fullCone: NatTraits = { ...cone, filtering: 'endpoint-independent' };
const symmetric: NatTraits = { mapping: STRICT, filtering: STRICT, allocation: 'random', step: 0 };
const sequential: NatTraits = { ...symmetric, allocation: 'sequential', step: 1 };
const unknown: NatTraits = { mapping: 'unknown', filtering: 'unknown', allocation: 'unknown', step: 0 };

function node(nat: NatTraits): AddressContent {
  const place = {
    index: 0,
    address: '10.0.0.2',
    prefixLength: 24,
    external: '203.0.113.1',
    udp: { nat },
    tcp: { nat },
  };
  return { publicKey: new Uint8Array(33), issuedAtMs: 0, interfaces: [place], brokers: [] };
}

function plan(own: NatTraits, peer: NatTraits, more: Partial<PlanInput> = {}) {
  const servers = { stun: [{ address: '192.0.2.1', port: 3478 }], turn: [] };
  return planParts({ role: 'initiator', local: node(own), remote: node(peer), servers, signalling: true, ...more });
}

describe('who does what', () => {
  it.each([
    ['symmetric and port-restricted: at once', symmetric, cone, 'open', 0],
    ['the other end', cone, symmetric, 'search', 0],
    ['a full cone, which a plain punch gets through', symmetric, fullCone, 'open', 1500],
    ['ports that can be foreseen', cone, sequential, 'search', 1500],
    ['what is not known may be steady', unknown, symmetric, undefined, undefined],
  ] as const)('%s', (_, own, peer, part, waitMs) => {
    const made = plan(own, peer);
    expect(made.applicable ? made.plan : {}).toEqual(part === undefined ? {} : { part, waitMs });
  });

  it.each([
    ['neither end', plan(cone, fullCone)],
    ['both ends', plan(symmetric, sequential)],
    ['no signal channel', plan(cone, symmetric, { signalling: false })],
    ['no signal channel', plan(cone, symmetric, { remote: undefined })],
    ['no STUN server of this family', plan(cone, symmetric, { servers: { stun: [], turn: [] } })],
    ['how it looks', plan(unknown, symmetric)],
  ])('not applicable: %s', (reason, made) => {
    expect(made.applicable ? '' : made.reason).toContain(reason);
  });
});

describe('the pace', () => {
  const defaults: ProbeOptions = { sockets: 256, probes: 1024, rate: 200, footprint: 2000, packets: 4096 };

  it('has the defaults that the documentation gives', () => {
    expect(Object.entries(RandomProbe.options).map(([name, option]) => [name, option.default])).toEqual(
      Object.entries(defaults),
    );
  });

  it('keeps to the rate', () => {
    expect([nextProbeUs(defaults, []), nextProbeUs(defaults, [7000]), searchMs(defaults)]).toEqual([0, 12_000, 5120]);
  });

  it('keeps to the footprint: so many ports in ten seconds', () => {
    const shy = { ...defaults, footprint: 50 };
    const sentUs: number[] = [];
    while (sentUs.length < 200) sentUs.push(nextProbeUs(shy, sentUs));
    for (const [index, at] of sentUs.entries()) {
      if (index >= 50) expect(at - sentUs[index - 50]!).toBeGreaterThanOrEqual(10_000_000);
    }
    expect(searchMs({ ...shy, probes: 200 })).toBe(30_000);
  });
});

describe('what the ends say', () => {
  const open = {
    address: '203.0.113.9',
    spread: { low: 1024, high: 60_000, parity: 0 as const, seen: [1024, 60_000] },
  };
  const search = { endpoint: { address: '203.0.113.8', port: 9 }, durationMs: 5000 };

  it('comes through', () => {
    expect(decodeOpen(new ByteReader(encodeOpen(open)))).toEqual(open);
    expect(decodeSearch(new ByteReader(encodeSearch(search)))).toEqual(search);
    const odd = { ...open, spread: { ...open.spread, parity: undefined, seen: [] } };
    expect(decodeOpen(new ByteReader(encodeOpen(odd)))).toEqual(odd);
  });

  it('is refused if it makes no sense', () => {
    expect(() => decodeSearch(new ByteReader(encodeOpen(open)))).toThrow('disagree');
    expect(() => decodeOpen(new ByteReader(encodeOpen(open).subarray(0, 12)))).toThrow('end within');
    expect(() => decodeOpen(new ByteReader(Buffer.concat([encodeOpen(open), Buffer.of(0)])))).toThrow('too many');
    const upsideDown = { ...open, spread: { ...open.spread, low: 60_001 } };
    expect(() => decodeOpen(new ByteReader(encodeOpen(upsideDown)))).toThrow('ports from 60001');
    const many = { ...open, spread: { ...open.spread, seen: Array.from({ length: 17 }, (_, port) => port + 1) } };
    expect(() => decodeOpen(new ByteReader(encodeOpen(many)))).toThrow('at most 16');
    expect(decodeSearch(new ByteReader(encodeSearch({ ...search, durationMs: 4e9 }))).durationMs).toBe(120_000);
  });
});
