import { describe, expect, it } from 'vitest';
import { ACK, FIN, PSH } from '../../packet.ts';
import { connectedPair, flagsOf, LATENCY_US, pattern, rawPair, TestNetwork } from './test-network.ts';

const SECOND = 1_000_000;

describe('RFC 9293 3.8: data', () => {
  it('copies on send and hands out bytes of the receiver', async () => {
    const { network, client, serverSink } = await connectedPair();
    const bytes = pattern(100);
    serverSink.onData = (got) => expect(Buffer.from(got).equals(pattern(100))).toBe(true);
    client.send(bytes);
    bytes.fill(0);
    await network.runFor(SECOND);
    serverSink.chunks[0]!.fill(0xff);
    const segment = network.sent.find((packet) => packet.payload.length === 100)!;
    expect(Buffer.from(segment.payload).equals(pattern(100))).toBe(true);
    expect(serverSink.length).toBe(100);
  });

  it('cuts into segments of 1460 bytes, sends at once (no Nagle), pushes the last', async () => {
    const { network, client } = await connectedPair();
    client.send(pattern(3000));
    client.send(pattern(1));
    const data = network.sent.filter((packet) => packet.payload.length > 0);
    expect(data.map((packet) => [packet.payload.length, flagsOf(packet)])).toEqual([
      [1460, '.'],
      [1460, '.'],
      [80, 'P.'],
      [1, 'P.'],
    ]);
  });

  it('sink calls come from events only, in order', async () => {
    const { network, client, server, clientSink, serverSink } = await connectedPair();
    const replies: number[] = [];
    serverSink.onData = (bytes) => {
      const before = clientSink.events.length;
      server.send(bytes);
      server.pause();
      server.resume();
      expect(clientSink.events).toHaveLength(before);
      replies.push(serverSink.events.length);
    };
    for (let count = 0; count < 10; count++) client.send(pattern(10, 10 * count));
    await network.runFor(SECOND);
    expect(replies).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(clientSink.bytes.equals(pattern(100))).toBe(true);
  });

  it('RFC 5681 4.2: acknowledges every second segment, or after 40 ms', async () => {
    const { network, client } = await connectedPair();
    const start = network.sent.length;
    client.send(pattern(10));
    client.send(pattern(10));
    await network.runFor(LATENCY_US);
    expect(network.sent.slice(start).map(flagsOf)).toEqual(['P.', 'P.', '.']);
    client.send(pattern(10));
    await network.runFor(LATENCY_US + 39_999);
    expect(network.sent.slice(start + 3).map(flagsOf)).toEqual(['P.']);
    await network.runFor(1);
    expect(network.sent.slice(start + 3).map(flagsOf)).toEqual(['P.', '.']);
  });

  it('an answer carries the acknowledgement', async () => {
    const { network, client, server, serverSink } = await connectedPair();
    serverSink.onData = () => server.send(pattern(20));
    const start = network.sent.length;
    client.send(pattern(10));
    await network.runFor(SECOND);
    expect(network.sent.slice(start).map(flagsOf)).toEqual(['P.', 'P.', '.']);
  });

  it('RFC 5681 4.2: a segment out of order, and one that fills the gap, are acknowledged at once', async () => {
    const { network, raw, sink, theirs, ours } = await rawPair();
    raw.received.length = 1;
    raw.send(ACK, theirs + 10, ours, { payload: pattern(10, 10) });
    await network.runFor(2 * LATENCY_US);
    expect(raw.received.slice(1).map((segment) => segment.acknowledgement)).toEqual([theirs]);
    raw.send(ACK, theirs, ours, { payload: pattern(10) });
    await network.runFor(2 * LATENCY_US);
    expect(raw.last.acknowledgement).toBe((theirs + 20) >>> 0);
    expect(sink.bytes.equals(pattern(20))).toBe(true);
  });

  it('sequence numbers wrap within a transfer', async () => {
    // The raw host starts five bytes below 2^32.
    const { network, raw, sink, theirs, ours } = await rawPair();
    for (let sent = 0; sent < 5000; sent += 1000) {
      raw.send(ACK, theirs + sent, ours, { payload: pattern(1000, sent) });
    }
    await network.runFor(SECOND);
    expect(sink.bytes.equals(pattern(5000))).toBe(true);
    expect(raw.last.acknowledgement).toBe(5000 - 5);
  });
});

