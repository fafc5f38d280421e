import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { SimHost } from '../host/sim-host.ts';
import { symmetricLink } from '../link/link-model.ts';
import { Segment } from '../link/segment.ts';
import { udpPacket } from '../packet.ts';
import { TraceLog } from '../trace/trace-log.ts';
import { World } from '../world/world.ts';
import { Router } from './router.ts';

const link = symmetricLink({ latencyUs: 500 });
const B: Endpoint = { address: '10.3.0.2', port: 9 };
const B6: Endpoint = { address: '2001:db8:3::2', port: 9 };

interface Scene {
  readonly world: World;
  readonly a: SimHost;
  readonly b: SimHost;
  readonly r1: Router;
  readonly r2: Router;
  /** Runs main, and a while longer. @returns what happened to packets, without the times */
  play(main: () => Promise<unknown>): Promise<string[]>;
}

/** a (10.1.0.2) - r1 - r2 - b (10.3.0.2), and the same in 2001:db8::/32. */
function scene(): Scene {
  const log = new TraceLog();
  const world = new World({ seed: 'router', observers: [log] });
  const segments = [new Segment(world), new Segment(world), new Segment(world)] as const;
  const [a, b] = [new SimHost(world, 'a'), new SimHost(world, 'b')];
  const [r1, r2] = [new Router(world, 'r1'), new Router(world, 'r2')];
  const plug = (device: SimHost | Router, index: 0 | 1 | 2, number: number) =>
    device.attach(segments[index], {
      addresses: [`10.${index + 1}.0.${number}/24`, `2001:db8:${index + 1}::${number}/64`],
      link,
    });
  const atA = plug(a, 0, 2);
  plug(r1, 0, 1);
  const middle1 = plug(r1, 1, 1);
  const middle2 = plug(r2, 1, 2);
  plug(r2, 2, 1);
  const atB = plug(b, 2, 2);
  for (const [device, on, prefix, via] of [
    [a, atA, '0.0.0.0/0', '10.1.0.1'],
    [a, atA, '::/0', '2001:db8:1::1'],
    [b, atB, '0.0.0.0/0', '10.3.0.1'],
    [b, atB, '::/0', '2001:db8:3::1'],
    [r1, middle1, '10.3.0.0/24', '10.2.0.2'],
    [r1, middle1, '2001:db8:3::/64', '2001:db8:2::2'],
    [r2, middle2, '10.1.0.0/24', '10.2.0.1'],
    [r2, middle2, '2001:db8:1::/64', '2001:db8:2::1'],
  ] as const) {
    device.network.addRoute(prefix, on, via);
  }
  const play = async (main: () => Promise<unknown>): Promise<string[]> => {
    const result = await world.run(async () => {
      await main();
      await new Promise((resolve) => setTimeout(resolve, 5000));
    });
    expect(result.outcome).toBe('done');
    return [...log.lines(world.addresses)].map((line) => line.replace(/^.* ms {2}/, '').replaceAll(/ +/g, ' '));
  };
  return { world, a, b, r1, r2, play };
}

async function send(host: SimHost, to: Endpoint, ttl?: number, port = 1): Promise<string[]> {
  const errors: string[] = [];
  const socket = await host.udp.bind({ port, remote: to });
  socket.onError = ({ code }) => errors.push(code);
  socket.send(Buffer.from('data'), to, ttl);
  return errors;
}

