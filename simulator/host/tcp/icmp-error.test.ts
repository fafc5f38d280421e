import { describe, expect, it } from 'vitest';
import { ACK, type IcmpKind, quoteOf, RST, SYN } from '../../packet.ts';
import { CLIENT, codeOf, connectedPair, LATENCY_US, PORT, pattern, SERVER, TestNetwork } from './test-network.suite.ts';

const SECOND = 1_000_000;

/** Each as measured on Linux 6.18 with a crafted error for a SYN. */
const IN_SYN_SENT: [IcmpKind, string][] = [
  ['network-unreachable', 'ENETUNREACH'],
  ['host-unreachable', 'EHOSTUNREACH'],
  ['port-unreachable', 'ECONNREFUSED'],
  ['administratively-prohibited', 'EHOSTUNREACH'],
  ['time-exceeded', 'EHOSTUNREACH'],
];

describe('ICMP errors in SYN-SENT (Linux tcp_v4_err: all of them end the attempt, RFC 5461 section 4.1)', () => {
  it.each(IN_SYN_SENT)('%s is %s', async (kind, code) => {
    const network = new TestNetwork();
    network.rule = () => [];
    const stack = network.stack(CLIENT);
    const outcome = codeOf(stack.dial({ address: SERVER, port: PORT }));
    stack.receiveError(kind, quoteOf(network.sent[0]!));
    expect(await outcome).toBe(code);
    expect(stack.openCount).toBe(0);
    await network.run();
    expect(network.sent).toHaveLength(1);
  });

  it('administratively-prohibited is EACCES on IPv6', async () => {
    const network = new TestNetwork();
    const stack = network.stack('2001:db8::1');
    const outcome = codeOf(stack.dial({ address: '2001:db8::2', port: PORT }));
    stack.receiveError('administratively-prohibited', quoteOf(network.sent[0]!));
    expect(await outcome).toBe('EACCES');
  });

  it('fragmentation-needed, a foreign sequence number and a foreign flow change nothing', async () => {
    const network = new TestNetwork();
    network.rule = () => [];
    const stack = network.stack(CLIENT);
    const outcome = codeOf(stack.dial({ address: SERVER, port: PORT }));
    const quote = quoteOf(network.sent[0]!);
    stack.receiveError('fragmentation-needed', quote);
    stack.receiveError('port-unreachable', { ...quote, sequence: (quote.sequence + 5000) >>> 0 });
    stack.receiveError('port-unreachable', { ...quote, sequence: (quote.sequence - 1) >>> 0 });
    stack.receiveError('port-unreachable', { ...quote, sourcePort: 1 });
    await network.runFor(SECOND);
    expect(stack.openCount).toBe(1);
    stack.receiveError('port-unreachable', quote);
    expect(await outcome).toBe('ECONNREFUSED');
  });

  it('ends a simultaneous open in SYN-RECEIVED as well', async () => {
    const network = new TestNetwork();
    const stack = network.stack(CLIENT);
    const raw = network.raw(SERVER);
    const outcome = codeOf(stack.dial({ address: SERVER, port: PORT }));
    await network.runFor(LATENCY_US);
    raw.send(SYN, 1, 0);
    await network.runFor(2 * LATENCY_US);
    stack.receiveError('host-unreachable', quoteOf(network.sent[0]!));
    expect(await outcome).toBe('EHOSTUNREACH');
  });
});

describe('ICMP errors in SYN-RECEIVED of a passive open (Linux tcp_req_err)', () => {
  it.each([
    ['port-unreachable', true],
    ['administratively-prohibited', true],
    ['network-unreachable', false],
    ['host-unreachable', false],
    ['time-exceeded', false],
  ] as const)('%s: lives on %s', async (kind, livesOn) => {
    const network = new TestNetwork();
    const stack = network.stack(SERVER);
    const raw = network.raw(CLIENT);
    let accepted = 0;
    await stack.listen({ port: PORT }, () => accepted++);
    raw.send(SYN, 1, 0, { port: 9, to: { address: SERVER, port: PORT } });
    await network.runFor(2 * LATENCY_US);
    stack.receiveError(kind, quoteOf(raw.last));
    raw.send(ACK, 2, raw.last.sequence + 1);
    await network.runFor(2 * LATENCY_US);
    expect(accepted).toBe(livesOn ? 1 : 0);
    expect(raw.last.flags === RST).toBe(!livesOn);
  });
});

describe('RFC 9293 MUST-56: ICMP errors are soft once the connection stands', () => {
  it('the connection goes on, and no error is told', async () => {
    const { network, client, clientSink, serverSink, stacks } = await connectedPair();
    client.send(pattern(10));
    const quote = quoteOf(network.sent.at(-1)!);
    for (const [kind] of IN_SYN_SENT) stacks[0].receiveError(kind, quote);
    await network.runFor(SECOND);
    expect(serverSink.bytes.equals(pattern(10))).toBe(true);
    expect(clientSink.events).toEqual([]);
  });

  it('the last one is the reason, when the peer stays silent to the end', async () => {
    const { network, client, clientSink, stacks } = await connectedPair();
    network.rule = () => [];
    client.send(pattern(10));
    stacks[0].receiveError('host-unreachable', quoteOf(network.sent.at(-1)!));
    await network.run();
    expect(clientSink.events).toEqual(['closed EHOSTUNREACH']);
  });

  it('one that the peer outlived is forgotten', async () => {
    const { network, client, clientSink, stacks } = await connectedPair();
    client.send(pattern(10));
    stacks[0].receiveError('host-unreachable', quoteOf(network.sent.at(-1)!));
    await network.runFor(SECOND);
    network.rule = () => [];
    client.send(pattern(10));
    await network.run();
    expect(clientSink.events).toEqual(['closed ETIMEDOUT']);
  });
});

describe('RFC 1191: path MTU', () => {
  it('a transfer gets through a link of 1000 bytes that says no more than that it is too narrow', async () => {
    const { network, client, clientSink, serverSink, server, stacks } = await connectedPair();
    network.rule = (packet) => {
      if (packet.payload.length + 40 <= 1000) return [LATENCY_US];
      network.scheduler.schedule(LATENCY_US / 2, () => stacks[0].receiveError('fragmentation-needed', quoteOf(packet)));
      return [];
    };
    serverSink.onEnd = () => server.end();
    client.send(pattern(50_000));
    client.end();
    await network.runFor(60 * SECOND);
    expect(serverSink.bytes.equals(pattern(50_000))).toBe(true);
    expect(clientSink.events.at(-1)).toBe('closed');
    expect(network.scheduler.executed).toBeLessThan(2000);
  });
});
