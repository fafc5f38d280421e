import fc from 'fast-check';
import { expect } from 'vitest';
import { ALLOCATIONS, type NatDescription } from '../../core/nat/behaviour.ts';
import { ICMP, type Packet, TCP, UDP } from '../packet.ts';
import { Drive } from './drive.suite.ts';

const dependence = fc.constantFrom(
  'endpoint-independent' as const,
  'address-dependent' as const,
  'address-and-port-dependent' as const,
);

/** Any behaviour at all, with short times and few ports, so that things expire, collide and run out. */
export const behaviours: fc.Arbitrary<NatDescription> = fc.record({
  ports: fc.record({
    allocation: fc.constantFrom(...ALLOCATIONS),
    offset: fc.constantFrom(1, 1000, -7),
    step: fc.constantFrom(1, 2, -1, -3),
    range: fc.constantFrom([40000, 40011], [4990, 5010], [1024, 65535]),
    parity: fc.boolean(),
    blockSize: fc.constant(5),
    contention: fc.constantFrom(0, 0, 5),
    overlapping: fc.boolean(),
  }),
  secondary: fc.record({
    mapping: dependence,
    onCollision: fc.constantFrom(false, false, true),
    underLoad: fc.constantFrom(0, 0, 0, 3),
  }),
  addresses: fc.integer({ min: 1, max: 3 }),
  pooling: fc.constantFrom('paired', 'arbitrary'),
  hairpin: fc.constantFrom('none', 'internal-source', 'external-source'),
  inboundSession: fc.constantFrom('none', 'bind'),
  filterScope: fc.constantFrom('mapping', 'host'),
  udp: fc.record({
    mapping: dependence,
    filtering: dependence,
    timeoutMs: fc.constant(1000),
    refresh: fc.constantFrom('outbound', 'inbound', 'both', 'all'),
  }),
  tcp: fc.record({
    mapping: dependence,
    filtering: dependence,
    unsolicited: fc.constantFrom('drop', 'reset', 'icmp'),
    simultaneousOpen: fc.boolean(),
    afterReset: fc.constantFrom('hold', 'remove', 'ignore'),
    establishedMs: fc.constant(3000),
    transitoryMs: fc.constant(1500),
    closingMs: fc.constantFrom(700, 1500),
  }),
  inboundFirst: fc.constantFrom('none', 'clash'),
  icmp: fc.record({
    mapping: fc.constantFrom('endpoint-independent', 'address-dependent'),
    filtering: fc.constantFrom('endpoint-independent', 'address-dependent'),
    timeoutMs: fc.constant(1000),
    errorEndsMapping: fc.boolean(),
  }),
  limits: fc.record({
    mappings: fc.constantFrom(0, 6),
    perHost: fc.constantFrom(0, 3),
    reuseHoldMs: fc.constantFrom(0, 700),
    sessionRate: fc.constantFrom(0, 0, 4),
    exhausted: fc.constantFrom('host-unreachable', 'administratively-prohibited', 'drop', 'evict'),
  }),
  blocks: fc.constantFrom([], [], [], ['tcp-in'], ['icmp']),
});

export const inside = fc.constantFrom('a:5000', 'a:5001', 'a:5002', 'b:5000', 'b:5001', 'c:5000');
export const outside = fc.constantFrom('s:1', 's:2', 't:1', 't:2', 'u:1');
const segment = fc.constantFrom(
  'syn' as const,
  'syn' as const,
  'synack' as const,
  'ack' as const,
  'fin' as const,
  'rst' as const,
);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('out' as const), inside, outside }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('in' as const), outside, pick: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tcp out' as const), inside, outside, segment }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tcp in' as const), outside, pick: fc.nat(), segment }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const), inside, pick: fc.nat(), tcp: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('icmp' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ping' as const), inside, outside }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pong' as const), outside, pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 900 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What became of one packet. */
export interface Passage {
  readonly direction: 'out' | 'in';
  readonly now: number;
  readonly before: Packet;
  readonly after: Packet;
  readonly verdict: 'inside' | 'outside' | 'drop';
  readonly reason: string;
}

export const PAYLOAD = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);

/** Drives a NAT through random steps and keeps every packet, as it went in and as it came out. */
export class Journey {
  readonly drive: Drive;
  readonly passages: Passage[] = [];

  constructor(description: NatDescription) {
    this.drive = new Drive(description);
  }

  /** The passage of a step that sends a packet. */
  take(action: Step): Passage | undefined {
    const { drive } = this;
    if (action.do === 'wait') drive.wait(action.milliseconds);
    else if (action.do === 'flush') drive.nat.flush();
    else if (action.do === 'icmp') this.#error(action.pick);
    else if (action.do === 'ping' || action.do === 'pong') return this.#query(action);
    else return this.#pass(action);
    return undefined;
  }

  #pass(action: Exclude<Step, { do: 'wait' | 'flush' | 'icmp' | 'ping' | 'pong' }>): Passage {
    const { drive } = this;
    const direction = action.do === 'in' || action.do === 'tcp in' ? 'in' : 'out';
    const protocol = action.do.startsWith('tcp') || (action.do === 'turn' && action.tcp) ? TCP : UDP;
    const external = 'pick' in action ? this.#externalEndpoint(protocol, action.pick) : '';
    const source = 'inside' in action ? action.inside : action.outside;
    const destination = direction === 'in' || action.do === 'turn' ? external : (action as { outside: string }).outside;
    const kind = 'segment' in action ? action.segment : 'syn';
    const events =
      protocol === UDP
        ? drive.udp(direction, source, destination, PAYLOAD)
        : drive.tcp(direction, kind, source, destination);
    return this.#note(direction, events);
  }

  #query(action: Extract<Step, { do: 'ping' | 'pong' }>): Passage {
    const { drive } = this;
    const remote = action.outside.split(':')[0];
    if (action.do === 'ping') return this.#note('out', drive.ping(action.inside, remote));
    return this.#note('in', drive.pong(remote, this.#externalEndpoint(ICMP, action.pick)));
  }

  #note(direction: 'out' | 'in', events: Drive['events']): Passage {
    const { drive } = this;
    // The first event is the packet's own; answers of the NAT come after it.
    const own = events.filter(({ packet }) => packet.id === events[0].packet.id);
    expect(own, 'every packet ends exactly once').toHaveLength(1);
    const [{ packet, kind: verdict, reason }] = own;
    const now = drive.scheduler.now;
    const passage: Passage = { direction, now, before: drive.given, after: packet, verdict, reason };
    this.passages.push(passage);
    return passage;
  }

  /** One that is in use, or one that is not. */
  #externalEndpoint(protocol: number, pick: number): string {
    const mappings = this.drive.nat.mappings().filter((mapping) => mapping.protocol === protocol);
    const mapping = mappings[pick % (mappings.length + 1)];
    return mapping ? this.drive.nameOf(mapping.external, mapping.externalPort) : 'x:40005';
  }

  #error(pick: number): void {
    const passage = this.passages[pick % this.passages.length];
    if (!passage || passage.verdict === 'drop') return;
    const direction = passage.verdict === 'outside' ? 'in' : 'out';
    this.drive.icmp(direction, direction === 'in' ? 'u' : 'a', 'time-exceeded', passage.after);
  }
}

/** A behaviour and what happens to it. */
export const journeys = fc.tuple(behaviours, fc.array(step, { minLength: 20, maxLength: 120 }));

/** A remote endpoint with all blanked that a mapping or filter of this kind does not look at. */
export function blank(kind: string, remote: string): string {
  if (kind === 'endpoint-independent') return '';
  return kind === 'address-dependent' ? remote.split(':')[0] : remote;
}
