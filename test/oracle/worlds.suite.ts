import fc from 'fast-check';
import { ALLOCATIONS, type AllowedPort, type NatDescription } from '../../core/nat/behaviour.ts';

const dependence = fc.constantFrom(
  'endpoint-independent' as const,
  'address-dependent' as const,
  'address-and-port-dependent' as const,
);

/** Mostly the first, at times one of the others. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

/** NATs of any kind, of which most are usual in most respects. */
export const nats: fc.Arbitrary<NatDescription> = fc.record({
  ports: fc.record({
    allocation: fc.constantFrom(...ALLOCATIONS),
    offset: fc.constantFrom(1000, -10_000, 1),
    step: fc.constantFrom(1, 2, -1),
    range: mostly<readonly [number, number]>([1024, 65535], [32768, 60999], [50001, 65535]),
    parity: mostly(false, true),
    blockSize: fc.constantFrom(512, 64),
    contention: mostly(0, 2, 50),
    overlapping: mostly(false, true),
  }),
  secondary: fc.record({ mapping: dependence, onCollision: mostly(false, true), underLoad: mostly(0, 1, 4, 1000) }),
  addresses: mostly(1, 3),
  pooling: fc.constantFrom('paired' as const, 'arbitrary' as const),
  hairpin: fc.constantFrom('none' as const, 'internal-source' as const, 'external-source' as const),
  inboundSession: fc.constantFrom('none' as const, 'bind' as const),
  inboundFirst: mostly('none' as const, 'clash' as const),
  filterScope: fc.constantFrom('mapping' as const, 'host' as const),
  udp: fc.record({
    mapping: dependence,
    filtering: dependence,
    timeoutMs: mostly(120_000, 30_000),
    refresh: mostly('outbound' as const, 'inbound' as const, 'both' as const, 'all' as const),
  }),
  tcp: fc.record({
    mapping: dependence,
    filtering: dependence,
    unsolicited: fc.constantFrom('drop' as const, 'reset' as const, 'icmp' as const),
    icmpDelayMs: mostly(6000, 0, 1000),
    simultaneousOpen: mostly(true, false),
    afterReset: mostly('hold' as const, 'remove' as const, 'ignore' as const),
  }),
  icmp: fc.record({ errorEndsMapping: mostly(false, true) }),
  limits: fc.record({
    mappings: mostly(0, 1, 3, 8, 100),
    perHost: mostly(0, 1, 3, 8, 100),
    sessionRate: mostly(0, 1, 5, 50),
    exhausted: fc.constantFrom('host-unreachable' as const, 'drop' as const, 'evict' as const),
  }),
  scanGuard: fc.record({ probes: mostly(0, 1, 3, 100) }),
  blocks: fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(['udp' as const], ['tcp' as const], ['tcp-in' as const], ['icmp' as const]),
    },
  ),
  allow: mostly<'everything' | AllowedPort[]>('everything', ['tcp/443'], ['udp/53', 'tcp/443']),
});

export interface WorldOfTwo {
  readonly topology: 'separate' | 'same-lan' | 'same-nat' | 'shared-cgn';
  readonly a: readonly NatDescription[];
  readonly b: readonly NatDescription[];
}

const chain = fc.oneof(
  { weight: 1, arbitrary: fc.constant([] as NatDescription[]) },
  { weight: 6, arbitrary: nats.map((nat) => [nat]) },
  { weight: 2, arbitrary: fc.array(nats, { minLength: 2, maxLength: 2 }) },
);

/** Two peers and what is in front of them. */
export const worlds: fc.Arbitrary<WorldOfTwo> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ topology: fc.constant('separate' as const), a: chain, b: chain }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('same-lan' as const, 'same-nat' as const), nats).map(([topology, nat]) => ({
      topology,
      a: [nat],
      b: [nat],
    })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(nats, nats, nats).map(([a, b, shared]) => ({
      topology: 'shared-cgn' as const,
      a: [a, shared],
      b: [b, shared],
    })),
  },
);
