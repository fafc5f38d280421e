import { describe, expect, it } from 'vitest';
import { ACK, FIN, RST, SYN } from '../../packet.ts';
import {
  CLIENT,
  connectedPair,
  flagsOf,
  LATENCY_US,
  PORT,
  pattern,
  Recorder,
  rawPair,
  SERVER,
  TestNetwork,
} from './test-network.suite.ts';

const SECOND = 1_000_000;

describe('RFC 9293 3.6: closing', () => {
  it('the side that ends first goes through TIME-WAIT, the other through LAST-ACK', async () => {
    const { network, client, server, clientSink, serverSink, stacks, listener } = await connectedPair();
    serverSink.onEnd = () => server.end();
    client.end();
    await network.runFor(SECOND);
    expect(clientSink.events).toEqual(['end', 'closed']);
    expect(serverSink.events).toEqual(['end', 'closed']);
    listener.close();
    expect(stacks.map((stack) => stack.openCount)).toEqual([0, 0]);
  });

  it.each(['client', 'server'] as const)(
    'half close: the %s ends, and still receives until the other ends',
    async (first) => {
      const pair = await connectedPair();
      const { network } = pair;
      const [ender, other] = first === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
      const [enderSink, otherSink] =
        first === 'client' ? [pair.clientSink, pair.serverSink] : [pair.serverSink, pair.clientSink];
      ender.send(pattern(5000));
      ender.end();
      expect(ender.send(pattern(1))).toBe(false);
      await network.runFor(SECOND);
      expect(otherSink.bytes.equals(pattern(5000))).toBe(true);
      expect(otherSink.events.at(-1)).toBe('end');
      for (let sent = 0; sent < 100_000; sent += 10_000) {
        other.send(pattern(10_000, sent));
        await network.runFor(SECOND);
      }
      expect(enderSink.bytes.equals(pattern(100_000))).toBe(true);
      expect(enderSink.events).not.toContain('end');
      other.end();
      await network.runFor(SECOND);
      expect(enderSink.events.slice(-2)).toEqual(['end', 'closed']);
      expect(otherSink.events.slice(-2)).toEqual(['end', 'closed']);
    },
  );

  it('RFC 9293 figure 13: both sides end at once and go through CLOSING', async () => {
    const { network, client, server, clientSink, serverSink, stacks, listener } = await connectedPair();
    client.end();
    server.end();
    await network.runFor(SECOND);
    expect(clientSink.events).toEqual(['end', 'closed']);
    expect(serverSink.events).toEqual(['end', 'closed']);
    listener.close();
    expect(stacks.map((stack) => stack.openCount)).toEqual([0, 0]);
    expect(network.sent.slice(3).map(flagsOf)).toEqual(['F.', 'F.', '.', '.']);
  });

  it('a FIN rides on the last text and is told after it', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    client.send(pattern(100));
    server.pause();
    await network.runFor(SECOND);
    client.send(pattern(100, 100));
    client.end();
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual([]);
    server.resume();
    await network.runFor(SECOND);
    expect(serverSink.bytes).toEqual(pattern(200));
    expect(serverSink.events).toEqual(['data', 'data', 'end']);
  });

  it('ending twice, sending, pausing and resetting after the close do nothing', async () => {
    const { network, client, server, clientSink, serverSink } = await connectedPair();
    client.end();
    client.end();
    server.end();
    await network.runFor(SECOND);
    const sent = network.sent.length;
    client.end();
    client.reset();
    client.pause();
    client.resume();
    expect(client.send(pattern(1))).toBe(false);
    await network.runFor(SECOND);
    expect(network.sent).toHaveLength(sent);
    expect(clientSink.closedTimes + serverSink.closedTimes).toBe(2);
  });

  it('a connection that closed before start says so after it, with all its text', async () => {
    const network = new TestNetwork();
    const stacks = [network.stack(CLIENT), network.stack(SERVER)] as const;
    await stacks[1].listen({ port: PORT }, (connection) => {
      connection.send(pattern(700));
      connection.end();
    });
    const dialled = stacks[0].dial({ address: SERVER, port: PORT });
    await network.runFor(SECOND);
    const connection = await dialled;
    connection.end();
    await network.runFor(SECOND);
    expect(stacks[0].openCount).toBe(0);
    const sink = new Recorder();
    connection.start(sink);
    await network.runFor(0);
    expect(sink.bytes).toEqual(pattern(700));
    expect(sink.events).toEqual(['data', 'end', 'closed']);
  });

  it('a sink started after the close was told hears of it too', async () => {
    const { network, client, server, clientSink } = await connectedPair();
    client.end();
    server.end();
    await network.runFor(SECOND);
    const late = new Recorder();
    client.start(late);
    await network.runFor(SECOND);
    expect(clientSink.events).toEqual(['end', 'closed']);
    expect(late.events).toEqual(['closed']);
  });

  it('a reset drops what a paused reader has not read of a connection that is closed already', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    server.pause();
    client.send(pattern(100));
    client.end();
    server.end();
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual([]);
    const sent = network.sent.length;
    server.reset();
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual(['closed']);
    expect(network.sent).toHaveLength(sent);
  });

  it('another sink takes over where the first one stopped', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    const second = new Recorder();
    serverSink.onData = () => server.start(second);
    client.send(pattern(1000));
    client.send(pattern(1000, 1000));
    await network.runFor(SECOND);
    client.end();
    server.end();
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual(['data']);
    expect(second.bytes).toEqual(pattern(1000, 1000));
    expect(second.events).toEqual(['data', 'end', 'closed']);
  });

  it.each([1, 2, 3, 4])('closes on both sides although closing segment %i is lost', async (lost) => {
    const { network, client, server, clientSink, serverSink, listener, stacks } = await connectedPair();
    const before = network.sent.length;
    network.rule = () => (network.sent.length === before + lost ? [] : [LATENCY_US]);
    serverSink.onEnd = () => server.end();
    client.end();
    await network.runFor(10 * SECOND);
    expect(clientSink.events).toEqual(['end', 'closed']);
    expect(serverSink.events).toEqual(['end', 'closed']);
    listener.close();
    expect(stacks.map((stack) => stack.openCount)).toEqual([0, 0]);
  });
});

