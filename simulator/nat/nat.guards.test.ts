import { describe, expect, test } from 'vitest';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import { Drive, type Row, rule } from './drive.suite.ts';

describe('a firewall that shuts out scanners', () => {
  const GUARD: NatDescription = { scanGuard: { probes: 3, windowMs: 10_000, blockMs: 60_000 } };
  const opened: Row = ['out', 'a:5000', 's:1', 'x:5000'];
  const probe = (port: number): Row => ['in', 's:9', `x:${port}`, 'nat: no mapping'];
  const scan = [probe(1), probe(2), probe(3)];
  const shut = (port: number): Row => ['in', 's:9', `x:${port}`, 'guard: scanner'];

  rule('three closed ports make a scanner', {
    'of which nothing comes in any more, not even what was open': [
      GUARD,
      [opened, ['in', 's:1', 'x:5000', 'a:5000'], ...scan, shut(4), ['in', 's:1', 'x:5000', 'guard: scanner']],
    ],
    'nor its SYNs, which get no answer': [GUARD, [...scan, ['syn in', 's:1', 'x:5000', 'guard: scanner']]],
    'no guard by default': [{}, [...scan, probe(4), probe(5)]],
    'while others come in': [GUARD, [['out', 'a:5000', 't:1', 'x:5000'], ...scan, ['in', 't:1', 'x:5000', 'a:5000']]],
    'while the inside may send to it': [GUARD, [...scan, ['out', 'a:5000', 's:1', 'x:5000']]],
    'for the time of the block': [
      GUARD,
      [...scan, ['wait', 59_999], shut(4), ['wait', 1], probe(4), probe(5), probe(6), shut(7)],
    ],
    'until the box reboots': [GUARD, [...scan, shut(4), ['flush'], probe(4)]],
  });

  rule('what makes a scanner', {
    'distinct ports, not packets': [GUARD, [probe(1), probe(1), probe(1), probe(2), probe(2), probe(3), shut(1)]],
    'within the window': [
      GUARD,
      [probe(1), ['wait', 5_000], probe(2), ['wait', 5_000], probe(3), ['wait', 4_999], probe(4), shut(5)],
    ],
    'from one address, whatever the port': [
      GUARD,
      [
        ['in', 's:1', 'x:1', 'nat: no mapping'],
        ['in', 't:1', 'x:2', 'nat: no mapping'],
        ['in', 's:2', 'x:3', 'nat: no mapping'],
        ['in', 't:2', 'x:4', 'nat: no mapping'],
        ['in', 's:3', 'x:5', 'nat: no mapping'],
        ['in', 's:4', 'x:6', 'guard: scanner'],
        ['in', 't:3', 'x:6', 'nat: no mapping'],
      ],
    ],
    'what the filter refuses as well': [
      GUARD,
      [
        opened,
        ['in', 's:9', 'x:5000', 'filter: address-and-port-dependent'],
        ['syn in', 's:9', 'x:5000', 'tcp: unsolicited syn'],
        probe(1),
        shut(2),
      ],
    ],
    'not what is let in': [
      { ...GUARD, filtering: 'endpoint-independent' },
      [opened, ...[1, 2, 3, 4].map((port): Row => ['in', `s:${port}`, 'x:5000', 'a:5000'])],
    ],
  });

  test('a SYN that is shut out is not reset', () => {
    const drive = new Drive({ ...GUARD, tcp: { unsolicited: 'reset' } });
    drive.play(scan);
    expect(drive.tcp('in', 'syn', 's:9', 'x:80')).toHaveLength(1);
  });
});

describe('a limit to how fast a host opens sessions', () => {
  const RATE: NatDescription = { limits: { sessionRate: 2 } };
  const two: readonly Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'a:5000', 's:2', 'x:5000'],
  ];

  rule('RFC 6888 REQ-4B two sessions a second', {
    unlimited: [{}, [...two, ['out', 'a:5000', 's:3', 'x:5000'], ['out', 'a:5001', 's:3', 'x:5001']]],
    'the third one waits': [
      RATE,
      [
        ...two,
        ['out', 'a:5000', 's:3', 'nat: session rate'],
        ['wait', 499],
        ['out', 'a:5000', 's:3', 'nat: session rate'],
        ['wait', 1],
        ['out', 'a:5000', 's:3', 'x:5000'],
        ['out', 'a:5000', 's:4', 'nat: session rate'],
      ],
    ],
    'all protocols together': [RATE, [...two, ['syn out', 'a:5000', 's:1', 'nat: session rate']]],
    'each host for itself': [RATE, [...two, ['out', 'b:5001', 's:1', 'x:5001'], ['out', 'b:5001', 's:2', 'x:5001']]],
    'open sessions go on': [
      RATE,
      [...two, ['out', 'a:5000', 's:3', 'nat: session rate'], ['out', 'a:5000', 's:1', 'x:5000']],
    ],
    'what is saved up is one second, not more': [
      RATE,
      [['wait', 60_000], ...two, ['out', 'a:5000', 's:3', 'nat: session rate']],
    ],
  });
});