describe('Router', () => {
  test('forwards and counts hops', async () => {
    const { a, b, play } = scene();
    const lines = await play(async () => {
      await b.udp.bind({ port: 9 });
      await send(a, B);
    });
    expect(lines).toEqual([
      'a sent UDP 10.1.0.2:1 > 10.3.0.2:9 len 4 ttl 64',
      'r1 forwarded UDP 10.1.0.2:1 > 10.3.0.2:9 len 4 ttl 63',
      'r2 forwarded UDP 10.1.0.2:1 > 10.3.0.2:9 len 4 ttl 62',
      'b delivered UDP 10.1.0.2:1 > 10.3.0.2:9 len 4 ttl 62',
    ]);
  });

  test('RFC 1812 section 5.3.1: a packet whose hop limit ends is answered', async () => {
    const { a, b, play } = scene();
    const lines = await play(async () => {
      await b.udp.bind({ family: 6, port: 9 });
      await send(a, B6, 1);
      await a.udp.bind().then((socket) => socket.send(Buffer.alloc(0), B, 2));
      await a.udp.bind({ family: 6 }).then((socket) => socket.send(Buffer.alloc(0), B6, 3));
    });
    const text = lines.map((line) => line.replaceAll(/:(49|5\d|6\d)\d{3}/g, ':E'));
    expect(text.filter((line) => line.startsWith('r1 dropped'))).toEqual([
      'r1 dropped UDP [2001:db8:1::2]:1 > [2001:db8:3::2]:9 len 4 ttl 1, because router: ttl exceeded',
    ]);
    expect(text.filter((line) => line.startsWith('r2 dropped'))).toEqual([
      'r2 dropped UDP 10.1.0.2:E > 10.3.0.2:9 len 0 ttl 1, because router: ttl exceeded',
    ]);
    expect(text.filter((line) => line.startsWith('a delivered'))).toEqual([
      'a delivered ICMP 2001:db8:1::1 > 2001:db8:1::2 time-exceeded about UDP [2001:db8:1::2]:1 > [2001:db8:3::2]:9 ttl 64',
      'a delivered ICMP 10.2.0.2 > 10.1.0.2 time-exceeded about UDP 10.1.0.2:E > 10.3.0.2:9 ttl 63',
    ]);
    expect(text.filter((line) => line.startsWith('b delivered'))).toHaveLength(1);
  });

  test('a destination without a route is answered', async () => {
    const { a, play } = scene();
    const lines = await play(() => send(a, { address: '10.9.9.9', port: 9 }));
    expect(lines.slice(1, 4)).toEqual([
      'r1 dropped UDP 10.1.0.2:1 > 10.9.9.9:9 len 4 ttl 64, because router: no route',
      'r1 sent ICMP 10.1.0.1 > 10.1.0.2 network-unreachable about UDP 10.1.0.2:1 > 10.9.9.9:9 ttl 64',
      'a delivered ICMP 10.1.0.1 > 10.1.0.2 network-unreachable about UDP 10.1.0.2:1 > 10.9.9.9:9 ttl 64',
    ]);
  });

  test('a neighbour that does not exist is reported after three seconds', async () => {
    const { a, world, play } = scene();
    let heardAt = 0;
    world.trace.observe({
      packet: (timeUs, device, event, packet) => {
        if (device === a.device && event === 'delivered' && packet.icmp) heardAt = timeUs;
      },
      mapping: () => {},
      hostEvent: () => {},
    });
    const lines = await play(() => send(a, { address: '10.3.0.77', port: 9 }));
    expect(lines.slice(3, 5)).toEqual([
      'r2 dropped UDP 10.1.0.2:1 > 10.3.0.77:9 len 4 ttl 62, because link: no such neighbour',
      'r2 sent ICMP 10.2.0.2 > 10.1.0.2 host-unreachable about UDP 10.1.0.2:1 > 10.3.0.77:9 ttl 64',
    ]);
    expect(heardAt).toBe(3_000_000 + 4 * 1000);
  });

  test('RFC 1122 section 3.2.2: nobody answers an ICMP error with an ICMP error', async () => {
    const { a, r2, world, play } = scene();
    // The error of r2 finds no way back: r1 has no route to where the packet says it came from.
    const lines = await play(async () => {
      const spoofed = world.addresses.id('10.77.0.1');
      const { port } = a.network.interfaces[0]!;
      const destination = world.addresses.id('10.3.0.2');
      const packet = udpPacket(world.nextPacketId(), spoofed, 1, destination, 9, 2, Buffer.alloc(0));
      r2.network.addRoute('10.77.0.0/16', r2.network.interfaces[0]!, '10.2.0.1');
      port.segment.send(packet, port, world.addresses.id('10.1.0.1'));
    });
    expect(lines).toEqual([
      'r1 forwarded UDP 10.77.0.1:1 > 10.3.0.2:9 len 0 ttl 1',
      'r2 dropped UDP 10.77.0.1:1 > 10.3.0.2:9 len 0 ttl 1, because router: ttl exceeded',
      'r2 sent ICMP 10.2.0.2 > 10.77.0.1 time-exceeded about UDP 10.77.0.1:1 > 10.3.0.2:9 ttl 64',
      'r1 dropped ICMP 10.2.0.2 > 10.77.0.1 time-exceeded about UDP 10.77.0.1:1 > 10.3.0.2:9 ttl 64, because router: no route',
    ]);
  });

  test('what is sent to the router itself dies there, until somebody runs programs on it', async () => {
    const first = scene();
    const silent = await first.play(() => send(first.a, { address: '10.1.0.1', port: 9 }));
    expect(silent.slice(1)).toEqual([
      'r1 dropped UDP 10.1.0.2:1 > 10.1.0.1:9 len 4 ttl 64, because router: addressed to the router',
    ]);

    const { a, r1, play } = scene();
    let errors: string[] = [];
    const lines = await play(async () => {
      const gateway = await r1.host.udp.bind({ port: 5351 });
      gateway.onMessage = (data, from) => gateway.send(data, from);
      await send(a, { address: '10.1.0.1', port: 5351 });
      errors = await send(a, { address: '10.2.0.1', port: 9 }, 64, 2);
    });
    expect(lines).toContain('a delivered UDP 10.1.0.1:5351 > 10.1.0.2:1 len 4 ttl 64');
    expect(errors).toEqual(['ECONNREFUSED']);
  });

  test('a group is not forwarded, and nobody is told', async () => {
    const { a, play } = scene();
    const lines = await play(async () => {
      const socket = await a.udp.bind({ port: 1 });
      socket.send(Buffer.alloc(0), { address: '239.255.255.250', port: 1900 });
      socket.send(Buffer.alloc(0), { address: '255.255.255.255', port: 1900 });
    });
    expect(lines.slice(2)).toEqual([
      'r1 dropped UDP 10.1.0.2:1 > 239.255.255.250:1900 len 0 ttl 64, because router: addressed to the router',
      'r1 dropped UDP 10.1.0.2:1 > 255.255.255.255:1900 len 0 ttl 64, because router: addressed to the router',
    ]);
  });
});
