import { describe, expect, test } from 'vitest';
import { Drive, rule } from './drive.suite.ts';

const RANDOM = { allocation: 'random' } as const;

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
