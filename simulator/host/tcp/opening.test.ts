import { describe, expect, it } from 'vitest';
import type { TcpConnection } from '../../../core/ports/index.ts';
import { ACK, RST, SYN } from '../../packet.ts';
import {
  CLIENT,
  codeOf,
  connectedPair,
  LATENCY_US,
  PORT,
  pattern,
  Recorder,
  SERVER,
  TestNetwork,
} from './test-network.suite.ts';

const SECOND = 1_000_000;

const remote = { address: SERVER, port: PORT };

describe('RFC 9293 3.5: three-way handshake', () => {
  it('takes a SYN, a SYN-ACK and an ACK, and gives both ends their endpoints', async () => {
    const { network, client, server } = await connectedPair();
    expect(network.flagsSent()).toEqual(['S', 'S.', '.']);
    expect(client.remote).toEqual(remote);
    expect(server.remote).toEqual(client.local);
    expect(server.local).toEqual(remote);
    const [syn, synAck, ack] = network.sent;
    expect(synAck!.acknowledgement).toBe((syn!.sequence + 1) >>> 0);
    expect(ack!.acknowledgement).toBe((synAck!.sequence + 1) >>> 0);
  });

  it('takes text on the segment that completes it', async () => {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    const sink = new Recorder();
    await stack.listen({ port: PORT }, (connection) => connection.start(sink));
    raw.send(SYN, 100, 0, { port: 4000, to: remote });
    await network.runFor(SECOND / 2);
    raw.send(ACK, 101, raw.received[0]!.sequence + 1, { payload: pattern(20) });
    await network.runFor(SECOND);
    expect(sink.bytes).toEqual(pattern(20));
  });

  it('reads nothing of an accepted connection before start', async () => {
    const network = new TestNetwork();
    const stacks = [network.stack(CLIENT), network.stack(SERVER)] as const;
    let accepted: TcpConnection | undefined;
    await stacks[1].listen({ port: PORT }, (connection) => (accepted = connection));
    const dialled = stacks[0].dial(remote);
    await network.runFor(SECOND);
    (await dialled).send(pattern(10));
    await network.runFor(SECOND);
    const sink = new Recorder();
    accepted!.start(sink);
    expect(sink.events).toEqual([]); // never from within start
    await network.runFor(0);
    expect(sink.bytes).toEqual(pattern(10));
  });
});

describe('RFC 6298 and Linux tcp_syn_retries: SYN retransmission', () => {
  it('sends the SYN at 0, 1, 3, 7, 15, 31 and 63 s and gives up after 127 s', async () => {
    const network = new TestNetwork();
    const times: number[] = [];
    network.rule = () => {
      times.push(network.scheduler.now / SECOND);
      return [];
    };
    const stack = network.stack(CLIENT);
    const outcome = codeOf(stack.dial(remote));
    await network.run();
    expect(await outcome).toBe('ETIMEDOUT');
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63]);
    expect(network.scheduler.now).toBe(127 * SECOND);
    expect(stack.openCount).toBe(0);
  });

  it('repeats a lost SYN-ACK, five times at most', async () => {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    let accepted = 0;
    await stack.listen({ port: PORT }, () => accepted++);
    raw.send(SYN, 100, 0, { port: 4000, to: remote });
    await network.run();
    expect(raw.received.map((segment) => segment.flags)).toEqual(new Array(6).fill(SYN | ACK));
    raw.send(ACK, 101, raw.last.sequence + 1);
    await network.run();
    expect(raw.last.flags).toBe(RST); // forgotten
    expect(accepted).toBe(0);
  });

  it.each([1, 2, 3])('connects although the first %i handshake segments are lost', async (losses) => {
    const network = new TestNetwork();
    network.rule = () => (network.sent.length <= losses ? [] : [LATENCY_US]);
    const { client, clientSink, server } = await connectedPair(network);
    server.send(pattern(5000));
    await network.runFor(10 * SECOND);
    expect(clientSink.bytes).toEqual(pattern(5000));
    expect(client.remote).toEqual(remote);
  });

  it('answers a repeated SYN with the same SYN-ACK', async () => {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    await stack.listen({ port: PORT }, () => {});
    raw.send(SYN, 100, 0, { port: 4000, to: remote });
    raw.send(SYN, 100, 0, { port: 4000, to: remote });
    await network.runFor(SECOND / 2);
    expect(raw.received.map(({ flags, acknowledgement }) => [flags, acknowledgement])).toEqual([
      [SYN | ACK, 101],
      [SYN | ACK, 101],
    ]);
    expect(raw.received[0]!.sequence).toBe(raw.received[1]!.sequence);
  });
});

describe('RFC 9293 3.10.7.3: SYN-SENT', () => {
  async function dialRaw() {
    const network = new TestNetwork();
    const stack = network.stack(CLIENT);
    const raw = network.raw(SERVER);
    const outcome = codeOf(stack.dial(remote));
    await network.runFor(LATENCY_US);
    const { sequence } = raw.last;
    raw.received.length = 1;
    return { network, stack, raw, outcome, sequence };
  }

  it('a reset counts only if it acknowledges our SYN', async () => {
    const { network, stack, raw, outcome, sequence } = await dialRaw();
    raw.send(RST, 0, 0);
    raw.send(RST | ACK, 0, sequence + 7);
    raw.send(RST | ACK, 0, sequence);
    await network.runFor(SECOND / 2);
    expect(stack.openCount).toBe(1);
    raw.send(RST | ACK, 0, sequence + 1);
    await network.run();
    expect(await outcome).toBe('ECONNREFUSED');
  });

  it('an acknowledgement of something else draws a reset, and the dial goes on', async () => {
    const { network, raw, outcome, sequence } = await dialRaw();
    raw.send(ACK, 1, sequence + 7);
    await network.runFor(SECOND / 2);
    expect([raw.last.flags, raw.last.sequence]).toEqual([RST, (sequence + 7) >>> 0]);
    raw.send(SYN | ACK, 500, sequence + 1);
    await network.runFor(SECOND);
    expect(await outcome).toBe('ok');
  });

  it('an acknowledgement without SYN or RST is ignored', async () => {
    const { network, stack, raw, sequence } = await dialRaw();
    raw.send(ACK, 1, sequence + 1);
    await network.runFor(SECOND / 2);
    expect(raw.received).toHaveLength(1);
    expect(stack.openCount).toBe(1);
  });
});