describe('RFC 9293 3.4.2: TIME-WAIT', () => {
  async function waiting() {
    const pair = await rawPair();
    const { network, raw, connection, ours, theirs } = pair;
    connection.end();
    await network.runFor(SECOND / 10);
    raw.send(FIN | ACK, theirs, ours + 1);
    await network.runFor(SECOND / 10);
    expect(pair.sink.events).toEqual(['end', 'closed']);
    expect(raw.last.flags).toBe(ACK);
    return { ...pair, port: connection.local.port };
  }

  it('acknowledges a repeated FIN, and waits afresh', async () => {
    const { network, raw, ours, theirs } = await waiting();
    for (let repeat = 0; repeat < 3; repeat++) {
      await network.runFor(40 * SECOND);
      raw.received.length = 1;
      raw.send(FIN | ACK, theirs, ours + 1);
      await network.runFor(SECOND / 10);
      expect(raw.received).toHaveLength(2);
      expect([raw.last.flags, raw.last.acknowledgement]).toEqual([ACK, (theirs + 1) >>> 0]);
    }
  });

  it('is over after 60 s', async () => {
    const { network, raw, ours, theirs } = await waiting();
    await network.runFor(60 * SECOND);
    raw.send(FIN | ACK, theirs, ours + 1);
    await network.runFor(SECOND / 10);
    expect(raw.last.flags).toBe(RST);
  });

  it('ends by an exact reset only, and ignores bare acknowledgements', async () => {
    const { network, raw, ours, theirs } = await waiting();
    const count = raw.received.length;
    raw.send(RST, theirs + 2, 0);
    raw.send(ACK, theirs + 1, ours + 1);
    await network.runFor(SECOND / 10);
    expect(raw.received).toHaveLength(count);
    raw.send(FIN | ACK, theirs, ours + 1);
    await network.runFor(SECOND / 10);
    expect(raw.last.flags).toBe(ACK);
    raw.send(RST, theirs + 1, 0);
    raw.send(FIN | ACK, theirs, ours + 1);
    await network.runFor(SECOND / 10);
    expect(raw.last.flags).toBe(RST);
  });

  it('a new SYN above the old sequence numbers opens the flow anew, an old one is acknowledged', async () => {
    const { network, raw, stack, port, theirs } = await waiting();
    let accepted = 0;
    const listener = await stack.listen({ port }, () => accepted++);
    raw.send(SYN, theirs - 100, 0);
    await network.runFor(SECOND / 10);
    expect(raw.last.flags).toBe(ACK);
    raw.send(SYN, theirs + 100, 0);
    await network.runFor(SECOND / 10);
    expect(raw.last.flags).toBe(SYN | ACK);
    raw.send(ACK, theirs + 101, raw.last.sequence + 1);
    await network.runFor(SECOND / 10);
    expect(accepted).toBe(1);
    listener.close();
    expect(stack.openCount).toBe(1);
  });

  it('leaves one event in the queue, not one a connection', async () => {
    const { network, stacks, clientSink, client, server } = await connectedPair();
    client.end();
    server.end();
    await network.runFor(10 * SECOND);
    for (let round = 0; round < 20; round++) {
      const dialled = stacks[0].dial({ address: SERVER, port: PORT });
      await network.runFor(SECOND / 10);
      const connection = await dialled;
      connection.start(new Recorder());
      connection.end();
    }
    // The server never ends those: they stay half closed, and nothing is pending for them.
    await network.runFor(10 * SECOND);
    expect(clientSink.events.at(-1)).toBe('closed');
    expect(network.scheduler.pending).toBeLessThanOrEqual(2);
  });
});

describe('shutdown', () => {
  it('forgets all silently: no segment, no sink call, no settled dial', async () => {
    const pair = await connectedPair();
    const { network, stacks, client } = pair;
    let settled = false;
    const done = () => {
      settled = true;
    };
    stacks[0].dial({ address: '192.0.2.77', port: 1 }).then(done, done);
    client.send(pattern(100_000));
    const sent = network.sent.length;
    for (const stack of stacks) stack.shutdown();
    expect(stacks.map((stack) => stack.openCount)).toEqual([0, 0]);
    network.rule = () => [];
    client.send(pattern(10));
    client.end();
    client.reset();
    await network.runFor(2000 * SECOND);
    // What was on its way still arrives and is reset; our side sends nothing of its own.
    expect(network.sent.slice(sent).every((packet) => packet.flags & RST)).toBe(true);
    expect(pair.clientSink.events).toEqual([]);
    expect(pair.serverSink.events).toEqual([]);
    expect(settled).toBe(false);
  });
});
