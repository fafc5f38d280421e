import { describe, expect, it } from 'vitest';
import { ACK, PSH } from '../../packet.ts';
import { connectedPair, LATENCY_US, pattern, rawPair, TestNetwork } from './test-network.suite.ts';

const SECOND = 1_000_000;

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
