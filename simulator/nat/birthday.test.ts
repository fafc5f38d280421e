import { describe, expect, it } from 'vitest';
import { type NatDescription, type PortAllocation, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { wilson } from '../../reports/statistics.ts';
import { type Packet, udpPacket } from '../packet.ts';
import { SeededRandom } from '../world/random.ts';
import type { NatEnvironment } from './environment.ts';
import { Nat } from './nat.ts';

const SOCKETS = 256;
const TRIALS = 2000;
const NOTHING = new Uint8Array(0);

const ALICE = 1; // behind a NAT that takes a new random port for every destination
const ALICE_OUTSIDE = 2;
const BOB = 3; // behind one that keeps its port
const BOB_OUTSIDE = 4;
const STUN = 5;
const BOB_PORT = 5000;

/** The first of the probes whose answer comes back, counted from 1; Infinity if none of them does. */
type FirstHit = number;

/** A NAT driven by hand: what it lets through is `passed` until the next packet. */
class Bench implements NatEnvironment {
  readonly random: SeededRandom;
  readonly #nat: Nat;
  passed: Packet | undefined;
  #packets = 0;

  constructor(description: NatDescription, external: number, random: SeededRandom) {
    this.random = random;
    this.#nat = new Nat(resolveBehaviour(description), this, [external]);
  }

  out(source: number, sourcePort: number, destination: number, destinationPort: number): Packet | undefined {
    return this.#give('fromInside', source, sourcePort, destination, destinationPort);
  }

  in({ source, sourcePort, destination, destinationPort }: Packet): Packet | undefined {
    return this.#give('fromOutside', source, sourcePort, destination, destinationPort);
  }

  now(): number {
    return 0;
  }
  after(): never {
    throw new Error('nothing here waits');
  }
  nextPacketId(): number {
    return this.#packets++;
  }
  sendOutside(packet: Packet): void {
    this.passed = packet;
  }
  sendInside(packet: Packet): void {
    this.passed = packet;
  }
  drop(): void {}
  mappingCreated(): void {}
  mappingRemoved(): void {}

  #give(way: 'fromInside' | 'fromOutside', source: number, sourcePort: number, to: number, toPort: number) {
    this.passed = undefined;
    this.#nat[way](udpPacket(this.nextPacketId(), source, sourcePort, to, toPort, 64, NOTHING));
    return this.passed as Packet | undefined;
  }
}

/**
 * Alice sends from 256 sockets to Bob's mapped endpoint. Bob probes distinct ports of hers at random, out of those that
 * her NAT can have given her, until an answer comes back.
 */
function trial(ports: Partial<PortAllocation>, candidates: Candidates, probes: number, random: SeededRandom): FirstHit {
  const dependent = { mapping: 'address-and-port-dependent', ports } as const;
  const alice = new Bench(dependent, ALICE_OUTSIDE, random.fork('alice'));
  const bob = new Bench({}, BOB_OUTSIDE, random.fork('bob'));
  const seen = alice.out(ALICE, 1, STUN, 3478)!.sourcePort;
  const target = bob.out(BOB, BOB_PORT, STUN, 3478)!.sourcePort;
  for (let socket = 1; socket <= SOCKETS; socket++) {
    const early = bob.in(alice.out(ALICE, socket, BOB_OUTSIDE, target)!);
    if (early) throw new Error('his filter should admit nothing yet');
  }
  const choice = candidates.draw(random.fork('probes'), seen);
  for (let count = 1; count <= probes; count++) {
    const probe = bob.out(BOB, BOB_PORT, ALICE_OUTSIDE, choice())!;
    const arrived = alice.in(probe);
    if (!arrived) continue;
    const answer = bob.in(alice.out(ALICE, arrived.destinationPort, BOB_OUTSIDE, target)!);
    if (answer?.destination === BOB && answer.destinationPort === BOB_PORT) return count;
    throw new Error('his filter should admit the answer');
  }
  return Number.POSITIVE_INFINITY;
}

/** Draws distinct ports by a Fisher-Yates shuffle of all of them, which need not start in any order. */
class Candidates {
  readonly #ports: Uint16Array;
  readonly #stunPortIsOne: boolean;

