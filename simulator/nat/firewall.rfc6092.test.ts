import { describe, expect, test } from 'vitest';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import { ACK, RST } from '../packet.ts';
import { FirewallBench as Bench, CLOSED, type Row } from './firewall-bench.suite.ts';

function rule(title: string, cases: Readonly<Record<string, readonly [NatDescription, readonly Row[]]>>): void {
  for (const [name, [description, rows]] of Object.entries(cases)) {
    test(`${title}: ${name}`, () => new Bench(description).play(rows));
  }
}

const EI = { filtering: 'endpoint-independent' } as const;
const AD = { filtering: 'address-dependent' } as const;
const APD = { filtering: 'address-and-port-dependent' } as const;

describe('RFC 6092 section 3.2, UDP', () => {
  rule('REC-17, filtering', {
    'endpoint-independent lets anybody in to where the inside has sent from': [
      EI,
      [
        ['in', 't:9', 'a:5000', CLOSED],
        ['out', 'a:5000', 's:53', 'passes'],
        ['in', 's:53', 'a:5000', 'passes'],
        ['in', 't:9', 'a:5000', 'passes'],
        ['in', 't:9', 'a:5001', CLOSED],
        ['in', 't:9', 'b:5000', CLOSED],
      ],
    ],
    'address-dependent lets in addresses that it has sent to': [
      AD,
      [
        ['out', 'a:5000', 's:53', 'passes'],
        ['in', 's:54', 'a:5000', 'passes'],
        ['in', 't:53', 'a:5000', 'filter: address-dependent'],
      ],
    ],
    'stricter than that, as most boxes are': [
      APD,
      [
        ['out', 'a:5000', 's:53', 'passes'],
        ['in', 's:53', 'a:5000', 'passes'],
        ['in', 's:54', 'a:5000', 'filter: address-and-port-dependent'],
      ],
    ],
  });

  rule('REC-14, state records of UDP expire', {
    'after five minutes by default, not less than two': [
      { ...APD, udp: { timeoutMs: 300_000 } },
      [
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 299],
        ['in', 's:5000', 'a:5000', 'passes'],
        ['wait', 2],
        ['in', 's:5000', 'a:5000', CLOSED],
      ],
    ],
    'violated: after 30 seconds': [
      { ...APD, udp: { timeoutMs: 30_000 } },
      [
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 31],
        ['in', 's:5000', 'a:5000', CLOSED],
      ],
    ],
  });

  rule('REC-16, what is forwarded outward refreshes', {
    'and what is forwarded inward may, too': [
      { ...APD, udp: { timeoutMs: 120_000, refresh: 'both' } },
      [
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 100],
        ['in', 's:5000', 'a:5000', 'passes'],
        ['wait', 100],
        ['in', 's:5000', 'a:5000', 'passes'],
      ],
    ],
    'or not': [
      { ...APD, udp: { timeoutMs: 120_000, refresh: 'outbound' } },
      [
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 100],
        ['in', 's:5000', 'a:5000', 'passes'],
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 100],
        ['in', 's:5000', 'a:5000', 'passes'],
        ['wait', 100],
        ['in', 's:5000', 'a:5000', CLOSED],
      ],
    ],
    'violated: only what is forwarded inward does': [
      { ...APD, udp: { timeoutMs: 120_000, refresh: 'inbound' } },
      [
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 100],
        ['out', 'a:5000', 's:5000', 'passes'],
        ['wait', 100],
        ['in', 's:5000', 'a:5000', CLOSED],
      ],
    ],
  });

  test('REC-10, REC-18: ICMP errors pass if they are about a packet of a known flow', () => {
    const bench = new Bench(APD);
    const sent = bench.packet('a:5000', 's:53');
    bench.give('out', sent);
    expect(bench.icmp('in', 't', 'port-unreachable', sent)).toBe('passes');
    expect(bench.icmp('in', 't', 'fragmentation-needed', sent)).toBe('passes');
    expect(bench.icmp('in', 't', 'port-unreachable', bench.packet('a:5001', 's:53'))).toBe('icmp: no mapping');
    const received = bench.packet('s:53', 'a:5000');
    bench.give('in', received);
    expect(bench.icmp('out', 'a', 'port-unreachable', received)).toBe('passes');
  });
});

