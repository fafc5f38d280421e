import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { type Packet, TCP, UDP } from '../packet.ts';
import { Drive } from './drive.suite.ts';

const SETTINGS = { seed: 4787, numRuns: 400 };

const dependence = fc.constantFrom(
  'endpoint-independent' as const,
  'address-dependent' as const,
  'address-and-port-dependent' as const,
);

/** Any behaviour at all, with short times and few ports, so that things expire, collide and run out. */
const behaviours: fc.Arbitrary<NatDescription> = fc.record({
  ports: fc.record({
    allocation: fc.constantFrom('preserving', 'sequential', 'random', 'block'),
    step: fc.constantFrom(1, 2, -1, -3),
    range: fc.constantFrom([40000, 40011], [4990, 5010], [1024, 65535]),
    parity: fc.boolean(),
    blockSize: fc.constant(5),
    contention: fc.constantFrom(0, 0, 5),
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
    refresh: fc.constantFrom('outbound', 'inbound', 'both'),
  }),
  tcp: fc.record({
    mapping: dependence,
    filtering: dependence,
    unsolicited: fc.constantFrom('drop', 'reset', 'icmp'),
    simultaneousOpen: fc.boolean(),
    afterReset: fc.constantFrom('hold', 'remove'),
    establishedMs: fc.constant(3000),
    transitoryMs: fc.constant(1500),
  }),
  icmp: fc.record({ errorEndsMapping: fc.boolean() }),
  limits: fc.record({
    mappings: fc.constantFrom(0, 6),
    perHost: fc.constantFrom(0, 3),
    reuseHoldMs: fc.constantFrom(0, 700),
  }),
  blocks: fc.constantFrom([], [], [], ['tcp-in']),
});

const inside = fc.constantFrom('a:5000', 'a:5001', 'a:5002', 'b:5000', 'b:5001', 'c:5000');
const outside = fc.constantFrom('s:1', 's:2', 't:1', 't:2', 'u:1');
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
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 900 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Drives a NAT through random steps and hands every packet, as it went in and as it came out, to a witness. */
interface Passage {
  readonly direction: 'out' | 'in';
  readonly now: number;
  readonly before: Packet;
  readonly after: Packet;
  readonly verdict: 'inside' | 'outside' | 'drop';
  readonly reason: string;
}

const PAYLOAD = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);

class Journey {
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
    else return this.#pass(action);
    return undefined;
  }

  #pass(action: Exclude<Step, { do: 'wait' | 'flush' | 'icmp' }>): Passage {
    const { drive } = this;
    const direction = action.do === 'in' || action.do === 'tcp in' ? 'in' : 'out';
    const protocol = action.do.startsWith('tcp') || (action.do === 'turn' && action.tcp) ? TCP : UDP;
    const external = 'pick' in action ? this.#externalEndpoint(protocol, action.pick) : '';
    const source = 'inside' in action ? action.inside : action.outside;
    const destination = direction === 'in' || action.do === 'turn' ? external : (action as { outside: string }).outside;
    const before = { source: drive.endpoint(source), destination: drive.endpoint(destination) };
    const kind = 'segment' in action ? action.segment : 'syn';
    const events =
      protocol === UDP
        ? drive.udp(direction, source, destination, PAYLOAD)
        : drive.tcp(direction, kind, source, destination);
    // The first event is the packet's own; answers of the NAT come after it.
    const own = events.filter(({ packet }) => packet.id === events[0].packet.id);
    expect(own, 'every packet ends exactly once').toHaveLength(1);
    const [{ packet, kind: verdict, reason }] = own;
    const passage: Passage = {
      direction,
      now: drive.scheduler.now,
      before: {
        ...packet,
        source: before.source[0],
        sourcePort: before.source[1],
        destination: before.destination[0],
        destinationPort: before.destination[1],
      },
      after: packet,
      verdict,
      reason,
    };
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

const journeys = fc.tuple(behaviours, fc.array(step, { minLength: 20, maxLength: 120 }));

