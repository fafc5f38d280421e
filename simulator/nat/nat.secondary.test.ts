import { describe } from 'vitest';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import { type Row, rule } from './drive.suite.ts';

const RANDOM = { allocation: 'random' } as const;

describe('a NAT that changes its mapping', () => {
  const collision: readonly Row[] = [
    ['out', 'a:5000', 's:1', 'x:5000'],
    ['out', 'a:5000', 't:1', 'x:5000'],
    ['out', 'b:5000', 's:1', '$b'],
  ];
  const onCollision: NatDescription = { secondary: { onCollision: true } };

  rule('RFC 4787 REQ-11 the mapping does not change when a preserved port is in use', {
    kept: [{}, [...collision, ['out', 'b:5000', 't:1', '$b'], ['out', 'a:5000', 'u:1', 'x:5000']]],
    'broken: endpoint-dependent for who came second': [
      onCollision,
      [
        ...collision,
        ['out', 'b:5000', 't:1', '!$b'],
        ['out', 'b:5000', 's:2', '!$b'],
        ['out', 'b:5000', 's:1', '$b'],
        ['in', 's:1', '$b', 'b:5000'],
        ['out', 'a:5000', 'u:1', 'x:5000'],
        ['count', 4],
      ],
    ],
    'broken: address-dependent for who came second': [
      { secondary: { onCollision: true, mapping: 'address-dependent' } },
      [...collision, ['out', 'b:5000', 's:2', '$b'], ['out', 'b:5000', 't:1', '!$b'], ['count', 3]],
    ],
    'broken for one port of a host, while its others stay': [
      onCollision,
      [...collision, ['out', 'b:5001', 's:1', 'x:5001'], ['out', 'b:5001', 't:1', 'x:5001']],
    ],
    'broken for TCP as well': [
      onCollision,
      [
        ['syn out', 'a:5000', 's:1', 'x:5000'],
        ['syn out', 'b:5000', 's:1', '$b'],
        ['syn out', 'b:5000', 't:1', '!$b'],
        ['syn out', 'a:5000', 't:1', 'x:5000'],
      ],
    ],
  });

  rule('RFC 4787 section 8 the change lasts as long as the conflict', {
    'then the port is preserved, and the mapping endpoint-independent': [
      { ...onCollision, limits: { reuseHoldMs: 0 } },
      [
        ['out', 'a:5000', 's:1', 'x:5000'],
        ['wait', 60_000],
        ['out', 'b:5000', 's:1', '$b'],
        ['wait', 60_000],
        ['out', 'b:5000', 't:1', 'x:5000'],
        ['out', 'b:5000', 'u:1', 'x:5000'],
        ['out', 'b:5000', 's:1', '$b'],
      ],
    ],
  });

  rule('RFC 4787 section 8 a port that is never preserved is in no conflict', {
    'outside the range': [
      { ports: { range: [40000, 40100] }, secondary: { onCollision: true } },
      [
        ['out', 'a:5000', 's:1', '$a'],
        ['out', 'a:5000', 't:1', '$a'],
      ],
    ],
    'another allocation': [
      { ports: RANDOM, secondary: { onCollision: true } },
      [
        ['out', 'a:5000', 's:1', '$a'],
        ['out', 'a:5000', 't:1', '$a'],
      ],
    ],
  });

  const three: readonly Row[] = [
    ['out', 'a:5000', 's:1', '$a'],
    ['out', 'a:5000', 't:1', '$a'],
    ['out', 'b:5000', 's:1', '$b'],
    ['syn out', 'c:5000', 's:1', '$c'],
  ];

  rule('RFC 4787 REQ-11 the mapping does not change under load', {
    kept: [{ ports: RANDOM }, [...three, ['out', 'a:5000', 'u:1', '$a'], ['syn out', 'c:5000', 't:1', '$c']]],
    'broken from three live mappings on, all protocols together': [
      { ports: RANDOM, secondary: { underLoad: 3 } },
      [
        ...three,
        ['out', 'a:5000', 'u:1', '!$a'],
        ['out', 'b:5000', 'u:1', '!$b'],
        ['syn out', 'c:5000', 't:1', '!$c'],
        ['count', 6],
        // Open sessions keep what they have.
        ['out', 'a:5000', 't:1', '$a'],
        ['in', 't:1', '$a', 'a:5000'],
      ],
    ],
    'broken, and kept again when the load is gone': [
      { ports: RANDOM, secondary: { underLoad: 2 } },
      [
        ['out', 'a:5000', 's:1', '$a'],
        ['out', 'b:5000', 's:1', '$b'],
        ['out', 'a:5000', 't:1', '!$a'],
        ['wait', 60_000],
        ['out', 'a:5000', 's:1', '$a'],
        ['wait', 60_000],
        ['count', 1],
        ['out', 'a:5000', 't:1', '$a'],
      ],
    ],
    'a stricter NAT may loosen': [
      {
        mapping: 'address-and-port-dependent',
        ports: RANDOM,
        secondary: { mapping: 'endpoint-independent', underLoad: 2 },
      },
      [
        ['out', 'a:5000', 's:1', '$a'],
        ['out', 'a:5000', 't:1', '$t'],
        ['out', 'a:5000', 'u:1', '$u'],
        ['out', 'a:5000', 'u:2', '$u'],
        ['count', 3],
      ],
    ],
  });
});