describe('back-pressure', () => {
  it('10 MB into a paused reader: bounded buffers, false and drained, every byte in the end', async () => {
    const { network, client, server, clientSink, serverSink } = await connectedPair();
    const total = 10 * 1024 * 1024;
    const source = pattern(65_536 + 1024);
    let sent = 0;
    let largestBurst = 0;
    const fill = () => {
      let more = true;
      const from = sent;
      while (more && sent < total) {
        const length = Math.min(1024, total - sent);
        const at = sent & 0xffff;
        more = client.send(source.subarray(at, at + length));
        sent += length;
      }
      largestBurst = Math.max(largestBurst, sent - from);
      if (sent === total) client.end();
    };
    clientSink.onDrained = fill;
    server.pause();
    fill();
    await network.runFor(SECOND);
    // No more than the peer's window and our high-water mark.
    expect(sent).toBeGreaterThan(65_536);
    expect(sent).toBeLessThanOrEqual(2 * 65_536);
    expect(serverSink.length).toBe(0);

    let received = 0;
    let wrong = 0;
    serverSink.chunks.push = () => 0; // checked here, not kept
    serverSink.onData = (bytes) => {
      for (let index = 0; index < bytes.length; index++)
        if (bytes[index] !== source[(received + index) & 0xffff]) wrong++;
      received += bytes.length;
      if (received % 3 === 0) {
        server.pause();
        network.scheduler.schedule(1000, () => server.resume());
      }
    };
    server.resume();
    await network.run();
    expect(received).toBe(total);
    expect(wrong).toBe(0);
    expect(largestBurst).toBeLessThanOrEqual(2 * 65_536);
    expect(serverSink.events.at(-1)).toBe('end');
  });

  it('drained comes once for each false, when all is sent', async () => {
    const { network, client, clientSink } = await connectedPair();
    expect(client.send(pattern(10))).toBe(true);
    expect(client.send(pattern(200_000))).toBe(false);
    expect(client.send(pattern(10))).toBe(false);
    expect(clientSink.events).toEqual([]);
    await network.runFor(10 * SECOND);
    expect(clientSink.events).toEqual(['drained']);
    expect(client.send(pattern(10))).toBe(true);
  });

  it('RFC 9293 3.8.6: the window shuts on a reader that does not read, and opens with an update', async () => {
    const { network, raw, connection, sink, theirs, ours } = await rawPair();
    connection.pause();
    for (let sent = 0; sent < 65_536; sent += 1024) {
      raw.send(ACK, theirs + sent, ours, { payload: pattern(1024, sent) });
    }
    await network.runFor(SECOND / 10);
    expect(raw.last.window).toBe(0);
    const count = raw.received.length;
    connection.resume();
    expect(sink.events).toEqual([]); // never from within resume
    await network.runFor(2 * LATENCY_US);
    expect(raw.received.slice(count).map(({ window, acknowledgement }) => [window, acknowledgement])).toEqual([
      [65_536, (theirs + 65_536) >>> 0],
    ]);
    expect(sink.bytes.equals(pattern(65_536))).toBe(true);
  });

  it('RFC 9293 3.8.6.2.2: the window never opens by less than a segment, and its edge never moves back', async () => {
    const { network, raw, connection, sink, theirs, ours } = await rawPair();
    connection.pause();
    for (let sent = 0; sent < 65_536; sent += 512) {
      raw.send(ACK, theirs + sent, ours, { payload: pattern(512, sent) });
    }
    await network.runFor(SECOND / 10);
    sink.onData = () => connection.pause();
    let edge = raw.last.acknowledgement + raw.last.window;
    for (let step = 0; step < 20; step++) {
      connection.resume();
      await network.runFor(2 * LATENCY_US);
      raw.send(ACK, theirs + 65_535, ours, { payload: pattern(1) }); // makes it answer
      await network.runFor(2 * LATENCY_US);
      const next = raw.last.acknowledgement + raw.last.window;
      expect(next - edge === 0 || next - edge >= 1460).toBe(true);
      edge = next;
    }
    expect(edge).toBeGreaterThan(((theirs + 65_536) >>> 0) + 8000);
  });
});

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

