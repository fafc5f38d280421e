import { beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../simulator/world/random.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { Prober, probeRequest } from './prober.ts';

const KEY = Buffer.alloc(32, 1);
const A: Endpoint = { address: '203.0.113.1', port: 1000 };
const B: Endpoint = { address: '203.0.113.2', port: 2000 };
const B2: Endpoint = { address: '203.0.113.2', port: 2001 };

interface Peer {
  prober: Prober;
  readonly sent: { data: Uint8Array; to: Endpoint }[];
  readonly found: [to: Endpoint, from: Endpoint][];
  readonly heard: [from: Endpoint, expected: boolean][];
}

function peer(role: 'initiator' | 'responder', key: Uint8Array = KEY): Peer {
  const sent: Peer['sent'] = [];
  const found: Peer['found'] = [];
  const heard: Peer['heard'] = [];
  const keyed = { role, key, random: SeededRandom.fromText(role) };
  const sprayed = probeRequest(keyed);
  const prober = new Prober({
    ...keyed,
    sprayed: () => sprayed,
    send: (data, to) => sent.push({ data, to }),
    found: (to, from) => found.push([to, from]),
    heard: (from, expected) => heard.push([from, expected]),
  });
  return { prober, sent, found, heard };
}

describe('Prober', () => {
  let alice: Peer;
  let bob: Peer;
  beforeEach(() => {
    alice = peer('initiator');
    bob = peer('responder');
  });

  it('finds the path once a probe has gone there and its answer back', () => {
    alice.prober.open(B);
    bob.prober.receive(alice.sent[0]!.data, A);
    expect([bob.prober.knows(A), bob.heard]).toEqual([true, [[A, false]]]);
    bob.prober.receive(alice.sent[0]!.data, A);
    expect(bob.heard).toHaveLength(1);
    bob.sent.splice(2);
    expect(bob.sent.map(({ to }) => to)).toEqual([A, A]); // the answer, and a probe of its own
    alice.prober.receive(bob.sent[0]!.data, B);
    expect(alice.found).toEqual([[B, B]]);
  });

  it('retransmits the same bytes until the path is found', () => {
    alice.prober.open(B);
    alice.prober.probe();
    expect(alice.sent[0]!.data).toBe(alice.sent[1]!.data);
    bob.prober.receive(alice.sent[0]!.data, A);
    alice.prober.receive(bob.sent[0]!.data, B);
    alice.prober.probe();
    expect(alice.sent).toHaveLength(2);
  });

  it('ignores a probe under another key', () => {
    const mallory = peer('initiator', Buffer.alloc(32, 2));
    mallory.prober.open(B);
    bob.prober.receive(mallory.sent[0]!.data, A);
    expect([bob.sent.length, bob.prober.knows(A)]).toEqual([0, false]);
  });

  it('ignores its own probe played back', () => {
    alice.prober.open(B);
    alice.prober.receive(alice.sent[0]!.data, B);
    expect(alice.sent).toHaveLength(1);
  });

  it('ignores an answer under another key, and one to a question it never asked', () => {
    alice.prober.open(B);
    const forger = peer('responder');
    forger.prober.receive(alice.sent[0]!.data, A);
    const answer = Buffer.from(forger.sent[0]!.data);
    answer[answer.length - 1]! ^= 1;
    alice.prober.receive(answer, B);
    peer('initiator').prober.receive(forger.sent[0]!.data, B);
    expect(alice.found).toEqual([]);
  });

  it('tells a path whose answers come from elsewhere (RFC 8445 section 7.2.5.2.1), and probes that place', () => {
    alice.prober.open(B);
    bob.prober.receive(alice.sent[0]!.data, A);
    alice.prober.receive(bob.sent[0]!.data, B2);
    expect(alice.found).toEqual([[B, B2]]);
    alice.prober.probe();
    expect(alice.sent.slice(1).map(({ to }) => to)).toEqual([B, B2]);
  });

  it('probes a guess as often as it is told to, and for good once the peer was heard there', () => {
    alice.prober.open(B, 2);
    for (let round = 0; round < 3; round++) alice.prober.probe();
    expect(alice.sent).toHaveLength(2);
    bob.prober.open(A);
    alice.prober.receive(bob.sent[0]!.data, B);
    for (let round = 0; round < 3; round++) alice.prober.probe();
    expect(alice.sent).toHaveLength(2 + 2 + 3); // the answer and a triggered check, and the rounds
  });

  it('probes no more places than there may be, and shrugs at bytes that are no STUN', () => {
    for (let port = 1; port <= 400; port++) alice.prober.open({ address: B.address, port });
    expect(alice.sent).toHaveLength(128);
    for (const junk of [new Uint8Array(0), Buffer.alloc(20), Buffer.from('hello'), Buffer.alloc(2000, 0xff)]) {
      alice.prober.receive(junk, B);
    }
    expect(alice.found).toEqual([]);
  });
});
