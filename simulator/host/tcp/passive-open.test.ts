import { describe, expect, it } from 'vitest';
import type { TcpConnection } from '../../../core/ports/index.ts';
import { ACK, RST, SYN } from '../../packet.ts';
import { CLIENT, PORT, SERVER, TestNetwork } from './test-network.suite.ts';

const SECOND = 1_000_000;

const remote = { address: SERVER, port: PORT };

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
