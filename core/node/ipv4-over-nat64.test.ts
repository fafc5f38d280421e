import { expect, test } from 'vitest';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { type NatDescription, resolveBehaviour } from '../nat/behaviour.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Host } from '../ports/index.ts';
import { withIpv4 } from './ipv4-over-nat64.ts';

const link = symmetricLink({ latencyUs: 5000 });
const NAT64: NatDescription = { translation: 'nat64', filtering: 'endpoint-independent' };

/** A host behind a NAT64 and a server of IPv4 on 192.0.2.2. */
async function play(body: (host: Host, server: SimHost) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'nat64' });
  const net = new Topology(world);
  const { host } = net.side('a', { lines: [{ family: 6, nats: [resolveBehaviour(NAT64)], link }] });
  const server = net.server('server', { link });
  const result = await world.run(async () => body(await withIpv4(host), server));
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
}

const SERVER = { address: '192.0.2.2', port: 7 };

test('a host that has IPv4, or no NAT64 in front of it, stays as it is', async () => {
  const world = new World({ seed: 'plain' });
  const net = new Topology(world);
  const router = resolveBehaviour({ translation: 'none' });
  const only6 = net.side('a', { lines: [{ family: 6, nats: [router], link }] }).host;
  const both = net.side('b', {
    lines: [
      { nats: [router], link },
      { family: 6, nats: [resolveBehaviour(NAT64)], link },
    ],
  }).host;
  await world.run(async () => {
    expect(await withIpv4(only6)).toBe(only6);
    expect(await withIpv4(both)).toBe(both);
  });
});

test('an address of IPv4 appears beside the one of IPv6 (RFC 7335)', async () => {
  await play(async (host) => {
    const shown = host.interfaces().find(({ loopback }) => !loopback)!.addresses;
    expect(shown.map(({ address }) => address)).toEqual(['2001:db8:8001:1::2', '192.0.0.2']);
  });
});

test('datagrams go and come as if it were IPv4', async () => {
  await play(async (host, server) => {
    const echo = await server.udp.bind({ port: SERVER.port });
    echo.onMessage = (data, from) => echo.send(data, from);
    const socket = await host.udp.bind({ port: 5000 });
    expect(socket.local).toEqual({ address: '0.0.0.0', port: 5000 });
    const from = await new Promise<Endpoint>((resolve) => {
      socket.onMessage = (_data, peer) => resolve(peer);
      socket.send(Buffer.from('hello'), SERVER);
    });
    expect(from).toEqual(SERVER);
    socket.close();
    await expect(host.udp.bind({ address: '10.0.0.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });
});

test('a socket of IPv4 neither hears nor reaches IPv6, and one of IPv6 is what it always was', async () => {
  await play(async (host) => {
    const [four, six] = [await host.udp.bind({ port: 5000 }), await host.udp.bind({ family: 6, port: 6000 })];
    const heard: string[] = [];
    four.onMessage = () => heard.push('IPv4');
    six.onMessage = () => heard.push('IPv6');
    const own = '2001:db8:8001:1::2';
    six.send(Buffer.alloc(1), { address: own, port: 5000 });
    four.send(Buffer.alloc(1), { address: own, port: 6000 });
    six.send(Buffer.alloc(1), { address: own, port: 6000 });
    await new Promise<void>((resolve) => host.clock.after(100, resolve));
    expect(heard).toEqual(['IPv6']);
  });
});

test('a refusal is heard by a connected socket', async () => {
  await play(async (host) => {
    const socket = await host.udp.bind({ remote: SERVER });
    const refused = new Promise((resolve) => {
      socket.onError = ({ code }) => resolve(code);
    });
    socket.send(Buffer.alloc(1), SERVER);
    expect(await refused).toBe('ECONNREFUSED');
  });
});

test('connections, dialled and accepted', async () => {
  await play(async (host, server) => {
    await server.tcp.listen({ port: 80 }, (connection) => connection.start(quiet));
    const connection = await host.tcp.dial({ ...SERVER, port: 80 }, { localAddress: '192.0.0.2', localPort: 5000 });
    expect([connection.local, connection.remote]).toEqual([
      { address: '192.0.0.2', port: 5000 },
      { ...SERVER, port: 80 },
    ]);
    connection.start(quiet);
    expect(connection.send(Buffer.from('x'))).toBe(true);
    connection.reset();
    const listener = await host.tcp.listen({ port: 6000 }, () => {});
    expect(listener.local).toEqual({ address: '0.0.0.0', port: 6000 });
    // Somebody who speaks IPv6 is not let in.
    const stranger = await host.tcp.dial({ address: '2001:db8:8001:1::2', port: 6000 });
    const closed = new Promise((resolve) => stranger.start({ ...quiet, closed: (error) => resolve(error?.code) }));
    expect(await closed).toBe('ECONNRESET');
    listener.close();
  });
});

const quiet = { data: () => {}, end: () => {}, closed: () => {}, drained: () => {} };
