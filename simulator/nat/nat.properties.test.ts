import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { TCP, UDP } from '../packet.ts';
import { blank, Journey, journeys, PAYLOAD } from './journey.suite.ts';

const SETTINGS = { seed: 4787, numRuns: 200 };

describe('whatever the behaviour and the traffic', () => {
  test('no external endpoint has two owners towards any remote one, nor at all without overlapping; the count is exact', () => {
    fc.assert(
      fc.property(journeys, ([description, steps]) => {
        const journey = new Journey(description);
        for (const action of steps) {
          journey.take(action);
          const { nat, created, removed } = journey.drive;
          const mappings = nat.mappings();
          const owners = new Map<string, string>();
          for (const owned of [...mappings, ...nat.sessions()]) {
            const { protocol, internal, internalPort, external, externalPort, remote, remotePort } = owned;
            const towards = description.ports?.overlapping ? `${remote} ${remotePort}` : 'anybody';
            const endpoint = `${protocol} ${external} ${externalPort} ${towards}`;
            const owner = `${internal} ${internalPort}`;
            expect(owners.get(endpoint) ?? owner).toBe(owner);
            owners.set(endpoint, owner);
          }
          if (!description.ports?.overlapping) expect(owners.size).toBe(mappings.length);
          expect(nat.mappingCount).toBe(mappings.length);
          expect(created.length - removed.length).toBe(mappings.length);
        }
      }),
      SETTINGS,
    );
  });

  test('the answer to a datagram reaches who sent it, and nobody else', () => {
    fc.assert(
      fc.property(journeys, ([description, steps]) => {
        const journey = new Journey(description);
        const { drive } = journey;
        for (const action of steps) {
          const passage = journey.take(action);
          if (passage?.verdict !== 'outside' || passage.before.protocol !== UDP) continue;
          const { before, after } = passage;
          const remote = drive.nameOf(after.destination, after.destinationPort);
          const answers = drive.udp('in', remote, drive.nameOf(after.source, after.sourcePort));
          expect(answers.map(({ kind }) => kind)).toEqual(['inside']);
          expect(answers[0].packet).toMatchObject({ destination: before.source, destinationPort: before.sourcePort });
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
          ports: { ...description.ports, overlapping: false },
          secondary: {},
          inboundFirst: 'none',
          icmp: { ...description.icmp, mapping: 'endpoint-independent' },
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
