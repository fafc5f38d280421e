import { describe, expect, test } from 'vitest';
import { Drive, type Row, rule } from './drive.suite.ts';

const RANDOM = { allocation: 'random' } as const;

describe('mapping', () => {
  rule('RFC 4787 REQ-1 one external endpoint whatever the destination', {
    'endpoint-independent keeps it': [
      { ports: RANDOM },
      [
        ['out', 'a:5000', 's:3478', '$m'],
        ['out', 'a:5000', 's:3479', '$m'],
        ['out', 'a:5000', 't:3478', '$m'],
        ['out', 'a:5001', 's:3478', '!$m'],
        ['count', 2],
      ],
    ],
    'address-dependent breaks it between addresses': [
      { mapping: 'address-dependent', ports: RANDOM },
      [
        ['out', 'a:5000', 's:3478', '$m'],
        ['out', 'a:5000', 's:3479', '$m'],
        ['out', 'a:5000', 't:3478', '!$m'],
        ['count', 2],
      ],
    ],
    'address-and-port-dependent breaks it between ports': [
      { mapping: 'address-and-port-dependent', ports: RANDOM },
      [
        ['out', 'a:5000', 's:3478', '$m'],
        ['out', 'a:5000', 's:3479', '!$m'],
        ['out', 'a:5000', 't:3478', '!$m'],
        ['out', 'a:5000', 's:3478', '$m'],
        ['count', 3],
      ],
    ],
  });

  rule('RFC 4787 REQ-1 two hosts with one internal port have two external endpoints', {
    preserving: [
      {},
      [
        ['out', 'a:5000', 's:3478', 'x:5000'],
        ['out', 'b:5000', 's:3478', '$b'],
        ['out', 'b:5000', 't:3478', '$b'],
        ['out', 'a:5000', 't:3478', 'x:5000'],
        ['in', 's:3478', '$b', 'b:5000'],
        ['in', 's:3478', 'x:5000', 'a:5000'],
      ],
    ],
  });

  test('RFC 4787 REQ-1 mapping of TCP is an axis of its own', () => {
    const drive = new Drive({ ports: RANDOM, udp: { mapping: 'address-and-port-dependent' } });
    drive.play([
      ['out', 'a:5000', 's:1', '$udp'],
      ['out', 'a:5000', 's:2', '!$udp'],
      ['syn out', 'a:5000', 's:1', '$tcp'],
      ['syn out', 'a:5000', 's:2', '$tcp'],
    ]);
  });

  test('RFC 4787 REQ-3 UDP and TCP may have the same external port', () => {
    new Drive({ ports: { range: [40000, 40000] } }).play([
      ['out', 'a:40000', 's:1', 'x:40000'],
      ['syn out', 'b:40000', 's:1', 'x:40000'],
      ['count', 2],
    ]);
  });
});

describe('pooling', () => {
  test('RFC 4787 REQ-2 paired: a host keeps its external address', () => {
    const drive = new Drive({ addresses: 3, ports: RANDOM });
    const addressesOf = (host: string) =>
      new Set(
        Array.from({ length: 20 }, (_, index) => drive.udp('out', `${host}:${5000 + index}`, 's:1')[0].packet.source),
      );
    const all = [addressesOf('a'), addressesOf('b'), addressesOf('c')];
    expect(all.map((addresses) => addresses.size)).toEqual([1, 1, 1]);
    expect(new Set(all.flatMap((addresses) => [...addresses])).size).toBe(3);
    // The protocol makes no difference.
    expect(drive.tcp('out', 'syn', 'b:5000', 's:1')[0].packet.source).toBe([...all[1]][0]);
  });

  test('RFC 4787 REQ-2 arbitrary: a host turns up on all of them', () => {
    const drive = new Drive({ addresses: 3, pooling: 'arbitrary', ports: RANDOM });
    const seen = new Set<number>();
    for (let port = 5000; port < 5050; port++) seen.add(drive.udp('out', `a:${port}`, 's:1')[0].packet.source);
    expect(seen.size).toBe(3);
  });

  rule('RFC 7857 section 4 a full address', {
    'paired: the packet is dropped': [
      { addresses: 2, ports: { range: [40000, 40001] } },
      [
        ['out', 'a:1025', 's:1', '$1'],
        ['out', 'a:1026', 's:1', '$2'],
        ['out', 'a:1027', 's:1', 'nat: no free port'],
        ['out', 'b:1025', 's:1', '$3'],
      ],
    ],
    'arbitrary: another one serves': [
      { addresses: 2, pooling: 'arbitrary', ports: { range: [40000, 40001] } },
      [
        ['out', 'a:1025', 's:1', '$1'],
        ['out', 'a:1026', 's:1', '$2'],
        ['out', 'a:1027', 's:1', '$3'],
        ['out', 'a:1028', 's:1', '$4'],
        ['out', 'a:1029', 's:1', 'nat: no free port'],
      ],
    ],
  });
});

