import { describe, expect, test } from 'vitest';
import { ACK, FIN, RST, SYN, TCP, udpPacket } from '../packet.ts';
import { MappingRows } from './mapping-rows.ts';
import { SessionRows } from './session-rows.ts';
import { awaitsAnswer, isBareSyn, isEstablished, observeInbound, observeOutbound } from './tcp-state.ts';

interface Segment {
  readonly from: 'inside' | 'outside';
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
}

function packetOf({ flags, sequence = 0, acknowledgement = 0 }: Segment) {
  return {
    ...udpPacket(0, 1, 5000, 2, 80, 64, new Uint8Array(0)),
    protocol: TCP,
    flags,
    sequence,
    acknowledgement,
  } as const;
}

/** The state after the segments. */
function stateAfter(...segments: readonly Segment[]): number {
  const mappings = new MappingRows();
  const endpoint = { external: 9, externalPort: 5000 };
  const mapping = mappings.add(packetOf({ from: 'inside', flags: SYN }), endpoint, 0, 0);
  const sessions = new SessionRows(mappings);
  const session = sessions.add(mapping, 2, 80, 0);
  for (const segment of segments) {
    const observe = segment.from === 'inside' ? observeOutbound : observeInbound;
    observe(sessions, session, packetOf(segment));
  }
  return sessions.state[session];
}

const ISN = 0xffffffff; // the next number is 0
const PEER = 7000;
const syn: Segment = { from: 'inside', flags: SYN, sequence: ISN };
const synAck: Segment = { from: 'outside', flags: SYN | ACK, sequence: PEER, acknowledgement: 0 };
const ack: Segment = { from: 'inside', flags: ACK, sequence: 0, acknowledgement: PEER + 1 };

describe('RFC 5382 section 5 a connection is established', () => {
  test('by a handshake from inside', () => {
    expect(isEstablished(stateAfter(syn, synAck))).toBe(false);
    expect(isEstablished(stateAfter(syn, synAck, ack))).toBe(true);
  });

  test('by a handshake from outside', () => {
    const inbound: Segment = { from: 'outside', flags: SYN, sequence: PEER };
    const answer: Segment = { from: 'inside', flags: SYN | ACK, sequence: ISN, acknowledgement: PEER + 1 };
    const last: Segment = { from: 'outside', flags: ACK, sequence: PEER + 1, acknowledgement: 0 };
    expect(isEstablished(stateAfter(inbound, answer))).toBe(false);
    expect(isEstablished(stateAfter(inbound, answer, last))).toBe(true);
  });

  test('by a simultaneous open', () => {
    const inbound: Segment = { from: 'outside', flags: SYN, sequence: PEER };
    const ours: Segment = { from: 'inside', flags: SYN | ACK, sequence: ISN, acknowledgement: PEER + 1 };
    expect(isEstablished(stateAfter(syn, inbound, ours))).toBe(false);
    expect(isEstablished(stateAfter(syn, inbound, ours, synAck))).toBe(true);
  });

  test('not by an acknowledgement of another connection', () => {
    expect(isEstablished(stateAfter(syn, { ...synAck, acknowledgement: ISN }, ack))).toBe(false);
    expect(isEstablished(stateAfter(syn, synAck, { ...ack, acknowledgement: PEER }))).toBe(false);
  });

  test('not while a SYN with a new number waits for its acknowledgement', () => {
    const again: Segment = { ...syn, sequence: 500 };
    expect(isEstablished(stateAfter(syn, synAck, again, ack))).toBe(false);
    expect(isEstablished(stateAfter(syn, synAck, again, ack, { ...synAck, acknowledgement: 501 }))).toBe(true);
  });

  test('in spite of a repeated SYN', () => {
    expect(isEstablished(stateAfter(syn, synAck, syn, synAck, ack))).toBe(true);
  });

  test('no longer after a FIN or an RST of either side', () => {
    for (const from of ['inside', 'outside'] as const) {
      for (const flags of [FIN | ACK, RST]) {
        const end: Segment = { from, flags, sequence: 1, acknowledgement: PEER + 1 };
        expect(isEstablished(stateAfter(syn, synAck, ack, end))).toBe(false);
        expect(isEstablished(stateAfter(syn, synAck, ack, end, ack)), 'nor by an acknowledgement after it').toBe(false);
        expect(isEstablished(stateAfter(syn, synAck, ack, end, syn, synAck, ack)), 'but by a new handshake').toBe(true);
      }
    }
  });
});

test('our SYN awaits an answer until anything comes back', () => {
  expect(awaitsAnswer(stateAfter(syn))).toBe(true);
  expect(awaitsAnswer(stateAfter(syn, syn))).toBe(true);
  expect(awaitsAnswer(stateAfter(syn, synAck))).toBe(false);
  expect(awaitsAnswer(stateAfter(syn, { from: 'outside', flags: SYN, sequence: PEER }))).toBe(false);
  expect(awaitsAnswer(stateAfter(syn, { from: 'outside', flags: RST | ACK, acknowledgement: 0 }))).toBe(false);
  expect(awaitsAnswer(stateAfter({ from: 'outside', flags: SYN, sequence: PEER }))).toBe(false);
});

test('a bare SYN carries no ACK, FIN or RST', () => {
  expect(isBareSyn(packetOf({ from: 'inside', flags: SYN }))).toBe(true);
  for (const flags of [SYN | ACK, SYN | RST, SYN | FIN, ACK, 0]) {
    expect(isBareSyn(packetOf({ from: 'inside', flags }))).toBe(false);
  }
});