describe('whatever the behaviour and the traffic', () => {
  test('no external endpoint has two owners, and the count is exact', () => {
    fc.assert(
      fc.property(journeys, ([description, steps]) => {
        const journey = new Journey(description);
        for (const action of steps) {
          journey.take(action);
          const { nat, created, removed } = journey.drive;
          const mappings = nat.mappings();
          const owners = mappings.map(
            ({ protocol, external, externalPort }) => `${protocol} ${external} ${externalPort}`,
          );
          expect(new Set(owners).size).toBe(owners.length);
          expect(nat.mappingCount).toBe(mappings.length);
          expect(created.length - removed.length).toBe(mappings.length);
        }
      }),
      SETTINGS,
    );
  });

  test('payload, sequence numbers and TTL pass untouched, and only one side of a packet changes', () => {
    fc.assert(
      fc.property(journeys, ([description, steps]) => {
        const journey = new Journey(description);
        for (const action of steps) {
          const passage = journey.take(action);
          if (!passage || passage.verdict === 'drop') continue;
          const { before, after, direction, verdict } = passage;
          const rewritten = direction === 'in' ? { destination: 0, destinationPort: 0 } : { source: 0, sourcePort: 0 };
          const turned = direction === 'out' && verdict === 'inside' ? { destination: 0, destinationPort: 0 } : {};
          expect({ ...after, ...rewritten, ...turned }).toEqual({ ...before, ...rewritten, ...turned });
          if (after.protocol === UDP) expect(after.payload).toBe(PAYLOAD);
        }
        expect(PAYLOAD).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
      }),
      SETTINGS,
    );
  });

  test('RFC 4787 REQ-1, RFC 5382 REQ-1 an endpoint-independent mapping keeps its endpoint while it lives', () => {
    fc.assert(
      fc.property(journeys, ([description, steps]) => {
        const independent: NatDescription = {
          ...description,
          udp: { ...description.udp, mapping: 'endpoint-independent' },
          tcp: { ...description.tcp, mapping: 'endpoint-independent' },
        };
        const journey = new Journey(independent);
        for (const action of steps) {
          const passage = journey.take(action);
          const endpoints = new Map<string, string>();
          for (const mapping of journey.drive.nat.mappings()) {
            const key = `${mapping.protocol} ${mapping.internal} ${mapping.internalPort}`;
            expect(endpoints.has(key), 'one mapping an internal endpoint').toBe(false);
            endpoints.set(key, `${mapping.external} ${mapping.externalPort}`);
          }
          if (passage?.verdict !== 'outside') continue;
          const { before, after } = passage;
          const used = endpoints.get(`${before.protocol} ${before.source} ${before.sourcePort}`);
          if (used) expect(`${after.source} ${after.sourcePort}`).toBe(used);
        }
      }),
      SETTINGS,
    );
  });
});

/**
 * UDP once more, written to be obvious: lists that are searched, text for keys, everything worked out anew for each
 * packet. It knows nothing of ports: it is told which one a new mapping got.
 */
class PlainUdp {
  readonly #behaviour;
  mappings: { internal: string; seen: string; external: string; until: number }[] = [];
  sessions: { internal: string; remote: string; external: string; until: number; sent: boolean }[] = [];

  constructor(description: NatDescription) {
    this.#behaviour = resolveBehaviour(description);
  }

  expire(now: number): void {
    this.mappings = this.mappings.filter(({ until }) => until > now);
    const alive = new Set(this.mappings.map(({ external }) => external));
    this.sessions = this.sessions.filter(({ until, external }) => until > now && alive.has(external));
  }

  /** The external endpoint that the packet must leave by; undefined if it needs a new mapping. */
  leavesBy(internal: string, remote: string): string | undefined {
    const session = this.sessions.find((entry) => entry.internal === internal && entry.remote === remote);
    const seen = blank(this.#behaviour.udp.mapping, remote);
    return (session ?? this.mappings.find((entry) => entry.internal === internal && entry.seen === seen))?.external;
  }

  sent(internal: string, remote: string, external: string, now: number): void {
    const { udp } = this.#behaviour;
    const until = now + udp.timeoutMs * 1000;
    const mapping = this.mappings.find((entry) => entry.external === external);
    if (!mapping) this.mappings.push({ internal, seen: blank(udp.mapping, remote), external, until });
    else if (udp.refresh !== 'inbound') mapping.until = until;
    const session = this.sessions.find((entry) => entry.internal === internal && entry.remote === remote);
    if (session) Object.assign(session, { until, sent: true });
    else this.sessions.push({ internal, remote, external, until, sent: true });
  }

  /** Where the packet must arrive, or why it must not. */
  arrival(external: string, remote: string): { internal: string } | { reason: string } {
    const { udp, filterScope } = this.#behaviour;
    const mapping = this.mappings.find((entry) => entry.external === external);
    if (!mapping) return { reason: 'nat: no mapping' };
    const host = mapping.internal.split(':')[0];
    const admitted =
      udp.filtering === 'endpoint-independent' ||
      this.sessions.some(
        (entry) =>
          entry.sent &&
          (filterScope === 'host' ? entry.internal.split(':')[0] === host : entry.external === external) &&
          blank(udp.filtering, entry.remote) === blank(udp.filtering, remote),
      );
    return admitted ? { internal: mapping.internal } : { reason: `filter: ${udp.filtering}` };
  }

  heard(external: string, remote: string, now: number): void {
    const { udp, inboundSession } = this.#behaviour;
    const until = now + udp.timeoutMs * 1000;
    const mapping = this.mappings.find((entry) => entry.external === external)!;
    const refreshes = udp.refresh !== 'outbound';
    if (refreshes) mapping.until = until;
    const session = this.sessions.find((entry) => entry.internal === mapping.internal && entry.remote === remote);
    if (session?.external === external && (refreshes || !session.sent)) session.until = until;
    if (!session && inboundSession === 'bind') {
      this.sessions.push({ internal: mapping.internal, remote, external, until, sent: false });
    }
  }
}

function blank(kind: string, remote: string): string {
  if (kind === 'endpoint-independent') return '';
  return kind === 'address-dependent' ? remote.split(':')[0] : remote;
}

test('UDP passes exactly as the plain model says, packet by packet', () => {
  const udpSteps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('out' as const), inside, outside }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constant('in' as const), outside, pick: fc.nat() }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 900 }) }),
      },
    ),
    { minLength: 20, maxLength: 120 },
  );
  fc.assert(
    fc.property(behaviours, udpSteps, (description, steps) => {
      const journey = new Journey(description);
      const { drive } = journey;
      const model = new PlainUdp(description);
      for (const action of steps) {
        const passage = journey.take(action);
        model.expire(drive.scheduler.now);
        if (passage) follow(model, drive, passage);
        expect(drive.nat.mappingCount).toBe(model.mappings.length);
      }
    }),
    { ...SETTINGS, numRuns: 1000 },
  );
});

