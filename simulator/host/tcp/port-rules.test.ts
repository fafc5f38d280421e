import { describe, expect, it } from 'vitest';
import type { TcpConnection } from '../../../core/ports/index.ts';
import { ACK, FIN } from '../../packet.ts';
import {
  CLIENT,
  codeOf,
  LATENCY_US,
  PORT,
  pattern,
  Recorder,
  rawPair,
  SERVER,
  TestNetwork,
} from './test-network.suite.ts';

const SECOND = 1_000_000;
const OTHER = '192.0.2.9';
const P = 5000;

/** A client with two addresses, and a server that accepts on two ports. */
async function world() {
  const network = new TestNetwork();
  const client = network.stack(CLIENT, OTHER, '2001:db8::1');
  const server = network.stack(SERVER, '2001:db8::2');
  const accepted: TcpConnection[] = [];
  const serve = (connection: TcpConnection) => {
    accepted.push(connection);
    connection.start(new Recorder());
  };
  await server.listen({ port: PORT }, serve);
  await server.listen({ port: PORT + 1 }, serve);
  const dial = async (port: number, localPort: number, localAddress?: string) => {
    const dialled = client.dial({ address: SERVER, port }, { localPort, ...(localAddress && { localAddress }) });
    const outcome = codeOf(dialled);
    await network.runFor(SECOND);
    return { code: await outcome, dialled };
  };
  return { network, client, server, accepted, dial };
}

const ignore = () => {};

