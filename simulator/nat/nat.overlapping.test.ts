import { describe, expect, test } from 'vitest';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import { Drive, type Row, rule } from './drive.suite.ts';

const OVERLAPPING: NatDescription = { ports: { overlapping: true } };

describe('port overlapping', () => {
  const collision: readonly Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'b:5000', 't:1', 'x:5000'],
  ];

  rule('RFC 7857 section 3 one external port serves two hosts while their remotes differ', {
    'another remote: the same port, another one towards the same': [
      OVERLAPPING,
      [
        ...collision,
        ['out', 'b:5000', 's:1', '$b'],
        ['out', 'b:5000', 's:1', '$b'],
        ['out', 'a:5000', 't:1', '$a'],
        ['in', 's:1', 'x:5000', 'a:5000'],
        ['in', 't:1', 'x:5000', 'b:5000'],
        ['in', 's:1', '$b', 'b:5000'],
        ['in', 't:1', '$a', 'a:5000'],
        ['count', 4],
      ],
    ],
    'two ports of one address are two remotes': [
      OVERLAPPING,
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['out', 'b:5000', 's:2', 'x:5000'],
        ['in', 's:2', 'x:5000', 'b:5000'],
        ['in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
    'for TCP as for UDP': [
      OVERLAPPING,
      [
        ['syn out', 'a:5000', 's:1', 'x:5000'],
        ['syn out', 'b:5000', 't:1', 'x:5000'],
        ['synack in', 't:1', 'x:5000', 'b:5000'],
        ['synack in', 's:1', 'x:5000', 'a:5000'],
      ],
    ],
    'without it no port is shared': [
      {},
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['out', 'b:5000', 't:1', '$b'],
        ['in', 't:1', 'x:5000', 'filter: address-and-port-dependent'],
        ['out', 'b:5000', 's:1', '$b'],
      ],
    ],
  });

  rule('RFC 7857 section 3 what has not collided stays as mapping says', {
    'endpoint-independent, towards whom the port is free': [
      { ports: { overlapping: true } },
      [...collision, ['out', 'a:5000', 's:2', 'x:5000'], ['out', 'b:5000', 'u:1', 'x:5000'], ['count', 2]],
    ],
    'address-and-port-dependent, where the host shares with itself': [
      { mapping: 'address-and-port-dependent', ports: { overlapping: true } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['out', 'a:5000', 's:2', 'x:5000'],
        ['out', 'b:5000', 's:2', '!x:5000'],
        ['count', 3],
      ],
    ],
  });

  rule('RFC 7857 section 3 a packet from a remote that nobody has sent to', {
    'goes to the oldest mapping that the filter lets it reach': [
      { filtering: 'address-dependent', ports: { overlapping: true } },
      [
        ...collision,
        ['in', 't:9', 'x:5000', 'b:5000'],
        ['in', 's:9', 'x:5000', 'a:5000'],
        ['in', 'u:9', 'x:5000', 'filter: address-dependent'],
      ],
    ],
    'to the oldest of all if nothing is filtered': [
      { filtering: 'endpoint-independent', ports: { overlapping: true } },
      [...collision, ['in', 'u:9', 'x:5000', 'a:5000'], ['in', 't:1', 'x:5000', 'b:5000']],
    ],
    'and takes the port from others once it is bound': [
      { filtering: 'endpoint-independent', inboundSession: 'bind', ports: { overlapping: true } },
      [...collision, ['in', 'u:9', 'x:5000', 'a:5000'], ['out', 'b:5000', 'u:9', '!x:5000']],
    ],
  });

  rule('RFC 7857 section 3 a port is free again when its last owner is gone', {
    'and is then held (RFC 6888 REQ-8)': [
      OVERLAPPING,
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 60_000],
        ['out', 'b:5000', 't:1', 'x:5000'],
        ['wait', 60_000],
        ['count', 1],
        ['in', 't:1', 'x:5000', 'b:5000'],
        ['out', 'c:5000', 's:1', 'x:5000'],
        ['wait', 120_000],
        ['count', 0],
        ['out', 'a:5000', 'u:1', '$a'],
        ['out', 'c:5000', 'u:2', 'x:5000'],
      ],
    ],
  });

  test('RFC 7857 section 3 as many mappings on one port as remotes, for every allocation', () => {
    for (const allocation of ['preserving', 'sequential', 'random', 'block'] as const) {
      const ports = { allocation, range: [40000, 40000], blockSize: 1, overlapping: true } as const;
      const drive = new Drive({ mapping: 'address-and-port-dependent', ports });
      for (let port = 1; port <= 50; port++) {
        const [{ packet }] = drive.udp('out', 'a:40000', `s:${port}`);
        expect(packet.sourcePort).toBe(40000);
      }
      expect(drive.udp('out', 'a:40001', 's:1')[0].reason).toBe('nat: no free port');
      expect(drive.nat.mappingCount).toBe(50);
    }
  });

  test('RFC 5508 REQ-4 an ICMP error finds its mapping by both endpoints', () => {
    const drive = new Drive(OVERLAPPING);
    drive.play(collision);
    const [{ packet: sent }] = drive.udp('out', 'b:5000', 't:1');
    const [{ kind, packet }] = drive.icmp('in', 'u', 'time-exceeded', sent);
    expect([kind, packet.destination]).toEqual(['inside', drive.addressOf('b')]);
  });
});