describe('port assignment', () => {
  rule('RFC 4787 REQ-3a system ports stay system ports', {
    'preserving keeps one, though the range begins above': [
      {},
      [
        ['out', 'a:500', 's:1', 'x:500'],
        ['out', 'a:5000', 's:1', 'x:5000'],
      ],
    ],
  });

  test('RFC 4787 REQ-3a a collision stays in its class', () => {
    const drive = new Drive({ ports: { range: [512, 1535] } });
    for (let port = 600; port < 700; port++) {
      drive.play([
        ['out', `a:${port}`, 's:1', `x:${port}`],
        ['out', `a:${port + 600}`, 's:1', `x:${port + 600}`],
      ]);
    }
    for (let port = 600; port < 700; port++) {
      expect(drive.udp('out', `b:${port}`, 's:1')[0].packet.sourcePort).toBeLessThan(1024);
      expect(drive.udp('out', `b:${port + 600}`, 's:1')[0].packet.sourcePort).toBeGreaterThanOrEqual(1024);
    }
  });

  rule('RFC 4787 REQ-3 the range bounds every other port', {
    'preserving does not keep a port outside': [
      { ports: { range: [40000, 40000] } },
      [
        ['out', 'a:5000', 's:1', 'x:40000'],
        ['out', 'a:5001', 's:1', 'nat: no free port'],
        ['out', 'a:500', 's:1', 'x:500'],
      ],
    ],
  });

  for (const allocation of ['preserving', 'sequential', 'random', 'block'] as const) {
    for (const parity of [true, false]) {
      test(`RFC 4787 REQ-4 ${allocation}, parity ${parity ? 'kept' : 'not kept'}`, () => {
        const drive = new Drive({ ports: { allocation, parity, blockSize: 4096 } });
        // The same internal ports on two hosts, so that preserving collides as well.
        const pairs: [internal: number, external: number][] = [];
        for (const host of ['a', 'b']) {
          for (let port = 5000; port < 5128; port += 2) {
            pairs.push([port, drive.udp('out', `${host}:${port}`, 's:1')[0].packet.sourcePort]);
          }
        }
        expect(pairs.every(([internal, external]) => internal % 2 === external % 2)).toBe(parity);
      });
    }
  }
});

describe('mapping timer', () => {
  const alive: Row[] = [['in', 's:1', 'x:5000', 'a:5000']];
  const dead: Row[] = [
    ['in', 's:1', 'x:5000', 'nat: no mapping'],
    ['count', 0],
  ];

  rule('RFC 4787 REQ-5 a mapping lives for its timeout and no longer', {
    '2 min, as required': [{}, [['out', 'a:5000', 's:1', 'x:5000'], ['wait', 119_999], ...alive, ['wait', 1], ...dead]],
    '30 s, too short': [
      { udp: { timeoutMs: 30_000 } },
      [['out', 'a:5000', 's:1', 'x:5000'], ['wait', 29_999], ...alive, ['wait', 1], ...dead],
    ],
  });

  rule('RFC 4787 REQ-6 outbound traffic refreshes', {
    'refresh outbound': [
      {},
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 100_000],
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 100_000],
        ...alive,
      ],
    ],
    'to any destination (the mapping, though not the filter)': [
      { filtering: 'endpoint-independent' },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 100_000],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 100_000],
        ...alive,
      ],
    ],
    'refresh inbound breaks it': [
      { udp: { refresh: 'inbound' } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 100_000],
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 20_000],
        ...dead,
      ],
    ],
  });

  const inboundOnly: Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['wait', 100_000],
    ['in', 's:1', 'x:5000', 'a:5000'],
    ['wait', 100_000],
  ];
  rule('RFC 4787 REQ-6a inbound traffic may refresh', {
    'refresh both': [{ udp: { refresh: 'both' } }, [...inboundOnly, ...alive]],
    'refresh inbound': [{ udp: { refresh: 'inbound' } }, [...inboundOnly, ...alive]],
    'refresh outbound': [{ udp: { refresh: 'outbound' } }, [...inboundOnly, ...dead]],
    'refresh both, from a stranger that the filter lets in': [
      { filtering: 'endpoint-independent', udp: { refresh: 'both' } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 100_000],
        ['in', 't:1', 'x:5000', 'a:5000'],
        ['wait', 100_000],
        ...alive,
      ],
    ],
  });

  rule('RFC 7857 section 7 a refused packet does not refresh', {
    'refresh both': [
      { udp: { refresh: 'both' } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 100_000],
        ['in', 't:1', 'x:5000', 'filter: address-and-port-dependent'],
        ['wait', 20_000],
        ...dead,
      ],
    ],
  });
});
