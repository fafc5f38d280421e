import { describe, expect, it } from 'vitest';
import { ACK, FIN, PSH, RST, SYN } from '../../packet.ts';
import {
  CLIENT,
  connectedPair,
  LATENCY_US,
  PORT,
  pattern,
  rawPair,
  SERVER,
  TestNetwork,
} from './test-network.suite.ts';

const SECOND = 1_000_000;

describe('RFC 9293 3.10.7.1: a segment for no socket', () => {
  it.each([
    ['a SYN', SYN, 700, 0, [RST | ACK, 0, 701]],
    ['a SYN with FIN', SYN | FIN, 700, 0, [RST | ACK, 0, 702]],
    ['an ACK', ACK, 700, 900, [RST, 900, 0]],
    ['a SYN-ACK', SYN | ACK, 700, 900, [RST, 900, 0]],
    ['a FIN', FIN | ACK, 700, 900, [RST, 900, 0]],
  ])('%s draws a reset that the sender must accept', async (_name, flags, sequence, acknowledgement, expected) => {
    const network = new TestNetwork();
    network.stack(SERVER);
    const raw = network.raw(CLIENT);
    raw.send(flags, sequence, acknowledgement, { port: 9, to: { address: SERVER, port: PORT } });
    await network.run();
    const reply = raw.last;
    expect([reply.flags, reply.sequence, reply.acknowledgement]).toEqual(expected);
    expect(raw.received).toHaveLength(1);
  });

  it('counts the text of what it resets', async () => {
    const network = new TestNetwork();
    network.stack(SERVER);
    const raw = network.raw(CLIENT);
    raw.send(SYN, 700, 0, { port: 9, to: { address: SERVER, port: PORT }, payload: pattern(10) });
    await network.run();
    expect(raw.last.acknowledgement).toBe(711);
  });

  it.each([RST, RST | ACK])('never answers a reset (flags %i)', async (flags) => {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    raw.send(flags, 1, 1, { port: 9, to: { address: SERVER, port: PORT } });
    await stack.listen({ port: PORT }, () => {});
    raw.send(flags, 1, 1, { port: 9, to: { address: SERVER, port: PORT } });
    await network.run();
    expect(raw.received).toEqual([]);
  });

  it('a listener resets an acknowledgement, and drops what is neither SYN nor ACK', async () => {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    await stack.listen({ port: PORT }, () => {});
    raw.send(FIN, 1, 0, { port: 9, to: { address: SERVER, port: PORT } });
    raw.send(SYN | FIN, 1, 0, { port: 9, to: { address: SERVER, port: PORT } });
    await network.run();
    expect(raw.received).toEqual([]);
    raw.send(ACK, 1, 55, { port: 9, to: { address: SERVER, port: PORT } });
    await network.run();
    expect([raw.last.flags, raw.last.sequence]).toEqual([RST, 55]);
  });

  it('a refused dial is over within a round trip', async () => {
    const network = new TestNetwork();
    const stack = network.stack(CLIENT);
    network.stack(SERVER);
    const dialled = stack.dial({ address: SERVER, port: PORT });
    dialled.catch(() => {});
    await network.run();
    await expect(dialled).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: 'connect ECONNREFUSED 192.0.2.2:80',
    });
    expect(network.flagsSent()).toEqual(['S', 'R.']);
    expect(network.sent[1]!.acknowledgement).toBe((network.sent[0]!.sequence + 1) >>> 0);
    expect(stack.openCount).toBe(0);
  });
});

