import { describe, expect, it } from 'vitest';
import { ACK, FIN } from '../../packet.ts';
import { connectedPair, LATENCY_US, pattern, rawPair } from './test-network.suite.ts';

const SECOND = 1_000_000;

describe('RFC 9293 3.8.6.1: zero window', () => {
  it('probes with one byte, each time twice as late, for as long as the peer answers', async () => {
    const { network, raw, connection, sink, ours, theirs, stack } = await rawPair();
    raw.send(ACK, theirs, ours, { window: 0 });
    await network.runFor(2 * LATENCY_US);
    raw.received.length = 1;
    connection.send(pattern(5000));
    const gaps: number[] = [];
    let last = network.scheduler.now;
    for (let probe = 0; probe < 30; probe++) {
      while (raw.received.length === 1) await network.runFor(LATENCY_US);
      expect(raw.last.payload.length).toBe(1);
      expect(raw.last.sequence).toBe(ours);
      gaps.push(network.scheduler.now - last);
      last = network.scheduler.now;
      raw.send(ACK, theirs, ours, { window: 0 });
      await network.runFor(2 * LATENCY_US);
      raw.received.length = 1;
    }
    expect(gaps[3]! / gaps[2]!).toBeCloseTo(2, 0);
    expect(gaps[29]).toBeGreaterThan(119 * SECOND);
    expect(stack.openCount).toBe(1);
    expect(sink.events).toEqual([]);
    raw.send(ACK, theirs, ours, { window: 10_000 });
    await network.runFor(3 * LATENCY_US);
    expect(Buffer.concat(raw.received.slice(1).map((segment) => segment.payload)).equals(pattern(5000))).toBe(true);
  });

  it('gives up on a peer that answers no probe', async () => {
    const { network, raw, connection, sink, ours, theirs } = await rawPair();
    raw.send(ACK, theirs, ours, { window: 0 });
    await network.runFor(2 * LATENCY_US);
    raw.received.length = 1;
    connection.send(pattern(10));
    await network.run();
    expect(sink.events).toEqual(['closed ETIMEDOUT']);
    expect(raw.received).toHaveLength(1 + 15);
  });

  it('a lost window update does not stop the connection', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    server.pause();
    client.send(pattern(200_000));
    client.end();
    await network.runFor(SECOND);
    const before = network.sent.length;
    network.rule = () => (network.sent.length === before + 1 ? [] : [LATENCY_US]);
    server.resume();
    await network.runFor(60 * SECOND);
    expect(serverSink.bytes.equals(pattern(200_000))).toBe(true);
    expect(serverSink.events.at(-1)).toBe('end');
  });

  it('two readers that both pause, with full pipes, get going again', async () => {
    const { network, client, server, clientSink, serverSink } = await connectedPair();
    client.pause();
    server.pause();
    client.send(pattern(150_000));
    server.send(pattern(150_000));
    client.end();
    server.end();
    await network.runFor(300 * SECOND);
    client.resume();
    await network.runFor(300 * SECOND);
    expect(clientSink.bytes.equals(pattern(150_000))).toBe(true);
    server.resume();
    await network.runFor(300 * SECOND);
    expect(serverSink.bytes.equals(pattern(150_000))).toBe(true);
    expect([clientSink, serverSink].map((sink) => sink.events.at(-1))).toEqual(['closed', 'closed']);
  });

  it('a FIN waits for the window like a byte, and is what a probe carries', async () => {
    const { network, raw, connection, ours, theirs } = await rawPair();
    raw.send(ACK, theirs, ours, { window: 0 });
    await network.runFor(2 * LATENCY_US);
    raw.received.length = 1;
    connection.end();
    await network.runFor(LATENCY_US);
    expect(raw.received).toHaveLength(1);
    await network.runFor(SECOND);
    expect([raw.last.flags, raw.last.sequence]).toEqual([ACK | FIN, ours]);
  });

  it('RFC 9293 3.8.6.2.1: waits rather than sends crumbs, then sends what fits', async () => {
    const { network, raw, connection, ours, theirs } = await rawPair();
    raw.send(ACK, theirs, ours, { window: 100 });
    await network.runFor(2 * LATENCY_US);
    raw.received.length = 1;
    connection.send(pattern(5000));
    await network.runFor(2 * LATENCY_US);
    expect(raw.received).toHaveLength(1);
    await network.runFor(SECOND);
    expect(raw.received[1]!.payload.length).toBe(100);
  });
});