  /** @param stunPortIsOne may the port that STUN saw be drawn? It is taken, by a mapping that is not towards Bob. */
  constructor(first: number, last: number, stunPortIsOne: boolean) {
    this.#ports = Uint16Array.from({ length: last - first + 1 }, (_, index) => first + index);
    this.#stunPortIsOne = stunPortIsOne;
  }

  draw(random: SeededRandom, seen: number): () => number {
    const ports = this.#ports;
    let next = 0;
    const take = (): number => {
      const chosen = next + random.below(ports.length - next);
      [ports[next], ports[chosen]] = [ports[chosen]!, ports[next]!];
      return ports[next++]!;
    };
    return () => {
      const port = take();
      return port === seen && !this.#stunPortIsOne ? take() : port;
    };
  }
}

/** 1 - C(R-N, M) / C(R, M): M distinct ones of R ports, of which N are hits. */
function hypergeometric(ports: number, hits: number, probes: number): number {
  let miss = 1;
  for (let probe = 0; probe < probes; probe++) miss *= (ports - hits - probe) / (ports - probe);
  return 1 - miss;
}

interface Space {
  readonly name: string;
  readonly ports: Partial<PortAllocation>;
  /** The ports that Bob draws from. */
  readonly first: number;
  readonly last: number;
  /** Probes, and the share of trials that succeed, where one is published. */
  readonly shares: readonly (readonly [probes: number, published?: number])[];
}

const random = (first: number, last: number): Partial<PortAllocation> => ({
  allocation: 'random',
  range: [first, last],
});
const block = (blockSize: number): Partial<PortAllocation> => ({
  allocation: 'block',
  blockSize,
  range: [1024, 65535],
});

/** The published shares are those of danderson/nat-birthday-paradox and of its formula, to four places. */
const SPACES: readonly Space[] = [
  {
    name: '64,511 ports, 1025 to 65535',
    ports: random(1025, 65535),
    first: 1025,
    last: 65535,
    shares: [
      [174, 0.4998],
      [256, 0.6394],
      [1024, 0.9835],
    ],
  },
  {
    name: '28,232 ports, 32768 to 60999 as Linux has them',
    ports: random(32768, 60999),
    first: 32768,
    last: 60999,
    shares: [
      [174, 0.796],
      [256, 0.9039],
      [1024, 0.9999],
    ],
  },
  {
    name: '16,384 ports, 49152 to 65535 (RFC 6335)',
    ports: random(49152, 65535),
    first: 49152,
    last: 65535,
    shares: [
      [174, 0.9364],
      [256, 0.9828],
      [1024, 1],
    ],
  },
  {
    name: 'a block of 2,048 ports (RFC 7422)',
    ports: block(2048),
    first: 1024,
    last: 1024 + 2047,
    shares: [[4], [8], [32]],
  },
];

describe(`${SOCKETS} mappings open towards one endpoint, which probes distinct ports at random`, () => {
  it.each(SPACES)('$name', ({ name, ports, first, last, shares }) => {
    const isBlock = ports.allocation === 'block';
    const candidates = new Candidates(first, last, !isBlock);
    const most = Math.max(...shares.map(([probes]) => probes));
    const seeds = SeededRandom.fromText(name);
    const hits: FirstHit[] = [];
    for (let index = 0; index < TRIALS; index++) {
      hits.push(trial(ports, candidates, most, seeds.fork(`trial ${index}`)));
    }
    for (const [probes, published] of shares) {
      const exact = hypergeometric(last - first + (isBlock ? 0 : 1), SOCKETS, probes);
      if (published !== undefined) expect(exact, `the formula for ${probes} probes`).toBeCloseTo(published, 4);
      const succeeded = hits.filter((hit) => hit <= probes).length;
      const { low, high } = wilson(succeeded, TRIALS, 99);
      const text = `${probes} probes: ${succeeded} of ${TRIALS} trials, where the formula says ${exact}`;
      expect(low, text).toBeLessThanOrEqual(exact);
      expect(high, text).toBeGreaterThanOrEqual(exact);
    }
  });
});
