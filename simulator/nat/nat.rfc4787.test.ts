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

describe('filtering', () => {
  const opened: Row = ['out', 'a:5000', 's:1', 'x:5000'];
  rule('RFC 4787 REQ-8 who may send to a mapping', {
    'endpoint-independent: anybody': [
      { filtering: 'endpoint-independent' },
      [opened, ['in', 's:1', 'x:5000', 'a:5000'], ['in', 's:2', 'x:5000', 'a:5000'], ['in', 't:1', 'x:5000', 'a:5000']],
    ],
    'address-dependent: any port of an address that was sent to': [
      { filtering: 'address-dependent' },
      [
        opened,
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['in', 's:2', 'x:5000', 'a:5000'],
        ['in', 't:1', 'x:5000', 'filter: address-dependent'],
        ['out', 'a:5000', 't:9', 'x:5000'],
        ['in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
    'address-and-port-dependent: only what was sent to': [
      {},
      [
        opened,
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['in', 's:2', 'x:5000', 'filter: address-and-port-dependent'],
        ['in', 't:1', 'x:5000', 'filter: address-and-port-dependent'],
        ['out', 'a:5000', 's:2', 'x:5000'],
        ['in', 's:2', 'x:5000', 'a:5000'],
      ],
    ],
    'nobody without a mapping': [
      { filtering: 'endpoint-independent' },
      [opened, ['in', 's:1', 'x:5001', 'nat: no mapping']],
    ],
  });

  rule('RFC 4787 section 5 filtering does not follow from mapping', {
    'endpoint-dependent mapping with endpoint-independent filtering': [
      { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' },
      [opened, ['in', 't:7', 'x:5000', 'a:5000']],
    ],
  });

  rule('RFC 4787 section 5 a permission ends on its own', {
    'while the mapping lives on': [
      {},
      [
        opened,
        ['wait', 60_000],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 59_999],
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['wait', 1],
        ['in', 's:1', 'x:5000', 'filter: address-and-port-dependent'],
        ['in', 't:1', 'x:5000', 'a:5000'],
      ],
    ],
    'address-dependent: with the last port that was sent to': [
      { filtering: 'address-dependent' },
      [
        opened,
        ['wait', 60_000],
        ['out', 'a:5000', 's:2', 'x:5000'],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 119_999],
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['out', 'a:5000', 't:1', 'x:5000'],
        ['wait', 1],
        ['in', 's:1', 'x:5000', 'filter: address-dependent'],
      ],
    ],
  });

  const twoMappings: Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'a:5001', 't:1', 'x:5001'],
  ];
  rule('filter scope', {
    'mapping: each has its own permissions': [
      {},
      [...twoMappings, ['in', 't:1', 'x:5000', 'filter: address-and-port-dependent']],
    ],
    'host: all mappings of a host share them': [
      { filterScope: 'host' },
      [
        ...twoMappings,
        ['in', 't:1', 'x:5000', 'a:5000'],
        ['in', 's:1', 'x:5001', 'a:5001'],
        ['in', 't:2', 'x:5000', 'filter: address-and-port-dependent'],
        ['out', 'b:6000', 'u:1', 'x:6000'],
        ['in', 't:1', 'x:6000', 'filter: address-and-port-dependent'],
      ],
    ],
  });
});

describe('inbound session', () => {
  const random = { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent', ports: RANDOM } as const;
  rule('a reply to an admitted packet', {
    'none: takes the mapping of its own key': [
      random,
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:1', '$m', 'a:5000'],
        ['out', 'a:5000', 't:1', '!$m'],
      ],
    ],
    'bind: leaves by the mapping that the packet came in on': [
      { ...random, inboundSession: 'bind' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:1', '$m', 'a:5000'],
        ['out', 'a:5000', 't:1', '$m'],
        ['out', 'a:5000', 't:2', '!$m'],
        ['count', 2],
      ],
    ],
    'bind: but not where the inside was first': [
      { ...random, inboundSession: 'bind' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['out', 'a:5000', 't:1', '$own'],
        ['in', 't:1', '$m', 'a:5000'],
        ['out', 'a:5000', 't:1', '$own'],
      ],
    ],
    'bind: ends with the timer': [
      { ...random, inboundSession: 'bind' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:1', '$m', 'a:5000'],
        ['wait', 60_000],
        ['out', 'a:5000', 's:1', '$m'],
        ['wait', 60_000],
        ['out', 'a:5000', 't:1', '!$m'],
      ],
    ],
    'bind: opens no filter before the inside answers': [
      { ...random, filtering: 'address-dependent', inboundSession: 'bind', filterScope: 'host' },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['out', 'a:6000', 't:1', '$n'],
        ['in', 't:9', '$m', 'a:5000'],
        ['wait', 119_000],
        ['out', 'a:5000', 's:1', '$m'],
        ['in', 't:9', '$m', 'a:5000'],
        ['wait', 1_000],
        ['in', 't:9', '$m', 'filter: address-dependent'],
      ],
    ],
  });
});

