import { expect, test } from 'vitest';
import { type Dependence, type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Timer } from '../../core/ports/index.ts';
import { type Packet, udpPacket } from '../packet.ts';
import { SeededRandom } from '../world/random.ts';
import type { NatEnvironment } from './environment.ts';
import { Nat } from './nat.ts';

// Plain UDP hole punching between all nine kinds of mapping and filtering, through two NATs and nothing else: what the
// table of any traversal test rests on.

const NOTHING = new Uint8Array(0);
const INTERNAL = 1;
const INTERNAL_PORT = 5000;
const SERVER = 2;
const PROBE = 1;
const REPLY = 2;

interface Endpoint {
  readonly address: number;
  readonly port: number;
}

/** A host behind its NAT. It probes every endpoint that it knows of its peer and answers every probe. */
class Side implements NatEnvironment {
  readonly random;
  readonly nat: Nat;
  readonly #external: number;
  readonly #wire: Packet[];
  readonly #known = new Map<string, Endpoint>();
  reflexive: Endpoint | undefined;
  answered = false;

  constructor(name: string, external: number, description: NatDescription, wire: Packet[]) {
    this.random = SeededRandom.fromText(name);
    this.#external = external;
    this.#wire = wire;
    this.nat = new Nat(resolveBehaviour({ ...description, ports: { allocation: 'random' } }), this, [external]);
  }

  learn(endpoint: Endpoint): void {
    this.#known.set(`${endpoint.address} ${endpoint.port}`, endpoint);
  }

  probe(): void {
    for (const endpoint of [...this.#known.values()]) this.send(endpoint, PROBE);
  }

  send(to: Endpoint, kind: number): void {
    this.nat.fromInside(udpPacket(kind, INTERNAL, INTERNAL_PORT, to.address, to.port, 64, NOTHING));
  }

  sendOutside(packet: Packet): void {
    if (packet.destination === SERVER) this.reflexive = { address: packet.source, port: packet.sourcePort };
    else this.#wire.push({ ...packet });
  }

  sendInside(packet: Packet): void {
    const from = { address: packet.source, port: packet.sourcePort };
    this.learn(from);
    if (packet.id === PROBE) this.send(from, REPLY);
    else this.answered = true;
  }

  owns(packet: Packet): boolean {
    return packet.destination === this.#external;
  }

  now(): number {
    return 0;
  }
  after(): Timer {
    throw new Error('UDP needs no timer');
  }
  nextPacketId(): number {
    return 0;
  }
  drop(): void {}
  mappingCreated(): void {}
  mappingRemoved(): void {}
}

type Order = 'together' | 'a first' | 'b first';

/** Does either side ever get an answer to a probe? */
function connects(a: NatDescription, b: NatDescription, order: Order): boolean {
  const wire: Packet[] = [];
  const sides = [new Side('a', 10, a, wire), new Side('b', 11, b, wire)];
  const deliver = () => {
    for (let packet = wire.shift(); packet; packet = wire.shift()) {
      sides.find((side) => side.owns(packet as Packet))!.nat.fromOutside(packet);
    }
  };
  for (const side of sides) side.send({ address: SERVER, port: 3478 }, PROBE);
  sides[0].learn(sides[1].reflexive!);
  sides[1].learn(sides[0].reflexive!);
  if (order === 'b first') sides.reverse();
  for (let round = 0; round < 6; round++) {
    for (const side of sides) {
      side.probe();
      if (order !== 'together') deliver();
    }
    deliver();
  }
  return sides.some(({ answered }) => answered);
}

const DEPENDENCES: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];
const KINDS = DEPENDENCES.flatMap((mapping) => DEPENDENCES.map((filtering) => ({ mapping, filtering })));

function grid(knobs: NatDescription, order: Order): string[] {
  return KINDS.map((a) =>
    KINDS.map((b) => (connects({ ...a, ...knobs }, { ...b, ...knobs }, order) ? 'D' : '.')).join(''),
  );
}

// Rows and columns: mapping EI, AD, APD; within each filtering EI, AD, APD.
const EXPECTED = [
  {
    knobs: { inboundSession: 'none', filterScope: 'mapping' },
    cells: 45,
    rows: [
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDD......',
      'DD.DD.DD.',
      'DD.D..D..',
      'DD.......',
      'DD.DD.DD.',
      'DD.D..D..',
      'DD.......',
    ],
  },
  {
    knobs: { inboundSession: 'none', filterScope: 'host' },
    cells: 49,
    rows: [
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDD......',
      'DD.DD.DD.',
      'DD.DD.DD.',
      'DD.......',
      'DD.DD.DD.',
      'DD.DD.DD.',
      'DD.......',
    ],
  },
  {
    knobs: { inboundSession: 'bind', filterScope: 'mapping' },
    cells: 53,
    rows: [
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDD......',
      'DD.DDDDDD',
      'DD.D..D..',
      'DD.D..D..',
      'DD.DDDDDD',
      'DD.D..D..',
      'DD.D..D..',
    ],
  },
  {
    knobs: { inboundSession: 'bind', filterScope: 'host' },
    cells: 65,
    rows: [
      'DDDDDDDDD',
      'DDDDDDDDD',
      'DDD......',
      'DD.DDDDDD',
      'DD.DDDDDD',
      'DD.DD.DD.',
      'DD.DDDDDD',
      'DD.DDDDDD',
      'DD.DD.DD.',
    ],
  },
] as const;

test.each(EXPECTED)('$knobs: $cells of 81 pairs connect', ({ knobs, cells, rows }) => {
  const seen = grid(knobs, 'together');
  expect(seen).toEqual(rows);
  expect(seen.join('').split('D').length - 1).toBe(cells);
});

const ORDERS: readonly Order[] = ['a first', 'b first'];

test.each(ORDERS)('without binding it makes no difference who probes first: %s', (order) => {
  for (const { knobs, rows } of EXPECTED) {
    if (knobs.inboundSession === 'none') expect(grid(knobs, order)).toEqual(rows);
  }
});

test('with binding, an endpoint-dependent side that answers first gets through to a port-restricted one', () => {
  const knobs = { inboundSession: 'bind' } as const;
  const restricted = { ...knobs, mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;
  for (const mapping of ['address-dependent', 'address-and-port-dependent'] as const) {
    const dependent = { ...knobs, mapping, filtering: 'endpoint-independent' } as const;
    expect(connects(restricted, dependent, 'a first')).toBe(true);
    // Its own probe has made a mapping of its own to that endpoint, and replies stay with that.
    expect(connects(restricted, dependent, 'b first')).toBe(false);
  }
});

test('RFC 4787 section 5 restricted against symmetric needs the restricted side to have sent', () => {
  const restricted = { filtering: 'address-dependent' } as const;
  const symmetric = { mapping: 'address-and-port-dependent', filtering: 'address-and-port-dependent' } as const;
  for (const order of [...ORDERS, 'together'] as const) {
    expect(connects(restricted, symmetric, order)).toBe(true);
    expect(connects(symmetric, restricted, order)).toBe(true);
  }
});
