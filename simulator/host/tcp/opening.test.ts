import { describe, expect, it } from 'vitest';
import { isNetError } from '../../../core/net/error.ts';
import type { TcpConnection } from '../../../core/ports/index.ts';
import { ACK, RST, SYN } from '../../packet.ts';
import { CLIENT, connectedPair, LATENCY_US, PORT, pattern, Recorder, SERVER, TestNetwork } from './test-network.ts';

const SECOND = 1_000_000;
const remote = { address: SERVER, port: PORT };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'connected';
  } catch (error) {
    if (!isNetError(error)) throw error;
    return error.code;
  }
}

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

describe('RFC 9293 MUST-10: simultaneous open', () => {
  const A = { address: CLIENT, port: 5000 };
  const B = { address: SERVER, port: 6000 };

  async function punch(network: TestNetwork, skewUs = 0) {
    const a = network.stack(CLIENT);
    const b = network.stack(SERVER);
    const first = a.dial(B, { localPort: A.port });
    await network.runFor(skewUs);
    const second = b.dial(A, { localPort: B.port });
    await network.runFor(30 * SECOND);
    const [left, right] = await Promise.all([first, second]);
    const sinks = [new Recorder(), new Recorder()] as const;
    left.start(sinks[0]);
    right.start(sinks[1]);
    left.send(pattern(3000));
    right.send(pattern(2000));
    await network.runFor(30 * SECOND);
    expect(sinks[0].bytes).toEqual(pattern(2000));
    expect(sinks[1].bytes).toEqual(pattern(3000));
    return { a, b, left, right, sinks };
  }

  it('crossing SYNs connect both dials, SYN-RECEIVED on both sides', async () => {
    const network = new TestNetwork();
    await punch(network);
    expect(network.flagsSent().slice(0, 6)).toEqual(['S', 'S', 'S.', 'S.', '.', '.']);
  });

  it.each([[1], [2], [3], [4], [5], [6], [1, 3], [2, 4], [3, 4], [1, 5, 6]])(
    'connects although segment %j %j %j is lost',
    async (...lost) => {
      const network = new TestNetwork();
      network.rule = () => (lost.includes(network.sent.length) ? [] : [LATENCY_US]);
      await punch(network);
    },
  );

  it('a late second dial meets the first SYN on its way', async () => {
    await punch(new TestNetwork(), LATENCY_US - 1);
  });

  it('a SYN for a flow in SYN-SENT opens that socket, though a listener has the port', async () => {
    const network = new TestNetwork();
    const a = network.stack(CLIENT);
    const b = network.stack(SERVER);
    let accepted = 0;
    const dials = [a.dial(B, { localPort: A.port }), b.dial(A, { localPort: B.port })];
    await a.listen({ port: A.port }, () => accepted++);
    await b.listen({ port: B.port }, () => accepted++);
    await network.runFor(SECOND);
    await Promise.all(dials);
    expect(accepted).toBe(0);
  });

  it('a socket may connect to itself', async () => {
    const network = new TestNetwork();
    const a = network.stack(CLIENT);
    const dialled = a.dial(A, { localPort: A.port });
    await network.runFor(SECOND);
    const self = await dialled;
    const sink = new Recorder();
    self.start(sink);
    self.send(pattern(4000));
    self.end();
    await network.run();
    expect(sink.bytes).toEqual(pattern(4000));
    expect(sink.events.slice(-2)).toEqual(['end', 'closed']);
    expect(a.openCount).toBe(0);
  });

  it('the SYN-ACK of the peer alone opens the connection, and is acknowledged', async () => {
    const network = new TestNetwork();
    const a = network.stack(CLIENT);
    const raw = network.raw(SERVER);
    const outcome = codeOf(a.dial(B, { localPort: A.port }));
    await network.runFor(LATENCY_US);
    const syn = raw.last;
    raw.send(SYN, 9000, 0);
    raw.send(SYN | ACK, 9000, syn.sequence + 1);
    await network.runFor(2 * LATENCY_US);
    expect(await outcome).toBe('connected');
    expect([raw.last.flags, raw.last.sequence, raw.last.acknowledgement]).toEqual([
      ACK,
      (syn.sequence + 1) >>> 0,
      9001,
    ]);
  });

  it('a reset after the crossing SYN is ECONNRESET, as measured on Linux', async () => {
    const network = new TestNetwork();
    const a = network.stack(CLIENT);
    const raw = network.raw(SERVER);
    const outcome = codeOf(a.dial(B, { localPort: A.port }));
    await network.runFor(LATENCY_US);
    const syn = raw.last;
    raw.send(SYN, 9000, 0);
    await network.runFor(2 * LATENCY_US);
    expect(raw.last.flags).toBe(SYN | ACK);
    raw.send(RST | ACK, 9001, syn.sequence + 1);
    await network.run();
    expect(await outcome).toBe('ECONNRESET');
    expect(a.openCount).toBe(0);
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
    expect(await outcome).toBe('connected');
  });

  it('an acknowledgement without SYN or RST is ignored', async () => {
    const { network, stack, raw, sequence } = await dialRaw();
    raw.send(ACK, 1, sequence + 1);
    await network.runFor(SECOND / 2);
    expect(raw.received).toHaveLength(1);
    expect(stack.openCount).toBe(1);
  });
});

