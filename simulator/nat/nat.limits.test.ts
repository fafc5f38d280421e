import { describe, expect, test } from 'vitest';
import { ICMP } from '../packet.ts';
import { Drive, type Row, rule } from './drive.suite.ts';

describe('limits', () => {
  const two: readonly Row[] = [
    ['out', 'a:5001', 's:1', 'x:5001'],
    ['out', 'a:5002', 's:1', 'x:5002'],
  ];
  rule('RFC 6888 REQ-4 a limit for each subscriber', {
    unlimited: [{}, [...two, ['out', 'a:5003', 's:1', 'x:5003']]],
    'two, over all protocols': [
      { limits: { perHost: 2 } },
      [
        ...two,
        ['out', 'a:5003', 's:1', 'nat: per-host limit'],
        ['syn out', 'a:5003', 's:1', 'nat: per-host limit'],
        ['out', 'a:5001', 't:1', 'x:5001'],
        ['out', 'b:5003', 's:1', 'x:5003'],
        ['wait', 120_000],
        ['out', 'a:5004', 's:1', 'x:5004'],
      ],
    ],
  });

  rule('RFC 6888 REQ-4 the count follows every end of a mapping', {
    'two, one of which has expired': [
      { limits: { perHost: 2 } },
      [
        ['out', 'a:5001', 's:1', 'x:5001'],
        ['wait', 60_000],
        ['out', 'a:5002', 's:1', 'x:5002'],
        ['wait', 60_000],
        ['out', 'a:5003', 's:1', 'x:5003'],
        ['out', 'a:5004', 's:1', 'nat: per-host limit'],
      ],
    ],
  });

  rule('RFC 6888 REQ-11 no room: the packet is dropped and nothing else', {
    'mapping limit': [
      { limits: { mappings: 2 } },
      [
        ...two,
        ['wait', 60_000],
        ['out', 'a:5001', 's:1', 'x:5001'],
        ['out', 'b:5003', 's:1', 'nat: mapping limit'],
        ['in', 's:1', 'x:5001', 'a:5001'],
        ['in', 's:1', 'x:5002', 'a:5002'],
        ['count', 2],
        ['wait', 60_000],
        ['out', 'b:5003', 's:1', 'x:5003'],
      ],
    ],
    'no port left': [
      { ports: { range: [40000, 40001] } },
      [
        ['out', 'a:5001', 's:1', '$1'],
        ['out', 'a:5002', 's:1', '$2'],
        ['out', 'a:5003', 's:1', 'nat: no free port'],
        ['in', 's:1', '$1', 'a:5001'],
        ['in', 's:1', '$2', 'a:5002'],
        ['count', 2],
      ],
    ],
  });

  test('RFC 6888 REQ-11b the host is told: destination host unreachable', () => {
    const drive = new Drive({ limits: { perHost: 1 } });
    drive.play([['out', 'a:5001', 's:1', 'x:5001']]);
    const [drop, { kind, packet }] = drive.udp('out', 'a:5002', 's:1');
    expect(drop.reason).toBe('nat: per-host limit');
    expect(kind).toBe('inside');
    expect(packet).toMatchObject({ protocol: ICMP, source: drive.addressOf('x'), destination: drive.addressOf('a') });
    expect(packet.icmp).toMatchObject({ kind: 'host-unreachable', quote: { sourcePort: 5002, destinationPort: 1 } });
  });

  test('RFC 6888 REQ-11 65,535 ports, one after the other, and every one comes back', () => {
    const drive = new Drive({ ports: { allocation: 'random', range: [1, 65535] }, limits: { reuseHoldMs: 0 } });
    for (let round = 0; round < 2; round++) {
      const seen = new Set<number>();
      for (let port = 1; port <= 65535; port++) {
        seen.add(drive.udp('out', `a:${port}`, 's:1')[0].packet.sourcePort);
      }
      expect(seen.size).toBe(65535);
      expect(drive.udp('out', 'b:1', 's:1')[0].reason).toBe('nat: no free port');
      drive.wait(120_000);
      expect(drive.nat.mappingCount).toBe(0);
    }
  });
});