describe('RFC 6298: retransmission timeout', () => {
  it('gives up after 15 retransmissions, each twice as late up to 120 s', async () => {
    const { network, client, clientSink, stacks } = await connectedPair();
    const times: number[] = [];
    network.rule = (packet) => {
      if (packet.payload.length > 0) times.push(network.scheduler.now);
      return [];
    };
    client.send(pattern(10));
    await network.run();
    expect(times).toHaveLength(16);
    const gaps = times.slice(1).map((time, index) => (time - times[index]!) / SECOND);
    expect(gaps[0]).toBe(0.22); // 20 ms of round trip and the floor of the variance term
    for (let index = 1; index < gaps.length; index++) {
      expect(gaps[index]).toBeCloseTo(Math.min(2 * gaps[index - 1]!, 120), 5);
    }
    expect(clientSink.events).toEqual(['closed ETIMEDOUT']);
    expect(clientSink.error?.message).toBe('ETIMEDOUT 192.0.2.2:80');
    expect(stacks[0].openCount).toBe(0);
  });

  it('(5.3): an acknowledgement of new data starts the timer afresh', async () => {
    const { network, raw, connection, ours, theirs } = await rawPair();
    connection.send(pattern(2920));
    await network.runFor(LATENCY_US);
    const rtoUs = 220_000;
    await network.runFor(rtoUs - 4 * LATENCY_US);
    raw.send(ACK, theirs, ours + 1460);
    await network.runFor(LATENCY_US);
    const restarted = network.scheduler.now;
    const count = network.sent.length;
    while (network.sent.length === count) await network.runFor(1000);
    expect(network.scheduler.now - restarted).toBeGreaterThan(rtoUs);
    expect(network.sent.at(-1)!.sequence).toBe((ours + 1460) >>> 0);
  });

  it('the first timeout of either end follows the round trip of its handshake', async () => {
    const network = new TestNetwork();
    await network.runFor(100 * SECOND);
    const { server, client } = await connectedPair(network);
    network.rule = () => [];
    for (const end of [client, server]) {
      const start = network.scheduler.now;
      const count = network.sent.length;
      end.send(pattern(10));
      while (network.sent.length === count + 1) await network.runFor(1000);
      expect(network.scheduler.now - start).toBe(220_000);
      end.reset();
    }
  });

  it('gives up on a FIN too', async () => {
    const { network, client, clientSink } = await connectedPair();
    network.rule = () => [];
    client.end();
    await network.run();
    expect(clientSink.events).toEqual(['closed ETIMEDOUT']);
    expect(network.scheduler.now).toBeGreaterThan(900 * SECOND);
  });

  it('(5.7): after a lost SYN the first timeout is 3 s', async () => {
    const network = new TestNetwork();
    network.rule = () => (network.sent.length === 1 ? [] : [LATENCY_US]);
    const { client } = await connectedPair(network);
    network.rule = () => [];
    const start = network.scheduler.now;
    const count = network.sent.length;
    client.send(pattern(10));
    while (network.sent.length === count + 1) await network.runFor(LATENCY_US);
    expect(network.scheduler.now - start).toBe(3 * SECOND);
  });

  it('Karn: the acknowledgement of a segment sent twice is no sample, and does not end the back-off', async () => {
    const { network, client } = await connectedPair();
    const base = network.sent.length;
    network.rule = () => (network.sent.length <= base + 2 ? [] : [LATENCY_US]);
    client.send(pattern(10));
    await network.runFor(2 * SECOND);
    const times: number[] = [];
    network.rule = () => {
      times.push(network.scheduler.now);
      return times.length === 1 ? [] : [LATENCY_US];
    };
    client.send(pattern(10));
    await network.runFor(5 * SECOND);
    expect(times[1]! - times[0]!).toBe(4 * 220_000); // twice backed off before
  });
});