describe('RFC 5961 3.2: reset of a connection', () => {
  it('only the exact sequence number resets; another in the window is challenged; outside nothing happens', async () => {
    const { network, raw, sink, theirs, stack } = await rawPair();
    raw.received.length = 1;
    raw.send(RST, theirs - 1, 0);
    raw.send(RST, theirs + 65_536, 0);
    await network.runFor(SECOND / 10);
    expect(raw.received).toHaveLength(1);
    raw.send(RST, theirs + 100, 0);
    await network.runFor(SECOND / 10);
    expect(raw.received).toHaveLength(2);
    expect([raw.last.flags, raw.last.acknowledgement]).toEqual([ACK, theirs]);
    expect(sink.events).toEqual([]);
    raw.send(RST, theirs, 0);
    await network.runFor(SECOND / 10);
    expect(sink.events).toEqual(['closed ECONNRESET']);
    expect(raw.received).toHaveLength(2);
    expect(stack.openCount).toBe(0);
  });

  it('RFC 5961 4.2: a SYN in the window is challenged', async () => {
    const { network, raw, sink, theirs, ours } = await rawPair();
    raw.send(SYN, theirs + 5, 0);
    await network.runFor(SECOND / 10);
    expect([raw.last.flags, raw.last.sequence, raw.last.acknowledgement]).toEqual([ACK, ours, theirs]);
    expect(sink.events).toEqual([]);
  });

  it('RFC 5961 5.2: an acknowledgement of what was never sent, or long ago, carries nothing in', async () => {
    const { network, raw, sink, theirs, ours } = await rawPair(1000);
    raw.received.length = 1;
    raw.send(ACK, theirs, ours + 1, { payload: pattern(10) });
    raw.send(ACK, theirs, ours - 1001, { payload: pattern(10) });
    await network.runFor(SECOND / 10);
    expect(raw.received.slice(1).map(({ flags, acknowledgement }) => [flags, acknowledgement])).toEqual([
      [ACK, theirs],
      [ACK, theirs],
    ]);
    expect(sink.events).toEqual([]);
  });

  it('bare acknowledgements out of the window are answered twice a second, not each', async () => {
    const { network, raw, theirs, ours } = await rawPair();
    raw.received.length = 1;
    for (let count = 0; count < 50; count++) raw.send(ACK, theirs - 10_000, ours);
    await network.runFor(SECOND / 10);
    expect(raw.received).toHaveLength(2);
    await network.runFor(SECOND / 2);
    raw.send(ACK, theirs - 10_000, ours);
    await network.runFor(SECOND / 10);
    expect(raw.received).toHaveLength(3);
  });

  it('two ends out of step do not answer each other for ever', async () => {
    const { network, raw, connection, theirs, ours } = await rawPair();
    connection.send(pattern(10));
    raw.received.length = 1;
    for (let round = 0; round < 100; round++) {
      raw.send(ACK, theirs, ours + 5000);
      await network.runFor(2 * LATENCY_US);
    }
    expect(raw.received.length).toBeLessThan(12);
  });
});