describe('port rules of Linux, as Node meets them (SO_REUSEADDR on every socket)', () => {
  it('several dials from one local port to different remotes', async () => {
    const { dial, client } = await world();
    expect((await dial(PORT, P)).code).toBe('ok');
    expect((await dial(PORT + 1, P)).code).toBe('ok');
    expect(client.openCount).toBe(2);
  });

  it('50 dials from one local port at once', async () => {
    const network = new TestNetwork();
    const client = network.stack(CLIENT);
    const server = network.stack(SERVER);
    for (let port = 1; port <= 50; port++) await server.listen({ port }, ignore);
    const dials = Array.from({ length: 50 }, (_, index) =>
      codeOf(client.dial({ address: SERVER, port: index + 1 }, { localPort: P })),
    );
    await network.runFor(SECOND);
    expect(new Set(await Promise.all(dials))).toEqual(new Set(['ok']));
  });

  it('the same flow twice: EADDRNOTAVAIL, connected or connecting', async () => {
    const { network, client, dial } = await world();
    const both = [1, 2].map(() => codeOf(client.dial({ address: SERVER, port: PORT }, { localPort: P })));
    await network.runFor(SECOND);
    expect(await Promise.all(both)).toEqual(['ok', 'EADDRNOTAVAIL']);
    expect((await dial(PORT, P)).code).toBe('EADDRNOTAVAIL');
  });

  it('a flow that a listener accepted can not be dialled: EADDRNOTAVAIL once the listener is out of the way', async () => {
    const network = new TestNetwork();
    const client = network.stack(CLIENT);
    const server = network.stack(SERVER);
    const listener = await server.listen({ port: PORT }, ignore);
    const dialled = codeOf(client.dial({ address: SERVER, port: PORT }, { localPort: P }));
    await network.runFor(SECOND);
    expect(await dialled).toBe('ok');
    const back = () => codeOf(server.dial({ address: CLIENT, port: P }, { localPort: PORT }));
    expect(await back()).toBe('EADDRINUSE');
    listener.close();
    expect(await back()).toBe('EADDRNOTAVAIL');
  });

  it('a port that listens can not dial: EADDRINUSE, whichever of the two is unspecified', async () => {
    const { client, dial } = await world();
    const anywhere = await client.listen({ port: P }, ignore);
    expect((await dial(PORT, P)).code).toBe('EADDRINUSE');
    expect((await dial(PORT, P, CLIENT)).code).toBe('EADDRINUSE');
    anywhere.close();
    await client.listen({ port: P, address: OTHER }, ignore);
    expect((await dial(PORT, P, '0.0.0.0')).code).toBe('EADDRINUSE');
    expect((await dial(PORT, P, OTHER)).code).toBe('EADDRINUSE');
  });

  it('a listener on one address leaves dials from another alone', async () => {
    const { client, dial } = await world();
    await client.listen({ port: P, address: OTHER }, ignore);
    expect((await dial(PORT, P)).code).toBe('ok');
    expect((await dial(PORT + 1, P, CLIENT)).code).toBe('ok');
  });

  it('an IPv6 listener leaves IPv4 dials alone', async () => {
    const { client, dial } = await world();
    await client.listen({ port: P, family: 6 }, ignore);
    expect((await dial(PORT, P)).code).toBe('ok');
  });

  it('dial first, listen second works, in SYN-SENT and connected', async () => {
    const { network, client, dial, accepted, server } = await world();
    const dialled = codeOf(client.dial({ address: SERVER, port: PORT }, { localPort: P }));
    const listener = await client.listen({ port: P }, ignore);
    await network.runFor(SECOND);
    expect(await dialled).toBe('ok');
    listener.close();
    expect(await codeOf(client.listen({ port: P }, (connection) => accepted.push(connection)))).toBe('ok');
    expect((await dial(PORT + 1, P)).code).toBe('EADDRINUSE');
    const inbound = codeOf(server.dial({ address: CLIENT, port: P }));
    await network.runFor(SECOND);
    expect(await inbound).toBe('ok');
  });

  it('the toggle: close, dial and listen on one port within one tick', async () => {
    const { network, client } = await world();
    const first = await client.listen({ port: P }, ignore);
    first.close();
    const dialled = codeOf(client.dial({ address: SERVER, port: PORT }, { localPort: P }));
    const second = codeOf(client.listen({ port: P }, ignore));
    await network.runFor(SECOND);
    expect([await dialled, await second]).toEqual(['ok', 'ok']);
  });

  it('two listeners on one port: EADDRINUSE if either is unspecified or both are the same', async () => {
    const { client } = await world();
    const first = await client.listen({ port: P }, ignore);
    expect(await codeOf(client.listen({ port: P }, ignore))).toBe('EADDRINUSE');
    expect(await codeOf(client.listen({ port: P, address: CLIENT }, ignore))).toBe('EADDRINUSE');
    first.close();
    await client.listen({ port: P, address: CLIENT }, ignore);
    expect(await codeOf(client.listen({ port: P }, ignore))).toBe('EADDRINUSE');
    expect(await codeOf(client.listen({ port: P, address: CLIENT }, ignore))).toBe('EADDRINUSE');
    expect(await codeOf(client.listen({ port: P, address: OTHER }, ignore))).toBe('ok');
    expect(await codeOf(client.listen({ port: P, family: 6 }, ignore))).toBe('ok');
  });

  it('a SYN goes to the listener on its very address before the unspecified one of another family', async () => {
    const { network, client, server } = await world();
    const heard: string[] = [];
    await client.listen({ port: P, address: OTHER }, () => heard.push('v4'));
    await client.listen({ port: P, family: 6 }, () => heard.push('v6'));
    const dials = [
      codeOf(server.dial({ address: OTHER, port: P })),
      codeOf(server.dial({ address: '2001:db8::1', port: P })),
      codeOf(server.dial({ address: CLIENT, port: P })),
    ];
    await network.runFor(SECOND);
    expect(await Promise.all(dials)).toEqual(['ok', 'ok', 'ECONNREFUSED']);
    expect(heard).toEqual(['v4', 'v6']);
  });

  it('after ECONNREFUSED port and flow are free at once', async () => {
    const { dial, server } = await world();
    expect((await dial(PORT + 5, P)).code).toBe('ECONNREFUSED');
    await server.listen({ port: PORT + 5 }, ignore);
    expect((await dial(PORT + 5, P)).code).toBe('ok');
  });

  it('after reset the flow is free at once', async () => {
    const { network, client, dial } = await world();
    const connection = await (await dial(PORT, P)).dialled;
    connection.reset();
    const again = codeOf(client.dial({ address: SERVER, port: PORT }, { localPort: P }));
    await network.runFor(SECOND);
    expect(await again).toBe('ok');
  });

  it('while a close is under way the flow is taken; in TIME-WAIT a named port may dial it again', async () => {
    const { network, client, accepted, dial } = await world();
    const connection = await (await dial(PORT, P)).dialled;
    connection.start(new Recorder());
    connection.end();
    expect((await dial(PORT, P)).code).toBe('EADDRNOTAVAIL'); // FIN-WAIT-2
    accepted[0]!.end();
    await network.runFor(3 * LATENCY_US);
    const redial = client.dial({ address: SERVER, port: PORT }, { localPort: P });
    await network.runFor(SECOND);
    const again = await redial;
    const sink = new Recorder();
    again.start(sink);
    accepted[1]!.send(pattern(3000));
    await network.runFor(SECOND);
    expect(sink.bytes.equals(pattern(3000))).toBe(true);
  });

  it('the next connection after TIME-WAIT starts clear of the numbers of the last one', async () => {
    const { network, raw, connection, ours, theirs, stack } = await rawPair();
    connection.send(pattern(1000));
    connection.end();
    await network.runFor(SECOND / 10);
    raw.send(FIN | ACK, theirs, ours + 1001);
    await network.runFor(SECOND / 10);
    stack.dial(connection.remote, { localPort: connection.local.port }).catch(ignore);
    await network.runFor(LATENCY_US);
    expect(raw.last.sequence).toBe((ours + 1001 + 65_537) >>> 0);
  });

  it('a peer in TIME-WAIT takes the next SYN of the flow, since initial sequence numbers grow', async () => {
    const { network, client, accepted, dial } = await world();
    for (let round = 0; round < 20; round++) {
      const connection = await (await dial(PORT, P)).dialled;
      const sink = new Recorder();
      connection.start(sink);
      accepted.at(-1)!.end();
      await network.runFor(SECOND / 10);
      connection.end();
      await network.runFor(SECOND / 10);
      expect(sink.events).toEqual(['end', 'closed']);
    }
    expect(client.openCount).toBe(0);
    expect(network.sent.filter((packet) => packet.flags & 4)).toEqual([]); // no reset in all that
  });

  it('TIME-WAIT does not keep a listener from its port', async () => {
    const { network, raw, connection, ours, theirs, stack } = await rawPair();
    connection.end();
    await network.runFor(SECOND / 10);
    raw.send(FIN | ACK, theirs, ours + 1);
    await network.runFor(SECOND / 10);
    expect(await codeOf(stack.listen({ port: connection.local.port }, ignore))).toBe('ok');
  });
});

