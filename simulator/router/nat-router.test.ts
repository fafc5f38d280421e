import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import type { UdpSocket } from '../../core/ports/index.ts';
import { SimHost } from '../host/sim-host.ts';
import { symmetricLink } from '../link/link-model.ts';
import { Segment } from '../link/segment.ts';
import { udpPacket } from '../packet.ts';
import { type Side, Topology } from '../topology.ts';
import { TraceLog } from '../trace/trace-log.ts';
import { World } from '../world/world.ts';
import { NatRouter } from './nat-router.ts';

const link = symmetricLink({ latencyUs: 10_000 });
const SERVER: Endpoint = { address: '192.0.2.2', port: 3478 };

interface Scene {
  readonly world: World;
  readonly net: Topology;
  readonly server: SimHost;
  side(name: string, nats: NatDescription[], behind?: Side): Side;
  /** Runs main, and a while longer. @returns the timeline without the times */
  play(main: () => Promise<unknown>): Promise<string[]>;
}

/** A server that answers every datagram with where it came from, and whatever sides a test asks for. */
function scene(): Scene {
  const log = new TraceLog();
  const world = new World({ seed: 'nat router', observers: [log] });
  const net = new Topology(world);
  const server = net.server('s', { link });
  return {
    world,
    net,
    server,
    side: (name, nats, behind) => net.side(name, { nats: nats.map(resolveBehaviour), link, ...(behind && { behind }) }),
    async play(main) {
      const result = await world.run(async () => {
        const echo = await server.udp.bind({ port: SERVER.port });
        echo.onMessage = (_data, from) => echo.send(Buffer.from(`${from.address}:${from.port}`), from);
        await main();
        await new Promise((resolve) => setTimeout(resolve, 8000));
      });
      if (result.outcome === 'crashed') throw result.error;
      expect(result.outcome).toBe('done');
      return [...log.lines(world.addresses)].map((line) => line.replace(/^.* ms {2}/, '').replaceAll(/ +/g, ' '));
    },
  };
}