describe('port reuse', () => {
  const oncePerHost = (reuse: Row): Row[] => [['out', 'a:40000', 's:1', 'x:40000'], ['wait', 120_000], reuse];
  const range = [40000, 40000] as const;

  for (const allocation of ['preserving', 'sequential', 'random'] as const) {
    rule(`RFC 6888 REQ-8 a freed port is not given to another host for 120 s (${allocation})`, {
      kept: [
        { ports: { allocation, range } },
        [
          ...oncePerHost(['out', 'b:40000', 's:1', 'nat: no free port']),
          ['wait', 119_999],
          ['out', 'b:40000', 's:1', 'nat: no free port'],
          ['wait', 1],
          ['out', 'b:40000', 's:1', 'x:40000'],
        ],
      ],
      'its own host may have it': [{ ports: { allocation, range } }, oncePerHost(['out', 'a:40000', 't:1', 'x:40000'])],
      'and is held anew after that': [
        { ports: { allocation, range } },
        [
          ...oncePerHost(['out', 'a:40000', 't:1', 'x:40000']),
          ['wait', 120_000],
          ['wait', 119_999],
          ['out', 'b:40000', 's:1', 'nat: no free port'],
          ['wait', 1],
          ['out', 'b:40000', 's:1', 'x:40000'],
        ],
      ],
      'broken: no hold': [
        { ports: { allocation, range }, limits: { reuseHoldMs: 0 } },
        oncePerHost(['out', 'b:40000', 's:1', 'x:40000']),
      ],
    });
  }

  test('RFC 6888 REQ-8 the hold counts from the end of the mapping, not from when that was noticed', () => {
    new Drive({ ports: { range } }).play([
      ['out', 'a:40000', 's:1', 'x:40000'],
      ['wait', 240_000],
      ['out', 'b:40000', 's:1', 'x:40000'],
    ]);
  });
});

describe('port blocks', () => {
  test('RFC 7422 each host has its block, and nothing beside it', () => {
    const drive = new Drive({ ports: { allocation: 'block', blockSize: 64, range: [1024, 1024 + 3 * 64 - 1] } });
    const blocks = ['a', 'b'].map((host) => {
      const ports = Array.from(
        { length: 64 },
        (_, n) => drive.udp('out', `${host}:${5000 + n}`, 's:1')[0].packet.sourcePort,
      );
      expect(drive.udp('out', `${host}:6000`, 's:1')[0].reason).toBe('nat: no free port');
      expect(new Set(ports).size).toBe(64);
      return [Math.min(...ports), Math.max(...ports)];
    });
    expect(blocks).toEqual([
      [1024, 1087],
      [1088, 1151],
    ]);
  });

  rule('RFC 7422 blocks', {
    'a host for which none is left gets nothing': [
      { ports: { allocation: 'block', blockSize: 2, range: [40000, 40004] } },
      [
        ['out', 'a:5000', 's:1', '$a'],
        ['out', 'b:5000', 's:1', '$b'],
        ['out', 'c:5000', 's:1', 'nat: no free port'],
        ['wait', 300_000],
        ['out', 'c:5000', 's:1', 'nat: no free port'],
      ],
    ],
    'a port may come back at once: the host is the same': [
      { ports: { allocation: 'block', blockSize: 1, range: [40000, 40004] } },
      [
        ['out', 'a:5000', 's:1', 'x:40000'],
        ['wait', 120_000],
        ['out', 'a:5001', 's:1', 'x:40000'],
      ],
    ],
  });

  test('a block larger than the range is refused when the NAT is made', () => {
    expect(() => new Drive({ ports: { allocation: 'block', blockSize: 512, range: [2000, 2100] } })).toThrow(
      RangeError,
    );
  });
});