describe('binding', () => {
  it('an address that is not ours: EADDRNOTAVAIL', async () => {
    const { client, dial } = await world();
    expect((await dial(PORT, P, '198.51.100.1')).code).toBe('EADDRNOTAVAIL');
    expect(await codeOf(client.listen({ address: '198.51.100.1' }, ignore))).toBe('EADDRNOTAVAIL');
  });

  it('an address of the other family, no address, no port: EINVAL', async () => {
    const { client, dial } = await world();
    expect((await dial(PORT, P, '2001:db8::1')).code).toBe('EINVAL');
    expect((await dial(PORT, P, 'localhost')).code).toBe('EINVAL');
    expect((await dial(65_536, P)).code).toBe('EINVAL');
    expect((await dial(PORT, -1)).code).toBe('EINVAL');
    expect(await codeOf(client.dial({ address: 'example.org', port: 1 }))).toBe('EINVAL');
    expect(await codeOf(client.listen({ address: CLIENT, family: 6 }, ignore))).toBe('EINVAL');
    expect(client.openCount).toBe(0);
  });

  it('no route: ENETUNREACH', async () => {
    const network = new TestNetwork();
    expect(await codeOf(network.stack(CLIENT).dial({ address: '2001:db8::2', port: 1 }))).toBe('ENETUNREACH');
  });

  it('dials with a named address leave from it', async () => {
    const { dial, accepted } = await world();
    const connection = await (await dial(PORT, 0, OTHER)).dialled;
    expect(connection.local.address).toBe(OTHER);
    expect(accepted[0]!.remote).toEqual(connection.local);
  });

  it('ephemeral ports come from 32768 to 60999, random, and keep clear of what is in use', async () => {
    const { network, client } = await world();
    const listeners = await Promise.all(Array.from({ length: 50 }, () => client.listen({}, ignore)));
    const dials = Array.from({ length: 50 }, () => client.dial({ address: SERVER, port: PORT }));
    await network.runFor(SECOND);
    const connections = await Promise.all(dials);
    const ports = [...listeners, ...connections].map((socket) => socket.local.port);
    expect(new Set(ports).size).toBe(100);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
    expect(Math.max(...ports)).toBeLessThanOrEqual(60_999);
    expect(ports[1]).not.toBe(ports[0]! + 1);
  });

  it('the same seed takes the same ports and sequence numbers', async () => {
    const sent = async (seed: string) => {
      const network = new TestNetwork(seed);
      network.stack(CLIENT).dial({ address: SERVER, port: PORT }).catch(ignore);
      await network.runFor(SECOND / 2);
      return [network.sent[0]!.sourcePort, network.sent[0]!.sequence];
    };
    expect(await sent('one')).toEqual(await sent('one'));
    expect(await sent('one')).not.toEqual(await sent('two'));
  });
});
