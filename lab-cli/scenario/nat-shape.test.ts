import { expect, it } from 'vitest';
import { DEFAULT_BEHAVIOUR, type NatBehaviour, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { describeNat, NAT_KEYS, writeNat } from './nat-shape.ts';
import { strictMap } from './shapes.ts';

const OTHER: NatBehaviour = {
  translation: 'none',
  firewall: true,
  ports: {
    allocation: 'block',
    offset: -5,
    step: -3,
    range: [1, 9],
    parity: true,
    blockSize: 4,
    contention: 5,
    overlapping: true,
  },
  secondary: { mapping: 'address-dependent', onCollision: true, underLoad: 9 },
  pooling: 'arbitrary',
  addresses: 2,
  hairpin: 'internal-source',
  inboundSession: 'bind',
  inboundFirst: 'clash',
  filterScope: 'host',
  udp: { mapping: 'address-dependent', filtering: 'endpoint-independent', timeoutMs: 30_001, refresh: 'all' },
  tcp: {
    mapping: 'address-and-port-dependent',
    filtering: 'address-dependent',
    unsolicited: 'icmp',
    icmpDelayMs: 250,
    simultaneousOpen: false,
    afterReset: 'ignore',
    establishedMs: 1,
    transitoryMs: 61_000,
    closingMs: 62_000,
  },
  icmp: { mapping: 'address-dependent', filtering: 'endpoint-independent', timeoutMs: 7, errorEndsMapping: true },
  limits: { mappings: 3, perHost: 2, reuseHoldMs: 0, sessionRate: 7, exhausted: 'evict' },
  scanGuard: { probes: 100, windowMs: 9, blockMs: 61_000 },
  blocks: ['udp', 'tcp-in', 'icmp'],
  allow: ['tcp/443', 'udp/53'],
  portMapping: { protocols: ['pcp', 'igd1'], faults: ['slow', 'claims'] },
};

it('writes every behaviour so that it reads back the same', () => {
  for (const behaviour of [DEFAULT_BEHAVIOUR, OTHER]) {
    const written = writeNat(behaviour);
    expect(resolveBehaviour(describeNat(strictMap(NAT_KEYS).parse(written)))).toEqual(behaviour);
  }
});

it('writes durations as people do', () => {
  expect(writeNat(DEFAULT_BEHAVIOUR)).toMatchObject({
    udp: { timeout: '2m' },
    tcp: { established: '2h4m', transitory: '4m' },
    limits: { reuseHold: '2m' },
  });
});