describe('dial limits', () => {
  it('timeoutMs fails with ETIMEDOUT at that time, sends nothing and frees the flow', async () => {
    const network = new TestNetwork();
    network.rule = () => [];
    const stack = network.stack(CLIENT);
    const outcome = codeOf(stack.dial(remote, { localPort: 5000, timeoutMs: 1500 }));
    await network.run(1_500_000);
    expect(await outcome).toBe('ETIMEDOUT');
    expect(network.flagsSent()).toEqual(['S', 'S']);
    expect(stack.openCount).toBe(0);
    const again = codeOf(stack.dial(remote, { localPort: 5000, timeoutMs: 1 }));
    await network.runFor(SECOND);
    expect(await again).toBe('ETIMEDOUT');
    await network.run();
    expect(network.flagsSent()).toEqual(['S', 'S', 'S']);
  });

  it('signal fails with ECANCELED at once, sends nothing and frees the flow', async () => {
    const network = new TestNetwork();
    network.rule = () => [];
    const stack = network.stack(CLIENT);
    const abort = new AbortController();
    const outcome = codeOf(stack.dial(remote, { localPort: 5000, signal: abort.signal }));
    await network.runFor(100);
    abort.abort();
    expect(await outcome).toBe('ECANCELED');
    expect(stack.openCount).toBe(0);
    await network.run();
    expect(network.flagsSent()).toEqual(['S']);
    expect(await codeOf(stack.dial(remote, { signal: abort.signal }))).toBe('ECANCELED');
    expect(network.sent).toHaveLength(1);
  });

  it('a signal or a timeout after the connection stands does nothing', async () => {
    const network = new TestNetwork();
    const stacks = [network.stack(CLIENT), network.stack(SERVER)] as const;
    await stacks[1].listen({ port: PORT }, (connection) => connection.start(new Recorder()));
    const abort = new AbortController();
    const dialled = stacks[0].dial(remote, { signal: abort.signal, timeoutMs: 500 });
    await network.runFor(SECOND);
    const connection = await dialled;
    abort.abort();
    const sink = new Recorder();
    connection.start(sink);
    await network.run();
    expect(sink.events).toEqual([]);
    expect(stacks[0].openCount).toBe(1);
  });

  it('a dial given up in SYN-RECEIVED resets the peer, who may be connected', async () => {
    const network = new TestNetwork();
    const stack = network.stack(CLIENT);
    const raw = network.raw(SERVER);
    const outcome = codeOf(stack.dial(remote, { timeoutMs: 100 }));
    await network.runFor(LATENCY_US);
    raw.send(SYN, 700, 0);
    await network.run();
    expect(await outcome).toBe('ETIMEDOUT');
    expect([raw.last.flags, raw.last.acknowledgement]).toEqual([RST | ACK, 701]);
  });
});

describe('passive opens', () => {
  async function listening() {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    const accepted: TcpConnection[] = [];
    const listener = await stack.listen({ port: PORT }, (connection) => accepted.push(connection));
    return { network, stack, raw, accepted, listener };
  }

  it('the backlog holds 128 half-open handshakes; the SYN of one more is dropped', async () => {
    const { network, raw } = await listening();
    for (let port = 1000; port < 1129; port++) raw.send(SYN, 1, 0, { port, to: remote });
    await network.runFor(SECOND / 2);
    expect(raw.received).toHaveLength(128);
    expect(raw.received.every((segment) => segment.flags === (SYN | ACK))).toBe(true);
    raw.send(RST, 2, 0, { port: 1000, to: remote });
    raw.send(SYN, 1, 0, { port: 1128, to: remote });
    await network.runFor(SECOND / 4);
    expect(raw.last.destinationPort).toBe(1128);
  });

  it('RFC 9293 3.10.7.4: a wrong acknowledgement in SYN-RECEIVED draws a reset', async () => {
    const { network, raw, accepted } = await listening();
    raw.send(SYN, 1, 0, { port: 1000, to: remote });
    await network.runFor(SECOND / 10);
    raw.send(ACK, 2, 12345);
    await network.runFor(SECOND / 10);
    expect([raw.last.flags, raw.last.sequence]).toEqual([RST, 12345]);
    expect(accepted).toEqual([]);
  });

  it('RFC 5961 4: another SYN in SYN-RECEIVED is answered with an acknowledgement', async () => {
    const { network, raw } = await listening();
    raw.send(SYN, 1, 0, { port: 1000, to: remote });
    await network.runFor(SECOND / 10);
    raw.send(SYN, 70_000_000, 0);
    await network.runFor(SECOND / 10);
    expect([raw.last.flags, raw.last.acknowledgement]).toEqual([ACK, 2]);
  });

  it('a closed listener forgets its half-open handshakes; accepted connections live on', async () => {
    const { network, stack, raw, accepted, listener } = await listening();
    raw.send(SYN, 1, 0, { port: 1000, to: remote });
    await network.runFor(SECOND / 10);
    raw.send(ACK, 2, raw.last.sequence + 1);
    raw.send(SYN, 1, 0, { port: 1001, to: remote });
    await network.runFor(SECOND / 10);
    listener.close();
    listener.close();
    raw.send(ACK, 2, raw.last.sequence + 1);
    await network.runFor(SECOND / 10);
    expect(raw.last.flags).toBe(RST);
    expect(accepted).toHaveLength(1);
    expect(stack.openCount).toBe(1);
  });
});
