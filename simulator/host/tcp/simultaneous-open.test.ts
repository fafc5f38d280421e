import { describe, expect, it } from 'vitest';
import { ACK, RST, SYN } from '../../packet.ts';
import { CLIENT, codeOf, LATENCY_US, pattern, Recorder, SERVER, TestNetwork } from './test-network.suite.ts';

const SECOND = 1_000_000;

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
    expect(await outcome).toBe('ok');
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