describe('RFC 5681 and RFC 6582: congestion control', () => {
  it('RFC 6928: ten segments at first, then twice as many each round trip', async () => {
    const { network, client, server } = await connectedPair();
    server.pause();
    const rounds: number[] = [];
    let last = -1;
    network.rule = (packet) => {
      if (packet.payload.length > 0) {
        if (network.scheduler.now - last > LATENCY_US) rounds.push(0);
        last = network.scheduler.now;
        rounds[rounds.length - 1]!++;
      }
      return [LATENCY_US];
    };
    client.send(pattern(65_536));
    await network.runFor(SECOND);
    expect(rounds[0]).toBe(10);
    expect(rounds[1]).toBeGreaterThanOrEqual(15); // every second segment is acknowledged
    expect(rounds.slice(0, 3).reduce((sum, count) => sum + count)).toBe(45);
  });

  it('three duplicate acknowledgements bring the lost segment back within a round trip', async () => {
    const { network, client, serverSink } = await connectedPair();
    const base = network.sent.length;
    const start = network.scheduler.now;
    network.rule = () => (network.sent.length === base + 2 ? [] : [LATENCY_US]);
    client.send(pattern(14_600));
    client.end();
    while (!serverSink.events.includes('end')) await network.runFor(1000);
    expect(network.scheduler.now - start).toBeLessThan(5 * LATENCY_US);
    expect(serverSink.bytes.equals(pattern(14_600))).toBe(true);
    const data = network.sent.slice(base).filter((packet) => packet.payload.length > 0);
    expect(data).toHaveLength(11); // one again, and one only
  });

  it('NewReno: several losses in one window need one round trip each, and no timeout', async () => {
    const { network, client, serverSink } = await connectedPair();
    client.send(pattern(58_400));
    await network.runFor(SECOND);
    const base = network.sent.length;
    const start = network.scheduler.now;
    network.rule = () => ([3, 5, 8].includes(network.sent.length - base) ? [] : [LATENCY_US]);
    client.send(pattern(58_400));
    while (serverSink.length < 2 * 58_400) await network.runFor(1000);
    expect(network.scheduler.now - start).toBeLessThan(9 * LATENCY_US);
    const data = network.sent.slice(base).filter((packet) => packet.payload.length > 0);
    expect(data).toHaveLength(43);
  });

  it('reordering by less than three segments costs nothing', async () => {
    const { network, client, serverSink } = await connectedPair();
    const base = network.sent.length;
    let count = 0;
    network.rule = (packet) => [LATENCY_US + (packet.payload.length > 0 ? 100 * (count++ ^ 1) : 0)]; // neighbours swap
    client.send(pattern(14_600));
    await network.runFor(SECOND);
    expect(serverSink.bytes.equals(pattern(14_600))).toBe(true);
    expect(network.sent.slice(base).filter((packet) => packet.payload.length > 0)).toHaveLength(10);
  });

  it('a timeout starts again with one segment', async () => {
    const { network, client } = await connectedPair();
    network.rule = () => [];
    client.send(pattern(14_600));
    const before = network.sent.length;
    await network.runFor(300_000);
    const again = network.sent.slice(before);
    expect(again).toHaveLength(1);
    expect(again[0]!.flags & PSH).toBe(0);
  });
});
