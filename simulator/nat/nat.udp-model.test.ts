import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Drive } from './drive.suite.ts';
import { behaviours, blank, inside, Journey, outside, type Passage } from './journey.suite.ts';

/**
 * UDP once more, written to be obvious: lists that are searched, text for keys, everything worked out anew for each
 * packet. It knows nothing of ports: it is told which one a new mapping got and which mapping had to go for it, and that
 * nobody else has the port; its NAT never changes, and strangers leave nothing behind.
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

  hasSession(internal: string, remote: string): boolean {
    return this.sessions.some((entry) => entry.internal === internal && entry.remote === remote);
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

  refused(external: string, now: number): void {
    const { udp } = this.#behaviour;
    const mapping = this.mappings.find((entry) => entry.external === external);
    if (mapping && udp.refresh === 'all') mapping.until = now + udp.timeoutMs * 1000;
  }

  evicted(external: string): void {
    this.mappings = this.mappings.filter((entry) => entry.external !== external);
    this.sessions = this.sessions.filter((entry) => entry.external !== external);
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
    fc.property(behaviours, udpSteps, (any, steps) => {
      const description = {
        ...any,
        ports: { ...any.ports, overlapping: false },
        secondary: {},
        inboundFirst: 'none' as const,
      };
      const journey = new Journey(description);
      const { drive } = journey;
      const model = new PlainUdp(description);
      for (const action of steps) {
        const passage = journey.take(action);
        model.expire(drive.scheduler.now);
        for (const { mapping, reason } of drive.removed.splice(0)) {
          if (reason === 'evicted') model.evicted(drive.nameOf(mapping.external, mapping.externalPort));
        }
        if (passage) follow(model, drive, passage);
        expect(drive.nat.mappingCount).toBe(model.mappings.length);
      }
    }),
    { seed: 4787, numRuns: 500 },
  );
});

function follow(model: PlainUdp, drive: Drive, { direction, before, after, verdict, reason, now }: Passage): void {
  if (direction === 'out') {
    const internal = drive.nameOf(before.source, before.sourcePort);
    const remote = drive.nameOf(before.destination, before.destinationPort);
    const expected = model.leavesBy(internal, remote);
    if (verdict === 'drop') {
      // The rate counts sessions, of which a mapping may have many.
      if (reason === 'nat: session rate') expect(model.hasSession(internal, remote)).toBe(false);
      else expect(expected).toBeUndefined();
      expect(reason).toMatch(/^nat: (no free port|mapping limit|per-host limit|session rate)$/);
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
    model.refused(external, now);
    return;
  }
  expect([verdict, drive.nameOf(after.destination, after.destinationPort)]).toEqual(['inside', expected.internal]);
  model.heard(external, remote, now);
}