describe('RFC 9293 3.10.5: abort', () => {
  it('resets the peer, frees the flow at once, and tells each sink once', async () => {
    const { network, client, clientSink, serverSink, stacks, listener } = await connectedPair();
    client.send(pattern(10));
    client.reset();
    client.reset();
    expect(clientSink.events).toEqual([]); // never from within reset
    expect(stacks[0].openCount).toBe(0);
    await network.runFor(SECOND);
    expect(clientSink.events).toEqual(['closed']);
    expect(serverSink.events).toEqual(['data', 'closed ECONNRESET']);
    listener.close();
    expect(stacks[1].openCount).toBe(0);
  });

  it('from within a sink call: nothing more is told but the close', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    serverSink.onData = () => server.reset();
    for (let count = 0; count < 5; count++) client.send(pattern(100));
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual(['data', 'closed']);
  });

  it('an accepted connection may be reset on the spot', async () => {
    const network = new TestNetwork();
    const stacks = [network.stack(CLIENT), network.stack(SERVER)] as const;
    await stacks[1].listen({ port: PORT }, (connection) => connection.reset());
    const dialled = stacks[0].dial({ address: SERVER, port: PORT });
    await network.run();
    const connection = await dialled;
    expect(connection.send(pattern(1))).toBe(false);
    expect(stacks.map((stack) => stack.openCount)).toEqual([0, 1]);
  });

  it('a reset that a lost segment put off its place still gets through, by way of a challenge', async () => {
    const { network, client, serverSink } = await connectedPair();
    const before = network.sent.length;
    network.rule = () => (network.sent.length === before + 1 ? [] : [LATENCY_US]);
    client.send(pattern(10));
    client.reset();
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual(['closed ECONNRESET']);
  });

  it('flushes what was not read, even if the reader is paused', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    server.pause();
    client.send(pattern(10));
    await network.runFor(SECOND);
    client.reset();
    await network.runFor(SECOND);
    expect(serverSink.events).toEqual(['closed ECONNRESET']);
  });

  it('in CLOSE-WAIT a reset is EPIPE, as on Linux', async () => {
    const { network, raw, sink, theirs, ours } = await rawPair();
    raw.send(FIN | ACK, theirs, ours);
    await network.runFor(SECOND / 10);
    raw.send(RST, theirs + 1, 0);
    await network.runFor(SECOND / 10);
    expect(sink.events).toEqual(['end', 'closed EPIPE']);
  });

  it('in LAST-ACK and CLOSING a reset closes, and ours sends none', async () => {
    const lastAck = await rawPair();
    lastAck.raw.send(FIN | ACK, lastAck.theirs, lastAck.ours);
    await lastAck.network.runFor(SECOND / 10);
    lastAck.connection.end();
    await lastAck.network.runFor(SECOND / 10);
    lastAck.raw.send(RST, lastAck.theirs + 1, 0);
    await lastAck.network.runFor(SECOND / 10);
    expect(lastAck.sink.events).toEqual(['end', 'closed']);

    const closing = await rawPair();
    closing.connection.end();
    closing.raw.send(FIN | ACK, closing.theirs, closing.ours);
    await closing.network.runFor(SECOND / 10);
    closing.connection.reset();
    await closing.network.runFor(SECOND / 10);
    expect(closing.sink.events).toEqual(['end', 'closed']);
    expect(closing.raw.received.some((segment) => segment.flags & RST)).toBe(false);
  });

  it('a writer that never heeds false loses the connection before it eats the memory', async () => {
    const { network, client, server, clientSink, serverSink } = await connectedPair();
    server.pause();
    const block = Buffer.alloc(8 * 1024 * 1024);
    for (let count = 0; count < 9; count++) client.send(block);
    await network.runFor(SECOND);
    expect(clientSink.events).toEqual(['closed ENOBUFS']);
    expect(serverSink.events).toEqual(['closed ECONNRESET']);
  });
});

describe('hostile segments', () => {
  it('text behind a FIN is not delivered, wherever it lies in the window', async () => {
    const { network, raw, sink, theirs, ours } = await rawPair();
    raw.send(ACK | PSH, theirs + 20, ours, { payload: pattern(50) });
    raw.send(ACK | FIN, theirs, ours, { payload: pattern(10) });
    raw.send(ACK, theirs + 10, ours, { payload: pattern(10) });
    await network.runFor(SECOND);
    expect(sink.bytes).toEqual(pattern(10));
    expect(sink.events).toEqual(['data', 'end']);
    raw.send(ACK, theirs + 11, ours, { payload: pattern(10) });
    await network.runFor(SECOND);
    expect(sink.events).toEqual(['data', 'end']);
  });

  it('text outside the window is dropped and acknowledged', async () => {
    const { network, raw, sink, theirs, ours } = await rawPair();
    raw.send(ACK, theirs + 70_000, ours, { payload: pattern(10) });
    await network.runFor(SECOND / 100 + LATENCY_US);
    expect([raw.last.flags, raw.last.acknowledgement]).toEqual([ACK, theirs]);
    raw.send(ACK, theirs, ours, { payload: pattern(65_536 + 500) });
    await network.runFor(SECOND);
    expect(sink.length).toBe(65_536);
  });
});
