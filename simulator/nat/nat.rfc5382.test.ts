import { describe, expect, test } from 'vitest';
import { ACK, ICMP, RST, TCP } from '../packet.ts';
import { Drive, type Row, rule } from './drive.suite.ts';

const RANDOM = { allocation: 'random' } as const;
const MINUTE = 60_000;
const ESTABLISHED = 124 * MINUTE;

const opened: readonly Row[] = [['syn out', 'a:5000', 's:1', 'x:5000']];
const established: readonly Row[] = [
  ...opened,
  ['synack in', 's:1', 'x:5000', 'a:5000'],
  ['ack out', 'a:5000', 's:1', 'x:5000'],
];
const alive: readonly Row[] = [['ack in', 's:1', 'x:5000', 'a:5000']];
const gone: readonly Row[] = [
  ['ack in', 's:1', 'x:5000', 'nat: no mapping'],
  ['count', 0],
];

describe('mapping and filtering', () => {
  const aim: readonly Row[] = [
    ['syn out', 'a:5000', 's:1', '$m'],
    ['syn out', 'a:5000', 's:2', '$m'],
    ['syn out', 'a:5000', 't:1', '$m'],
    ['count', 1],
  ];
  rule('RFC 5382 REQ-1 one external endpoint whatever the destination', {
    'endpoint-independent keeps it': [{ ports: RANDOM }, aim],
    'address-and-port-dependent breaks it': [
      { mapping: 'address-and-port-dependent', ports: RANDOM },
      [
        ['syn out', 'a:5000', 's:1', '$m'],
        ['syn out', 'a:5000', 's:2', '!$m'],
        ['count', 2],
      ],
    ],
  });

  rule('RFC 5382 REQ-3 who may open a connection to a mapping', {
    'endpoint-independent: anybody': [
      { filtering: 'endpoint-independent' },
      [...opened, ['syn in', 's:2', 'x:5000', 'a:5000'], ['syn in', 't:1', 'x:5000', 'a:5000']],
    ],
    'address-dependent: any port of an address that was sent to': [
      { filtering: 'address-dependent' },
      [...opened, ['syn in', 's:2', 'x:5000', 'a:5000'], ['syn in', 't:1', 'x:5000', 'tcp: unsolicited syn']],
    ],
    'address-and-port-dependent: only what was sent to': [
      {},
      [...opened, ['syn in', 's:1', 'x:5000', 'a:5000'], ['syn in', 's:2', 'x:5000', 'tcp: unsolicited syn']],
    ],
    'may differ from UDP (REQ-3b)': [
      { filtering: 'endpoint-independent', tcp: { filtering: 'address-and-port-dependent' } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['in', 't:1', 'x:5000', 'a:5000'],
        ...opened,
        ['syn in', 't:1', 'x:5000', 'tcp: unsolicited syn'],
      ],
    ],
    'an accepted connection runs': [
      { filtering: 'endpoint-independent' },
      [
        ...opened,
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 't:1', 'x:5000'],
        ['ack in', 't:1', 'x:5000', 'a:5000'],
        ['ack out', 'a:5000', 't:1', 'x:5000'],
      ],
    ],
    'an answered connection opens the filter, a refused one does not': [
      { filtering: 'address-dependent', filterScope: 'host' },
      [
        ...opened,
        ['syn out', 'a:5001', 't:1', 'x:5001'],
        ['syn in', 't:2', 'x:5000', 'a:5000'],
        ['rstack out', 'a:5000', 't:2', 'x:5000'],
        ['wait', 3 * MINUTE],
        ...opened,
        ['syn in', 't:2', 'x:5000', 'a:5000'],
        ['rstack out', 'a:5000', 't:2', 'x:5000'],
        ['wait', MINUTE],
        ['syn in', 't:3', 'x:5000', 'tcp: unsolicited syn'],
      ],
    ],
  });

  rule('only a SYN opens a session', {
    outbound: [
      {},
      [
        ['ack out', 'a:5000', 's:1', 'tcp: no session'],
        ['rst out', 'a:5000', 's:1', 'tcp: no session'],
        ['synack out', 'a:5000', 's:1', 'tcp: no session'],
        ['count', 0],
        ...opened,
        ['ack out', 'a:5000', 't:1', 'tcp: no session'],
      ],
    ],
    inbound: [
      { filtering: 'endpoint-independent' },
      [
        ['ack in', 's:1', 'x:5000', 'nat: no mapping'],
        ...opened,
        ['ack in', 't:1', 'x:5000', 'tcp: no session'],
        ['rst in', 't:1', 'x:5000', 'tcp: no session'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
  });

  rule('inbound session: the SYN-ACK to an admitted SYN', {
    'none: has no session of its own': [
      { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' },
      [
        ...opened,
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 't:1', 'tcp: no session'],
        ['ack in', 't:1', 'x:5000', 'tcp: no session'],
      ],
    ],
    'bind: leaves by the mapping that the SYN came in on': [
      { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', inboundSession: 'bind' },
      [
        ...opened,
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 't:1', 'x:5000'],
        ['ack in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
  });

  rule('inbound session: a SYN to another mapping than the one in use with that remote', {
    'passes, and the connection that was there goes on': [
      {
        mapping: 'address-and-port-dependent',
        filtering: 'endpoint-independent',
        inboundSession: 'bind',
        ports: RANDOM,
      },
      [
        ['syn out', 'a:5000', 's:1', '$m'],
        ['syn out', 'a:5000', 't:1', '$own'],
        ['syn in', 't:1', '$m', 'a:5000'],
        ['ack in', 't:1', '$m', 'tcp: no session'],
        ['synack in', 't:1', '$own', 'a:5000'],
        ['ack out', 'a:5000', 't:1', '$own'],
        ['wait', 4 * MINUTE],
        ['count', 1],
        ['ack in', 't:1', '$own', 'a:5000'],
      ],
    ],
  });

  rule('policy', {
    'tcp-in refuses every inbound SYN, mapped or not': [
      { blocks: ['tcp-in'], filtering: 'endpoint-independent' },
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'policy: tcp-in blocked'],
        ['syn in', 's:1', 'x:9', 'policy: tcp-in blocked'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
  });
});

describe('simultaneous open', () => {
  rule('RFC 5382 REQ-2 an inbound SYN while the own SYN is unanswered', {
    'passes, and the connection is established': [
      {},
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'a:5000'],
        ['synack out', 'a:5000', 's:1', 'x:5000'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
        ['wait', ESTABLISHED - 1],
        ...alive,
      ],
    ],
    'is refused': [
      { tcp: { simultaneousOpen: false } },
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'tcp: simultaneous open refused'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
    'is refused, but not that of a later connection on the same ports': [
      { tcp: { simultaneousOpen: false } },
      [
        ...established,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['fin in', 's:1', 'x:5000', 'a:5000'],
        ['syn in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
    'is refused, even where anybody else may connect': [
      { filtering: 'endpoint-independent', tcp: { simultaneousOpen: false } },
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'tcp: simultaneous open refused'],
        ['syn in', 't:1', 'x:5000', 'a:5000'],
        ['syn in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
  });
});

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

describe('timers', () => {
  rule('RFC 5382 REQ-5 an established connection may be idle for 2 h 4 min', {
    'established, as required': [
      {},
      [...established, ['wait', ESTABLISHED - 1], ...alive, ['wait', ESTABLISHED], ...gone],
    ],
    '15 min, too short': [
      { tcp: { establishedMs: 15 * MINUTE } },
      [...established, ['wait', 15 * MINUTE - 1], ...alive, ['wait', 15 * MINUTE], ...gone],
    ],
    'either side refreshes': [
      {},
      [
        ...established,
        ['wait', ESTABLISHED - 1],
        ['ack out', 'a:5000', 's:1', 'x:5000'],
        ['wait', ESTABLISHED - 1],
        ...alive,
        ['wait', ESTABLISHED - 1],
        ...alive,
      ],
    ],
    'not before both SYNs are acknowledged': [
      {},
      [...opened, ['synack in', 's:1', 'x:5000', 'a:5000'], ['wait', 4 * MINUTE], ...gone],
    ],
    'nor by an acknowledgement of something else': [
      {},
      [
        ...opened,
        ['syn in', 's:1', 'x:5000', 'a:5000'],
        ['ack in', 's:1', 'x:5000', 'a:5000'],
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
  });

  rule('RFC 5382 REQ-5 a transitory connection may be idle for 4 min', {
    'before it is established': [{}, [...opened, ['wait', 4 * MINUTE - 1], ['synack in', 's:1', 'x:5000', 'a:5000']]],
    'no longer': [{}, [...opened, ['wait', 4 * MINUTE], ...gone]],
    'after a FIN': [
      {},
      [
        ...established,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 4 * MINUTE - 1],
        ...alive,
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'after a FIN from outside': [
      {},
      [...established, ['fin in', 's:1', 'x:5000', 'a:5000'], ['wait', 4 * MINUTE], ...gone],
    ],
    'after a FIN, however late that comes': [
      {},
      [
        ...established,
        ['wait', 10 * MINUTE],
        ...alive,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'after an RST, however late that comes': [
      {},
      [
        ...established,
        ['wait', 10 * MINUTE],
        ...alive,
        ['rst out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'again after an established one has gone': [
      {},
      [...established, ['wait', ESTABLISHED], ...gone, ...opened, ['wait', 4 * MINUTE], ...gone],
    ],
    'until the ports are used again': [
      {},
      [
        ...established,
        ['fin out', 'a:5000', 's:1', 'x:5000'],
        ['fin in', 's:1', 'x:5000', 'a:5000'],
        ...established,
        ['wait', ESTABLISHED - 1],
        ...alive,
      ],
    ],
  });

  rule('RFC 5382 REQ-5 a mapping lives as long as one of its sessions', {
    'the established one': [
      {},
      [
        ...established,
        ['syn out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 4 * MINUTE],
        ['synack in', 't:1', 'x:5000', 'tcp: no session'],
        ...alive,
        ['count', 1],
      ],
    ],
  });

  rule('RFC 7857 section 2.2 after an RST', {
    'hold: 4 min more': [
      {},
      [
        ...established,
        ['rst in', 's:1', 'x:5000', 'a:5000'],
        ['wait', 4 * MINUTE - 1],
        ...alive,
        ['wait', 4 * MINUTE],
        ...gone,
      ],
    ],
    'hold: also from inside': [
      {},
      [...established, ['rst out', 'a:5000', 's:1', 'x:5000'], ['wait', 4 * MINUTE], ...gone],
    ],
    'remove: at once': [
      { tcp: { afterReset: 'remove' } },
      [...established, ['rst in', 's:1', 'x:5000', 'a:5000'], ...gone],
    ],
    'remove: even before the SYN is answered': [
      { tcp: { afterReset: 'remove' } },
      [...opened, ['rstack in', 's:1', 'x:5000', 'a:5000'], ...gone],
    ],
    'remove: from inside too': [
      { tcp: { afterReset: 'remove' } },
      [...established, ['rst out', 'a:5000', 's:1', 'x:5000'], ...gone],
    ],
    'remove: only that session': [
      { tcp: { afterReset: 'remove' } },
      [
        ...established,
        ['syn out', 'a:5000', 't:1', 'x:5000'],
        ['rstack in', 't:1', 'x:5000', 'a:5000'],
        ['count', 1],
        ...alive,
        ['syn in', 't:1', 'x:5000', 'tcp: unsolicited syn'],
      ],
    ],
  });

  rule('RFC 7857 section 7 an RST does not refresh', {
    'however many there are': [
      {},
      [
        ...established,
        ['rst out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 3 * MINUTE],
        ['rst out', 'a:5000', 's:1', 'x:5000'],
        ['rst in', 's:1', 'x:5000', 'a:5000'],
        ['wait', MINUTE],
        ...gone,
      ],
    ],
  });

  test('a mapping that an RST ends says so', () => {
    const drive = new Drive({ tcp: { afterReset: 'remove' } });
    drive.play([...opened, ['rstack in', 's:1', 'x:5000', 'a:5000']]);
    expect(drive.removed.map(({ reason }) => reason)).toEqual(['reset']);
  });
});
