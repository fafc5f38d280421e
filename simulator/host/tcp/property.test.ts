import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNetError } from '../../../core/net/error.ts';
import type { TcpConnection } from '../../../core/ports/index.ts';
import { SeededRandom } from '../../world/random.ts';
import {
  CLIENT,
  connectedPair,
  LATENCY_US,
  type Pair,
  pattern,
  type Recorder,
  rawPair,
  SERVER,
  TestNetwork,
} from './test-network.suite.ts';

const SEED = 9293;
const SECOND = 1_000_000;

/** Luck of a link, in percent; `jitterUs` reorders. */
const link = fc.record({
  seed: fc.integer(),
  loss: fc.integer({ min: 0, max: 30 }),
  repeat: fc.integer({ min: 0, max: 30 }),
  jitterUs: fc.constantFrom(0, 500, 5000, 50_000),
});
type Link = typeof link extends fc.Arbitrary<infer Value> ? Value : never;

function spoil(network: TestNetwork, { seed, loss, repeat, jitterUs }: Link): void {
  const random = SeededRandom.fromText(`link ${seed}`);
  const delay = () => LATENCY_US + random.below(jitterUs + 1);
  network.rule = () => {
    if (random.below(100) < loss) return [];
    return random.below(100) < repeat ? [delay(), delay()] : [delay()];
  };
}

/** What one end does: writes of these sizes, and a nap of the reader after every so many calls. */
const side = fc.record({
  writes: fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 40_000 })), { maxLength: 12 }),
  napEvery: fc.constantFrom(0, 1, 7),
  ends: fc.constantFrom('at once', 'after the peer'),
});
type Side = typeof side extends fc.Arbitrary<infer Value> ? Value : never;

function drive(pair: Pair, end: TcpConnection, sink: Recorder, plan: Side): void {
  let sent = 0;
  for (const length of plan.writes) {
    end.send(pattern(length, sent));
    sent += length;
  }
  let calls = 0;
  sink.onData = () => {
    if (plan.napEvery === 0 || ++calls % plan.napEvery !== 0) return;
    end.pause();
    pair.network.scheduler.schedule(30_000, () => end.resume());
  };
  if (plan.ends === 'at once') end.end();
  else sink.onEnd = () => end.end();
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, next) => total + next, 0);

describe('any loss, repetition and reordering up to 30 %', () => {
  it('delivers every byte once and in order, closes both ends, and leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(link, side, side, async (luck, clientPlan, serverPlan) => {
        const waits = clientPlan.ends === 'after the peer' && serverPlan.ends === 'after the peer';
        const pair = await connectedPair();
        const { network, clientSink, serverSink } = pair;
        spoil(network, luck);
        drive(pair, pair.client, clientSink, waits ? { ...clientPlan, ends: 'at once' } : clientPlan);
        drive(pair, pair.server, serverSink, serverPlan);
        await network.run();
        const [toServer, toClient] = [sum(clientPlan.writes), sum(serverPlan.writes)];
        expect(serverSink.bytes.equals(pattern(toServer))).toBe(true);
        expect(clientSink.bytes.equals(pattern(toClient))).toBe(true);
        for (const sink of [clientSink, serverSink]) {
          expect(sink.events.filter((event) => event !== 'data' && event !== 'drained')).toEqual(['end', 'closed']);
        }
        pair.listener.close();
        expect(pair.stacks.map((stack) => stack.openCount)).toEqual([0, 0]);
        // Segments if nothing were lost; over 4500 runs at most 2.7 times as many were sent, and 50.
        const writes = clientPlan.writes.length + serverPlan.writes.length;
        const ideal = Math.ceil(toServer / 1460) + Math.ceil(toClient / 1460) + writes;
        expect(network.sent.length).toBeLessThan(4 * ideal + 100);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('a handshake connects or fails with a reason, and leaves nothing', async () => {
    await fc.assert(
      fc.asyncProperty(link, fc.boolean(), fc.integer({ min: 0, max: 3_000_000 }), async (luck, listens, skewUs) => {
        const network = new TestNetwork();
        spoil(network, luck);
        const stacks = [network.stack(CLIENT), network.stack(SERVER)] as const;
        const connections: TcpConnection[] = [];
        const codes: string[] = [];
        const dial = (from: number, address: string) => {
          stacks[from]!.dial({ address, port: 5000 }, { localPort: 5000 }).then(
            (connection) => connections.push(connection),
            (error) => codes.push(isNetError(error) ? error.code : String(error)),
          );
        };
        dial(0, SERVER);
        await network.runFor(skewUs);
        dial(1, CLIENT);
        if (listens) await stacks[0].listen({ port: 5000 }, (connection) => connections.push(connection));
        await network.runFor(600 * SECOND);
        for (const code of codes) expect(['ETIMEDOUT', 'ECONNREFUSED', 'ECONNRESET', 'EADDRNOTAVAIL']).toContain(code);
        expect(connections.length + codes.length).toBeGreaterThanOrEqual(2);
        for (const connection of connections) connection.reset();
        await network.run();
        expect(stacks.map((stack) => stack.openCount)).toEqual([listens ? 1 : 0, 0]);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('hostile segments', () => {
  const segment = fc.record({
    flags: fc.integer({ min: 0, max: 31 }),
    sequence: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -70_000, max: 140_000 }), fc.integer()),
    acknowledgement: fc.oneof(fc.integer({ min: -5, max: 3000 }), fc.integer()),
    window: fc.constantFrom(0, 1, 100, 65_535, 4_294_967_295),
    length: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1460 }), fc.constant(65_535)),
  });

  it('never throw, never cost more than an answer each, never deliver beyond the window', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { maxLength: 60 }), fc.boolean(), async (segments, paused) => {
        const { network, raw, connection, sink, ours, theirs, stack } = await rawPair();
        connection.send(pattern(3000));
        if (paused) connection.pause();
        await network.runFor(2 * LATENCY_US);
        const before = raw.received.length;
        for (const { flags, sequence, acknowledgement, window, length } of segments) {
          raw.send(flags, theirs + sequence, ours + acknowledgement, { payload: pattern(length), window });
        }
        await network.runFor(2 * LATENCY_US);
        // An answer each, and the 3000 bytes again at most as often as acknowledgements let them go.
        expect(raw.received.length - before).toBeLessThanOrEqual(2 * segments.length + 5);
        if (paused) expect(sink.events.filter((event) => event === 'data')).toEqual([]);
        expect(sink.length).toBeLessThanOrEqual(65_536 * (segments.length + 1));
        expect(sink.closedTimes).toBeLessThanOrEqual(1);
        connection.reset();
        expect(stack.openCount).toBe(0);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });
});
