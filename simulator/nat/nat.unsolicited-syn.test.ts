import { describe, expect, test } from 'vitest';
import { ACK, ICMP, RST, TCP } from '../packet.ts';
import { Drive, type Row, rule } from './drive.suite.ts';

const opened: readonly Row[] = [['syn out', 'a:5000', 's:1', 'x:5000']];

describe('unsolicited SYN', () => {
  const answersOf = (drive: Drive) => drive.events.filter(({ kind }) => kind !== 'drop');

  test('RFC 5382 REQ-4a drop: no answer, ever', () => {
    const drive = new Drive();
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.wait(60_000);
    expect(answersOf(drive)).toEqual([]);
  });

  test('RFC 5382 REQ-4 reset breaks it: RST at once, with the acknowledgement that RFC 9293 section 3.10.7.1 wants', () => {
    const drive = new Drive({ tcp: { unsolicited: 'reset' } });
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    const [{ kind, packet }] = answersOf(drive);
    expect(kind).toBe('outside');
    expect(drive.nameOf(packet.source, packet.sourcePort)).toBe('x:5000');
    expect(drive.nameOf(packet.destination, packet.destinationPort)).toBe('s:1');
    expect(packet).toMatchObject({ protocol: TCP, flags: RST | ACK, sequence: 0, acknowledgement: 5001 });
  });

  test('reset answers a SYN that the filter refused too, and nothing but SYNs', () => {
    const drive = new Drive({ tcp: { unsolicited: 'reset' } });
    drive.play(opened);
    drive.tcp('in', 'syn', 't:1', 'x:5000');
    expect(answersOf(drive)).toHaveLength(1);
    for (const segment of ['ack', 'rst', 'synack', 'fin'] as const) {
      drive.tcp('in', segment, 't:1', 'x:5000');
      expect(answersOf(drive)).toEqual([]);
    }
  });

  test('RFC 5382 REQ-4 icmp: port unreachable, after 6 s', () => {
    const drive = new Drive({ tcp: { unsolicited: 'icmp' } });
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.wait(5999);
    expect(answersOf(drive)).toEqual([]);
    drive.wait(1);
    const [{ kind, packet }] = answersOf(drive);
    expect(kind).toBe('outside');
    expect(packet).toMatchObject({ protocol: ICMP, source: drive.addressOf('x'), destination: drive.addressOf('s') });
    expect(packet.icmp).toEqual({
      kind: 'port-unreachable',
      quote: {
        protocol: TCP,
        source: drive.addressOf('s'),
        sourcePort: 1,
        destination: drive.addressOf('x'),
        destinationPort: 5000,
        sequence: 5000,
      },
    });
  });

  test('RFC 5382 REQ-4 icmp without delay breaks it: port unreachable at once', () => {
    const drive = new Drive({ tcp: { unsolicited: 'icmp', icmpDelayMs: 0 } });
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.wait(0);
    expect(answersOf(drive).map(({ packet }) => packet.icmp?.kind)).toEqual(['port-unreachable']);
    expect(drive.scheduler.now).toBe(0);
  });

  test('RFC 5382 REQ-4 icmp: an outbound SYN in time silences it', () => {
    const drive = new Drive({ tcp: { unsolicited: 'icmp' } });
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.tcp('in', 'syn', 't:1', 'x:5000');
    drive.wait(5999);
    drive.play(opened);
    drive.events = [];
    drive.wait(60_000);
    // The other SYN was not for this connection.
    expect(answersOf(drive).map(({ packet }) => packet.destination)).toEqual([drive.addressOf('t')]);
  });

  test('icmp: one error an attempt, however often the SYN is repeated', () => {
    const drive = new Drive({ tcp: { unsolicited: 'icmp' } });
    for (let attempt = 0; attempt < 3; attempt++) {
      drive.tcp('in', 'syn', 's:1', 'x:5000');
      drive.wait(1000);
    }
    drive.wait(60_000);
    expect(answersOf(drive)).toHaveLength(1);
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.wait(6000);
    expect(answersOf(drive)).toHaveLength(1); // a later attempt gets its own
  });

  test('icmp: stored SYNs are bounded, and forgotten by a reboot', () => {
    const drive = new Drive({ tcp: { unsolicited: 'icmp' } });
    for (let port = 0; port < 5000; port++) drive.tcp('in', 'syn', `s:${port}`, 'x:5000');
    drive.events = [];
    drive.wait(6000);
    expect(answersOf(drive)).toHaveLength(1024);
    drive.tcp('in', 'syn', 's:1', 'x:5000');
    drive.nat.flush();
    drive.events = [];
    drive.wait(6000);
    expect(answersOf(drive)).toEqual([]);
  });

  test('RFC 5382 REQ-8 a SYN turned round and refused is answered inside', () => {
    const drive = new Drive({ hairpin: 'external-source', tcp: { unsolicited: 'reset' } });
    drive.play([['syn out', 'b:6000', 's:1', 'x:6000']]);
    drive.tcp('out', 'syn', 'a:5000', 'x:6000');
    const [{ kind, packet }] = answersOf(drive);
    expect(kind).toBe('inside');
    expect(drive.nameOf(packet.source, packet.sourcePort)).toBe('x:6000');
    expect(drive.nameOf(packet.destination, packet.destinationPort)).toBe('a:5000');
  });

  rule('RFC 5382 REQ-8 hairpin', {
    'external source, with the filter open both ways': [
      { hairpin: 'external-source' },
      [
        ['syn out', 'b:6000', 's:1', 'x:6000'],
        ['syn out', 'a:5000', 'x:6000', 'tcp: unsolicited syn'],
        ['syn out', 'b:6000', 'x:5000', 'x:6000'],
        ['synack out', 'a:5000', 'x:6000', 'x:5000'],
      ],
    ],
  });
});
