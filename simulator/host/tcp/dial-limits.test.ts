import { describe, expect, it } from 'vitest';
import { ACK, RST, SYN } from '../../packet.ts';
import { CLIENT, codeOf, LATENCY_US, PORT, Recorder, SERVER, TestNetwork } from './test-network.suite.ts';

const SECOND = 1_000_000;

const remote = { address: SERVER, port: PORT };

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