async function open(host: SimHost, port: number): Promise<{ socket: UdpSocket; heard: string[] }> {
  const socket = await host.udp.bind({ port });
  const heard: string[] = [];
  socket.onMessage = (data, from) => heard.push(`${Buffer.from(data)} from ${from.address}:${from.port}`);
  return { socket, heard };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const about = (lines: string[], text: string): string[] => lines.filter((line) => line.includes(text));

describe('NatRouter', () => {
  test('translates out and in, and counts hops both ways', async () => {
    const { side, play } = scene();
    const a = side('a', [{}]);
    let heard: string[] = [];
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('hi'), SERVER);
      heard = client.heard;
    });
    expect(heard).toEqual(['203.0.113.1:5000 from 192.0.2.2:3478']);
    expect(lines).toEqual([
      'a sent UDP 10.0.1.2:5000 > 192.0.2.2:3478 len 2 ttl 64',
      'a.nat1 mapping created: UDP 10.0.1.2:5000 = 203.0.113.1:5000, first to 192.0.2.2:3478',
      'a.nat1 translated UDP 203.0.113.1:5000 > 192.0.2.2:3478 len 2 ttl 63, was UDP 10.0.1.2:5000 > 192.0.2.2:3478',
      'core forwarded UDP 203.0.113.1:5000 > 192.0.2.2:3478 len 2 ttl 62',
      's delivered UDP 203.0.113.1:5000 > 192.0.2.2:3478 len 2 ttl 62',
      's sent UDP 192.0.2.2:3478 > 203.0.113.1:5000 len 16 ttl 64',
      'core forwarded UDP 192.0.2.2:3478 > 203.0.113.1:5000 len 16 ttl 63',
      'a.nat1 translated UDP 192.0.2.2:3478 > 10.0.1.2:5000 len 16 ttl 62, was UDP 192.0.2.2:3478 > 203.0.113.1:5000',
      'a delivered UDP 192.0.2.2:3478 > 10.0.1.2:5000 len 16 ttl 62',
    ]);
  });

  test('a home NAT behind a carrier NAT: each translates, and the server sees the outer one', async () => {
    const { side, play } = scene();
    const a = side('a', [{}, { ports: { allocation: 'sequential' } }]);
    const heard: string[] = [];
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('hi'), SERVER);
      await pause(100);
      heard.push(...client.heard);
    });
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^203\.0\.113\.1:\d+ from 192\.0\.2\.2:3478$/);
    expect(about(lines, 'translated').map((line) => line.split(' ')[0])).toEqual([
      'a.nat1',
      'a.nat2',
      'a.nat2',
      'a.nat1',
    ]);
    expect(about(lines, 'a.nat1 translated')[0]).toContain('UDP 100.64.0.2:5000 > 192.0.2.2:3478 len 2 ttl 63');
    expect(about(lines, 's delivered')[0]).toContain('ttl 61');
  });

  test('refuses what the filter refuses, with the reason, and without an answer', async () => {
    const { side, play, server } = scene();
    const a = side('a', [{}]);
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('hi'), SERVER);
      await pause(100);
      const other = await server.udp.bind({ port: 9 });
      other.send(Buffer.from('no'), { address: '203.0.113.1', port: 5000 });
      other.send(Buffer.from('no'), { address: '203.0.113.1', port: 6000 });
    });
    expect(about(lines, 'dropped')).toEqual([
      'a.nat1 dropped UDP 192.0.2.2:9 > 203.0.113.1:5000 len 2 ttl 63, because filter: address-and-port-dependent',
      'a.nat1 dropped UDP 192.0.2.2:9 > 203.0.113.1:6000 len 2 ttl 63, because nat: no mapping',
    ]);
    expect(about(lines, 'ICMP')).toEqual([]);
  });

  test('a hop limit that ends at the NAT leaves no mapping behind', async () => {
    const { side, play } = scene();
    const a = side('a', [{}]);
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('hi'), SERVER, 1);
    });
    expect(lines).toEqual([
      'a sent UDP 10.0.1.2:5000 > 192.0.2.2:3478 len 2 ttl 1',
      'a.nat1 dropped UDP 10.0.1.2:5000 > 192.0.2.2:3478 len 2 ttl 1, because router: ttl exceeded',
      'a.nat1 sent ICMP 10.0.1.1 > 10.0.1.2 time-exceeded about UDP 10.0.1.2:5000 > 192.0.2.2:3478 ttl 64',
      'a delivered ICMP 10.0.1.1 > 10.0.1.2 time-exceeded about UDP 10.0.1.2:5000 > 192.0.2.2:3478 ttl 64',
    ]);
  });

  test('a low hop limit opens the own NAT and never reaches the other; the error comes back translated', async () => {
    const { side, play } = scene();
    const [a, b] = [side('a', [{}]), side('b', [{}])];
    const heard: string[][] = [];
    const lines = await play(async () => {
      const [left, right] = [await open(a.host, 5000), await open(b.host, 5000)];
      left.socket.send(Buffer.from('low'), { address: '203.0.113.2', port: 5000 }, 2);
      await pause(200);
      right.socket.send(Buffer.from('high'), { address: '203.0.113.1', port: 5000 });
      await pause(200);
      heard.push(left.heard, right.heard);
    });
    expect(heard).toEqual([['high from 203.0.113.2:5000'], []]);
    expect(about(lines, 'b.nat1 dropped')).toEqual([]);
    expect(about(lines, 'a delivered ICMP')).toEqual([
      'a delivered ICMP 192.0.2.1 > 10.0.1.2 time-exceeded about UDP 10.0.1.2:5000 > 203.0.113.2:5000 ttl 63',
    ]);
  });

  test('a hop limit that ends on the way in is reported to the sender as it saw the packet', async () => {
    const { side, play, server } = scene();
    const a = side('a', [{ filtering: 'endpoint-independent' }]);
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('hi'), SERVER);
      await pause(100);
      const other = await server.udp.bind({ port: 9 });
      other.send(Buffer.from('short'), { address: '203.0.113.1', port: 5000 }, 2);
    });
    expect(about(lines, 's delivered ICMP')).toEqual([
      's delivered ICMP 203.0.113.1 > 192.0.2.2 time-exceeded about UDP 192.0.2.2:9 > 203.0.113.1:5000 ttl 63',
    ]);
  });

  test('an inside host that is gone is reported to the sender as it saw the packet', async () => {
    const { world, side, play } = scene();
    const a = side('a', [{}]);
    const lines = await play(async () => {
      const [gone, server] = ['10.0.1.77', SERVER.address].map((address) => world.addresses.id(address));
      a.host.send(udpPacket(world.nextPacketId(), gone!, 7, server!, SERVER.port, 64, Buffer.from('hi')));
    });
    expect(about(lines, 'no such neighbour')[0]).toContain('> 10.0.1.77:7');
    expect(about(lines, 's delivered ICMP').filter((line) => line.includes('host-unreachable'))).toEqual([
      's delivered ICMP 203.0.113.1 > 192.0.2.2 host-unreachable about UDP 192.0.2.2:3478 > 203.0.113.1:7 ttl 63',
    ]);
  });

  test('hosts of one LAN reach each other without the NAT', async () => {
    const { side, play } = scene();
    const a = side('a', [{}]);
    const friend = a.addHost('friend');
    const lines = await play(async () => {
      const [left, right] = [await open(a.host, 5000), await open(friend, 5000)];
      right.socket.send(Buffer.from('hello'), { address: '10.0.1.2', port: 5000 });
      await pause(10);
      expect(left.heard).toEqual(['hello from 10.0.1.3:5000']);
    });
    expect(lines).toEqual([
      'friend sent UDP 10.0.1.3:5000 > 10.0.1.2:5000 len 5 ttl 64',
      'a delivered UDP 10.0.1.3:5000 > 10.0.1.2:5000 len 5 ttl 64',
    ]);
  });

  test.each([
    ['external-source', '203.0.113.1:6000'],
    ['internal-source', '10.0.1.3:6000'],
    ['none', undefined],
  ] as const)('hairpin: %s', async (hairpin, source) => {
    const { side, play } = scene();
    const a = side('a', [{ hairpin, filtering: 'endpoint-independent' }]);
    const friend = a.addHost('friend');
    const heard: string[] = [];
    const lines = await play(async () => {
      const [left, right] = [await open(a.host, 5000), await open(friend, 6000)];
      left.socket.send(Buffer.from('open'), SERVER);
      await pause(100);
      left.heard.length = 0;
      right.socket.send(Buffer.from('turn'), { address: '203.0.113.1', port: 5000 });
      await pause(100);
      heard.push(...left.heard);
    });
    expect(heard).toEqual(source ? [`turn from ${source}`] : []);
    const turned = about(lines, '> 10.0.1.2:5000 len 4');
    if (source) expect(turned.at(-1)).toContain('ttl 63');
    else expect(about(lines, 'hairpin off')).toHaveLength(1);
    expect(about(lines, 'core forwarded UDP 203.0.113.1:6000')).toEqual([]);
  });

  test('two homes behind one carrier: their addresses there are reachable, their inside ones are not', async () => {
    const { side, play } = scene();
    const a = side('a', [{}, {}]);
    const b = side('b', [{}], a);
    expect(b.nats.at(-1)).toBe(a.nats.at(-1));
    const heard: string[][] = [];
    const lines = await play(async () => {
      const [left, right] = [await open(a.host, 5000), await open(b.host, 5000)];
      left.socket.send(Buffer.from('punch'), { address: '100.64.0.3', port: 5000 });
      right.socket.send(Buffer.from('punch'), { address: '100.64.0.2', port: 5000 });
      await pause(100);
      left.socket.send(Buffer.from('again'), { address: '100.64.0.3', port: 5000 });
      left.socket.send(Buffer.from('inside'), { address: '10.0.2.2', port: 5000 });
      await pause(100);
      heard.push(left.heard, right.heard);
    });
    expect(heard[0]!.concat(heard[1]!)).toContain('again from 100.64.0.2:5000');
    expect(about(lines, 'core dropped')).toHaveLength(1);
    expect(about(lines, 'core dropped')[0]).toContain('10.0.2.2:5000 len 6 ttl 62, because router: no route');
  });

  test('a router that does not translate only forwards: public hosts behind it', async () => {
    const { side, play, server } = scene();
    const a = side('a', [{ translation: 'none' }]);
    const heard: string[][] = [];
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      const { address } = a.host.network.interfaces[0]!.addresses[0]!;
      client.socket.send(Buffer.from('hi'), SERVER);
      const other = await server.udp.bind({ port: 9 });
      other.send(Buffer.from('unasked'), { address, port: 5000 });
      await pause(100);
      heard.push(client.heard);
    });
    expect(heard).toEqual([['unasked from 192.0.2.2:9', '203.0.113.10:5000 from 192.0.2.2:3478']]);
    expect(about(lines, 'translated').concat(about(lines, 'mapping'))).toEqual([]);
  });

  test.each(['napt', 'none'] as const)('a policy against UDP holds with translation %s', async (translation) => {
    const { side, play } = scene();
    const a = side('a', [{ translation, blocks: ['udp'] }]);
    const lines = await play(async () => {
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('hi'), SERVER);
    });
    expect(about(lines, 'a.nat1 dropped')).toHaveLength(1);
    expect(about(lines, 'a.nat1 dropped')[0]).toContain('because policy: udp blocked');
  });

  test.each([
    ['tcp', 'policy: tcp blocked', 'ETIMEDOUT'],
    ['tcp-in', undefined, 'connected'],
  ] as const)('a router that does not translate, and blocks %s', async (block, reason, outcome) => {
    const { side, play, server } = scene();
    const a = side('a', [{ translation: 'none', blocks: [block] }]);
    const { address } = a.host.network.interfaces[0]!.addresses[0]!;
    const results: string[] = [];
    const dial = (host: SimHost, to: Endpoint): Promise<void> =>
      host.tcp.dial(to, { timeoutMs: 2000 }).then(
        () => void results.push('connected'),
        (error) => void results.push(error.code),
      );
    const lines = await play(async () => {
      await server.tcp.listen({ port: 80 }, () => {});
      await a.host.tcp.listen({ port: 80 }, () => {});
      await dial(a.host, { address: '192.0.2.2', port: 80 });
      await dial(server, { address, port: 80 });
    });
    expect(results).toEqual([outcome, 'ETIMEDOUT']);
    expect(about(lines, reason ?? 'policy: tcp-in blocked').length).toBeGreaterThan(0);
  });

  test('programs run on the router itself, seen from inside only', async () => {
    const { side, play, server } = scene();
    const a = side('a', [{}]);
    const heard: string[][] = [];
    const lines = await play(async () => {
      const groups = [{ group: '239.255.255.250', on: '10.0.1.1' }];
      const gateway = await a.nats[0]!.host.udp.bind({ port: 1900, groups });
      gateway.onMessage = (data, from) => gateway.send(data, from);
      const client = await open(a.host, 5000);
      client.socket.send(Buffer.from('here?'), { address: '10.0.1.1', port: 1900 });
      client.socket.send(Buffer.from('anybody?'), { address: '239.255.255.250', port: 1900 });
      const other = await server.udp.bind({ port: 9 });
      other.send(Buffer.from('let me in'), { address: '203.0.113.1', port: 1900 });
      await pause(100);
      heard.push(client.heard);
    });
    expect(heard).toEqual([['here? from 10.0.1.1:1900', 'anybody? from 10.0.1.1:1900']]);
    expect(about(lines, 'len 9').at(-1)).toContain('nat: no mapping');
  });

  test('IPv6 passes untouched, and a policy holds for it as well', async () => {
    for (const [blocks, heard] of [
      [[], ['data from 2001:db8:1::2']],
      [['udp'], []],
    ] as const) {
      const { world, play } = scene();
      const [lan, cable] = [new Segment(world), new Segment(world)];
      const behaviour = resolveBehaviour({ blocks });
      const uplink = { segment: cable, addresses: ['198.51.100.9/24', '2001:db8:2::1/64'], gateway: '198.51.100.1' };
      const router = new NatRouter(world, 'router', behaviour, uplink);
      router.attach(lan, { addresses: ['10.0.9.1/24', '2001:db8:1::1/64'] });
      const [inside, outside] = [new SimHost(world, 'inside'), new SimHost(world, 'outside')];
      const own = inside.attach(lan, { addresses: ['2001:db8:1::2/64'] });
      inside.network.addRoute('::/0', own, '2001:db8:1::1');
      outside.attach(cable, { addresses: ['2001:db8:2::2/64'] });
      const messages: string[] = [];
      const lines = await play(async () => {
        const socket = await outside.udp.bind({ family: 6, port: 9 });
        socket.onMessage = (data, { address }) => messages.push(`${Buffer.from(data)} from ${address}`);
        const client = await inside.udp.bind({ family: 6, port: 1 });
        client.send(Buffer.from('data'), { address: '2001:db8:2::2', port: 9 });
      });
      expect(messages).toEqual(heard);
      expect(about(lines, 'router forwarded')).toHaveLength(heard.length);
      expect(about(lines, 'translated').concat(about(lines, 'mapping'))).toEqual([]);
    }
  });
});