describe('hairpin', () => {
  const bothOpen: Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'b:6000', 's:1', 'x:6000'],
  ];
  rule('RFC 4787 REQ-9 inside hosts reach each other by external endpoints', {
    'none breaks it': [{}, [...bothOpen, ['out', 'a:5000', 'x:6000', 'nat: hairpin off'], ['count', 2]]],
    'external-source, as REQ-9a wants': [
      { hairpin: 'external-source', filtering: 'endpoint-independent' },
      [...bothOpen, ['out', 'a:5000', 'x:6000', 'x:5000']],
    ],
    'internal-source breaks REQ-9a': [
      { hairpin: 'internal-source', filtering: 'endpoint-independent' },
      [...bothOpen, ['out', 'a:5000', 'x:6000', 'a:5000']],
    ],
    'through the filter, as any other packet': [
      { hairpin: 'external-source' },
      [
        ...bothOpen,
        ['out', 'a:5000', 'x:6000', 'filter: address-and-port-dependent'],
        ['out', 'b:6000', 'x:5000', 'x:6000'],
        ['out', 'a:5000', 'x:6000', 'x:5000'],
      ],
    ],
    'to nobody': [{ hairpin: 'external-source' }, [['out', 'a:5000', 'x:6000', 'nat: no mapping']]],
  });

  test('RFC 4787 REQ-9 the packet arrives inside, at the internal endpoint', () => {
    const drive = new Drive({ hairpin: 'external-source', filtering: 'endpoint-independent' });
    drive.play(bothOpen);
    const [event] = drive.udp('out', 'a:5000', 'x:6000');
    expect(event.kind).toBe('inside');
    expect(drive.nameOf(event.packet.destination, event.packet.destinationPort)).toBe('b:6000');
  });
});

describe('what a NAT must not be fooled by', () => {
  rule('addresses', {
    'an outside packet for somebody else': [{}, [['in', 's:1', 'y:5000', 'nat: foreign destination']]],
    'an inside packet with an external source': [{}, [['out', 'x:5000', 's:1', 'nat: spoofed source']]],
  });

  rule('outbound policy', {
    'udp blocked': [
      { blocks: ['udp'] },
      [
        ['out', 'a:5000', 's:1', 'policy: udp blocked'],
        ['syn out', 'a:5000', 's:1', 'x:5000'],
        ['count', 1],
      ],
    ],
    'tcp blocked': [
      { blocks: ['tcp'] },
      [
        ['syn out', 'a:5000', 's:1', 'policy: tcp blocked'],
        ['out', 'a:5000', 's:1', 'x:5000'],
      ],
    ],
  });

  test('payload, identity and TTL pass untouched', () => {
    const drive = new Drive();
    const payload = Uint8Array.of(1, 2, 3);
    const [out] = drive.udp('out', 'a:5000', 's:1', payload);
    expect(out.packet.payload).toBe(payload);
    expect(out.packet.ttl).toBe(64);
    const [back] = drive.udp('in', 's:1', 'x:5000', payload);
    expect(back.packet.payload).toBe(payload);
    expect(payload).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe('a reboot', () => {
  rule('forgets all', {
    flush: [
      { ports: RANDOM },
      [
        ['out', 'a:5000', 's:1', '$m'],
        ['syn out', 'a:5000', 's:1', '$t'],
        ['flush'],
        ['count', 0],
        ['in', 's:1', '$m', 'nat: no mapping'],
        ['synack in', 's:1', '$t', 'nat: no mapping'],
        ['out', 'a:5000', 's:1', '!$m'],
      ],
    ],
  });

  test('tells of every mapping that is lost', () => {
    const drive = new Drive();
    drive.play([['out', 'a:5000', 's:1', 'x:5000'], ['syn out', 'b:6000', 's:1', 'x:6000'], ['flush']]);
    expect(drive.removed.map(({ mapping, reason }) => [mapping.externalPort, reason])).toEqual([
      [5000, 'flushed'],
      [6000, 'flushed'],
    ]);
    expect(drive.nat.mappings()).toEqual([]);
  });
});

test('mappings are listed with both endpoints and the first remote', () => {
  const drive = new Drive({ ports: { allocation: 'sequential', range: [40000, 40000] } });
  drive.play([
    ['out', 'a:5000', 's:1', 'x:40000'],
    ['out', 'a:5000', 't:2', 'x:40000'],
  ]);
  const [mapping] = drive.nat.mappings();
  expect(mapping).toEqual({
    protocol: 17,
    internal: drive.addressOf('a'),
    internalPort: 5000,
    external: drive.addressOf('x'),
    externalPort: 40000,
    remote: drive.addressOf('s'),
    remotePort: 1,
  });
  expect(drive.created).toEqual([mapping]);
});

test('a plain router has no Nat', () => {
  expect(() => new Drive({ translation: 'none' })).toThrow(/plain router/);
});