describe('RFC 6092 section 3.3, TCP', () => {
  rule('REC-31, all valid sequences pass', {
    'the three-way handshake': [
      APD,
      [
        ['syn out', 'a:5000', 's:80', 'passes'],
        ['synack in', 's:80', 'a:5000', 'passes'],
        ['ack out', 'a:5000', 's:80', 'passes'],
        ['fin in', 's:80', 'a:5000', 'passes'],
      ],
    ],
    'simultaneous open': [
      APD,
      [
        ['syn out', 'a:5000', 's:5000', 'passes'],
        ['syn in', 's:5000', 'a:5000', 'passes'],
        ['synack out', 'a:5000', 's:5000', 'passes'],
        ['synack in', 's:5000', 'a:5000', 'passes'],
        ['ack out', 'a:5000', 's:5000', 'passes'],
      ],
    ],
    'violated: no SYN comes in': [
      { ...APD, tcp: { simultaneousOpen: false } },
      [
        ['syn out', 'a:5000', 's:5000', 'passes'],
        ['syn in', 's:5000', 'a:5000', 'tcp: simultaneous open refused'],
      ],
    ],
    'but none that nobody asked for': [
      APD,
      [
        ['ack in', 's:80', 'a:5000', CLOSED],
        ['synack out', 'a:5000', 's:80', 'tcp: no session'],
      ],
    ],
  });

  rule('REC-33, filtering', {
    'endpoint-independent lets anybody connect to where the inside has connected from': [
      EI,
      [
        ['syn in', 't:9', 'a:5000', 'tcp: unsolicited syn'],
        ['syn out', 'a:5000', 's:80', 'passes'],
        ['syn in', 't:9', 'a:5000', 'passes'],
        ['synack out', 'a:5000', 't:9', 'passes'],
        ['ack in', 't:9', 'a:5000', 'passes'],
      ],
    ],
    'address-dependent only whom it has connected to': [
      AD,
      [
        ['syn out', 'a:5000', 's:80', 'passes'],
        ['syn in', 's:9', 'a:5000', 'passes'],
        ['syn in', 't:9', 'a:5000', 'tcp: unsolicited syn'],
      ],
    ],
  });

  describe('REC-34, an unsolicited SYN', () => {
    const rejecting = { ...APD, tcp: { unsolicited: 'icmp', icmpDelayMs: 6000 } } as const;

    test('is answered by "administratively prohibited" after six seconds', () => {
      const bench = new Bench(rejecting);
      bench.play([
        ['syn in', 's:5000', 'a:5000', 'tcp: unsolicited syn'],
        ['wait', 5.9],
      ]);
      expect(bench.answers).toEqual([]);
      bench.wait(0.2);
      expect(bench.answers.map(({ icmp }) => icmp?.kind)).toEqual(['administratively-prohibited']);
      expect(bench.answers[0]!.destination).toBe(bench.packet('s:5000', 'a:5000').source);
    });

    test('is not, if the inside sends its own in time', () => {
      const bench = new Bench(rejecting);
      bench.play([
        ['syn in', 's:5000', 'a:5000', 'tcp: unsolicited syn'],
        ['wait', 3],
        ['syn out', 'a:5000', 's:5000', 'passes'],
        ['syn in', 's:5000', 'a:5000', 'passes'],
        ['wait', 30],
      ]);
      expect(bench.answers).toEqual([]);
    });

    test.each([
      ['violated: dropped in silence', 'drop', []],
      ['violated: reset at once', 'reset', [RST | ACK]],
    ] as const)('%s', (_, unsolicited, flags) => {
      const bench = new Bench({ ...APD, tcp: { unsolicited } });
      bench.play([['syn in', 's:5000', 'a:5000', 'tcp: unsolicited syn']]);
      expect(bench.answers.map((packet) => packet.flags)).toEqual(flags);
      bench.wait(30);
      expect(bench.answers).toHaveLength(flags.length);
    });
  });

  const handshake: readonly Row[] = [
    ['syn out', 'a:5000', 's:80', 'passes'],
    ['synack in', 's:80', 'a:5000', 'passes'],
    ['ack out', 'a:5000', 's:80', 'passes'],
  ];

  rule('REC-35, idle timers of TCP', {
    'an open connection lives two hours and four minutes': [
      APD,
      [
        ...handshake,
        ['wait', 7430],
        ['ack in', 's:80', 'a:5000', 'passes'],
        ['wait', 7450],
        ['ack in', 's:80', 'a:5000', CLOSED],
      ],
    ],
    'one that is half open four minutes': [
      APD,
      [
        ['syn out', 'a:5000', 's:80', 'passes'],
        ['wait', 239],
        ['synack in', 's:80', 'a:5000', 'passes'],
        ['wait', 241],
        ['ack in', 's:80', 'a:5000', CLOSED],
      ],
    ],
    'violated: an hour': [
      { ...APD, tcp: { establishedMs: 3_600_000 } },
      [...handshake, ['wait', 3601], ['ack in', 's:80', 'a:5000', CLOSED]],
    ],
  });
});

describe('a firewall', () => {
  rule('has the policies and limits of a NAT', {
    'what is blocked': [
      { ...EI, blocks: ['udp', 'tcp-in'] },
      [
        ['out', 'a:5000', 's:53', 'policy: udp blocked'],
        ['syn out', 'a:5000', 's:80', 'passes'],
        ['syn in', 't:9', 'a:5000', 'policy: tcp-in blocked'],
      ],
    ],
    'how many flows a host may have': [
      { limits: { perHost: 1 } },
      [
        ['out', 'a:5000', 's:53', 'passes'],
        ['out', 'a:5000', 't:53', 'passes'],
        ['out', 'a:5001', 's:53', 'nat: per-host limit'],
        ['out', 'b:5001', 's:53', 'passes'],
      ],
    ],
    'who scans is shut out': [
      { ...EI, scanGuard: { probes: 2, windowMs: 60_000, blockMs: 60_000 } },
      [
        ['out', 'a:5000', 's:53', 'passes'],
        ['in', 't:9', 'a:1', CLOSED],
        ['in', 't:9', 'a:2', CLOSED],
        ['in', 't:9', 'a:5000', 'guard: scanner'],
        ['in', 's:9', 'a:5000', 'passes'],
      ],
    ],
  });

  test('gives every inside endpoint itself, whatever a NAT there would do to ports', () => {
    new Bench({ ...APD, mapping: 'address-and-port-dependent', ports: { allocation: 'random', range: [1, 2] } }).play([
      ['out', 'a:5000', 's:53', 'passes'],
      ['out', 'a:5001', 's:53', 'passes'],
      ['out', 'b:5000', 's:53', 'passes'],
      ['in', 's:53', 'b:5000', 'passes'],
    ]);
  });

  test('forgets everything when flushed', () => {
    const bench = new Bench(EI);
    bench.play([['out', 'a:5000', 's:53', 'passes']]);
    bench.firewall.flush();
    bench.play([['in', 's:53', 'a:5000', CLOSED]]);
  });
});