function follow(model: PlainUdp, drive: Drive, { direction, before, after, verdict, reason, now }: Passage): void {
  if (direction === 'out') {
    const internal = drive.nameOf(before.source, before.sourcePort);
    const remote = drive.nameOf(before.destination, before.destinationPort);
    const expected = model.leavesBy(internal, remote);
    if (verdict === 'drop') {
      expect(expected).toBeUndefined();
      expect(reason).toMatch(/^nat: (no free port|mapping limit|per-host limit)$/);
      return;
    }
    const external = drive.nameOf(after.source, after.sourcePort);
    if (expected) expect(external).toBe(expected);
    else expect(model.mappings.some((mapping) => mapping.external === external)).toBe(false);
    model.sent(internal, remote, external, now);
    return;
  }
  const external = drive.nameOf(before.destination, before.destinationPort);
  const remote = drive.nameOf(before.source, before.sourcePort);
  const expected = model.arrival(external, remote);
  if ('reason' in expected) {
    expect([verdict, reason]).toEqual(['drop', expected.reason]);
    return;
  }
  expect([verdict, drive.nameOf(after.destination, after.destinationPort)]).toEqual(['inside', expected.internal]);
  model.heard(external, remote, now);
}

test('nothing of TCP comes in without a session or an admitted SYN', () => {
  fc.assert(
    fc.property(journeys, ([description, steps]) => {
      const { tcp, filterScope } = resolveBehaviour(description);
      const journey = new Journey(description);
      const { drive } = journey;
      const name = (address: number, port: number) => drive.nameOf(address, port);
      // What has passed: who sent from where to whom, and when. An established connection is the longest-lived.
      let log: { internal: string; external: string; remote: string; at: number; outbound: boolean }[] = [];
      for (const action of steps) {
        if (action.do === 'flush') log = [];
        const passage = journey.take(action);
        if (!passage || passage.verdict === 'drop' || passage.after.protocol !== TCP || action.do === 'turn') continue;
        const { direction, before, after, now } = passage;
        const recent = log.filter(({ at }) => now - at < tcp.establishedMs * 1000);
        if (direction === 'out') {
          const internal = name(before.source, before.sourcePort);
          const external = name(after.source, after.sourcePort);
          log.push({
            internal,
            external,
            remote: name(after.destination, after.destinationPort),
            at: now,
            outbound: true,
          });
          continue;
        }
        const internal = name(after.destination, after.destinationPort);
        const external = name(before.destination, before.destinationPort);
        const remote = name(after.source, after.sourcePort);
        const host = internal.split(':')[0];
        const inSession = recent.some(
          (entry) => entry.internal === internal && entry.external === external && entry.remote === remote,
        );
        const opened = recent.some(
          (entry) =>
            entry.outbound &&
            (filterScope === 'host' ? entry.internal.split(':')[0] === host : entry.external === external) &&
            blank(tcp.filtering, entry.remote) === blank(tcp.filtering, remote),
        );
        const isSyn = 'segment' in action && action.segment === 'syn';
        expect(inSession || (isSyn && (opened || tcp.filtering === 'endpoint-independent'))).toBe(true);
        log.push({ internal, external, remote, at: now, outbound: false });
      }
    }),
    SETTINGS,
  );
});
