import { describe, expect, test } from 'vitest';
import type { NetErrorCode } from '../../core/net/error.ts';
import { symmetricLink } from '../link/link-model.ts';
import { Segment } from '../link/segment.ts';
import { type IcmpKind, icmpPacket, TCP, UDP, udpPacket } from '../packet.ts';
import { World } from '../world/world.ts';
import { SimHost } from './sim-host.ts';

const link = symmetricLink({ latencyUs: 100 });
const DATA = Buffer.from('data');

/** What each world's devices did with packets, without ids and times. */
function create(): { world: World; log: string[]; run<T>(main: () => Promise<T>): Promise<T> } {
  const log: string[] = [];
  const world = new World({ seed: 'host' });
  world.trace.observe({
    packet: (_time, device, event, { source, sourcePort, destination }, reason) => {
      const [from, to] = [world.addresses.text(source), world.addresses.text(destination)];
      log.push(`${device.name} ${event} ${from}:${sourcePort} > ${to}${reason && `, ${reason}`}`);
    },
    mapping: () => {},
    hostEvent: (_time, device, name, detail) => void log.push(`${device.name}: ${name} ${JSON.stringify(detail)}`),
  });
  return {
    world,
    log,
    async run(main) {
      const result = await world.run(main);
      if (result.outcome === 'done') return result.value;
      throw result.outcome === 'crashed' ? result.error : new Error(result.outcome);
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('SimHost', () => {
  test('lists its interfaces, the loopback first', () => {
    const { world } = create();
    const host = new SimHost(world, 'a');
    host.attach(new Segment(world), { addresses: ['192.0.2.1/24', '2001:db8::1/64'] });
    host.attach(new Segment(world), { addresses: ['10.0.0.1/8'], name: 'wlan0' });
    expect(host.interfaces()).toEqual([
      {
        name: 'lo',
        loopback: true,
        addresses: [
          { address: '127.0.0.1', family: 4, prefixLength: 8 },
          { address: '::1', family: 6, prefixLength: 128 },
        ],
      },
      {
        name: 'eth0',
        loopback: false,
        addresses: [
          { address: '192.0.2.1', family: 4, prefixLength: 24 },
          { address: '2001:db8::1', family: 6, prefixLength: 64 },
        ],
      },
      { name: 'wlan0', loopback: false, addresses: [{ address: '10.0.0.1', family: 4, prefixLength: 8 }] },
    ]);
    expect(() => host.attach(new Segment(world), { addresses: ['nonsense'] })).toThrow(RangeError);
  });

  test('starts packets from the address of the route, or the one a socket is bound to', async () => {
    const { world, log, run } = create();
    const [wired, wireless] = [new Segment(world), new Segment(world)];
    const [a, b] = [new SimHost(world, 'a'), new SimHost(world, 'b')];
    a.attach(wired, { addresses: ['192.0.2.1/24'], link });
    a.attach(wireless, { addresses: ['10.0.0.1/8'], link });
    b.attach(wired, { addresses: ['192.0.2.2/24', '198.51.100.2/24'], link });
    b.attach(wireless, { addresses: ['10.0.0.2/8'], link });
    await run(async () => {
      const any = await a.udp.bind({ port: 1 });
      const bound = await a.udp.bind({ address: '192.0.2.1', port: 2 });
      any.send(DATA, { address: '192.0.2.2', port: 9 });
      any.send(DATA, { address: '10.0.0.2', port: 9 });
      bound.send(DATA, { address: '10.0.0.2', port: 9 });
      any.send(DATA, { address: '203.0.113.1', port: 9 });
    });
    expect(log.filter((line) => line.startsWith('a sent'))).toEqual([
      'a sent 192.0.2.1:1 > 192.0.2.2',
      'a sent 10.0.0.1:1 > 10.0.0.2',
      'a sent 192.0.2.1:2 > 10.0.0.2',
      'a sent 0.0.0.0:1 > 203.0.113.1',
    ]);
    expect(log.at(-1)).toBe('a dropped 0.0.0.0:1 > 203.0.113.1, host: no route');
  });

  test('takes only what is for it', async () => {
    const { world, log, run } = create();
    const segment = new Segment(world);
    const [a, b] = [new SimHost(world, 'a'), new SimHost(world, 'b')];
    a.attach(segment, { addresses: ['192.0.2.1/24'] });
    const { port } = b.attach(segment, { addresses: ['192.0.2.2/24'] });
    segment.announce(world.addresses.id('192.0.2.7'), port);
    await run(async () => {
      (await a.udp.bind({ port: 1 })).send(DATA, { address: '192.0.2.7', port: 9 });
      await pause(1);
    });
    expect(log.at(-1)).toBe('b dropped 192.0.2.1:1 > 192.0.2.7, host: not our address');
  });

  test('the loopback answers to all of 127.0.0.0/8, and nothing of it gets out', async () => {
    const { world, log, run } = create();
    const host = new SimHost(world, 'a');
    host.attach(new Segment(world), { addresses: ['192.0.2.1/24'] });
    host.network.addRoute('0.0.0.0/0', host.network.interfaces[0]!, '192.0.2.9');
    const heard = await run(async () => {
      const server = await host.udp.bind({ port: 9 });
      const from: string[] = [];
      server.onMessage = (_data, { address }) => from.push(address);
      const client = await host.udp.bind({ port: 1 });
      const inward = await host.udp.bind({ address: '127.0.0.1', port: 2 });
      for (const address of ['127.0.0.1', '127.9.9.9', '192.0.2.1']) client.send(DATA, { address, port: 9 });
      inward.send(DATA, { address: '198.51.100.1', port: 9 });
      client.send(DATA, { address: '0.0.0.0', port: 9 });
      await pause(1);
      return from;
    });
    expect(heard).toEqual(['127.0.0.1', '127.0.0.1', '192.0.2.1']);
    expect(log.filter((line) => line.includes('dropped'))).toEqual([
      'a dropped 127.0.0.1:2 > 198.51.100.1, host: loopback source',
      'a dropped 0.0.0.0:1 > 0.0.0.0, host: no route',
    ]);
  });

  test('a group reaches every host of the segment that has joined it, and nobody complains', async () => {
    const { world, log, run } = create();
    const segment = new Segment(world);
    const hosts = ['a', 'b', 'c', 'd', 'e'].map((name, index) => {
      const host = new SimHost(world, name);
      host.attach(segment, { addresses: [`192.0.2.${index + 1}/24`], link });
      host.network.addRoute('224.0.0.0/4', host.network.interfaces[0]!);
      return host;
    });
    const heard = await run(async () => {
      const heard: string[] = [];
      const listen = async (host: SimHost, address: string, on?: string): Promise<void> => {
        const groups = on === undefined ? [] : [{ group: '239.255.255.250', on }];
        const socket = await host.udp.bind({ address, port: 1900, groups });
        socket.onMessage = (data) => heard.push(`${host.device.name} ${data}`);
      };
      await listen(hosts[1]!, '0.0.0.0', '192.0.2.2');
      await listen(hosts[2]!, '239.255.255.250', '192.0.2.3');
      await listen(hosts[3]!, '192.0.2.4', '192.0.2.4');
      await listen(hosts[4]!, '0.0.0.0');
      await expect(listen(hosts[0]!, '0.0.0.0', '192.0.2.2')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
      (await hosts[0]!.udp.bind({ port: 1 })).send(DATA, { address: '239.255.255.250', port: 1900 });
      await pause(1);
      return heard;
    });
    expect(heard).toEqual(['b data', 'c data']);
    expect(log).toEqual([
      'a sent 192.0.2.1:1 > 239.255.255.250',
      'b delivered 192.0.2.1:1 > 239.255.255.250',
      'c delivered 192.0.2.1:1 > 239.255.255.250',
      'd dropped 192.0.2.1:1 > 239.255.255.250, host: no socket',
      'e dropped 192.0.2.1:1 > 239.255.255.250, host: no socket',
    ]);
  });

  test('RFC 9293 section 3.9.2.3: nobody speaks TCP to a group', async () => {
    const { world, log, run } = create();
    const host = new SimHost(world, 'a');
    const { port } = host.attach(new Segment(world), { addresses: ['192.0.2.1/24'] });
    await run(async () => {
      const syn = {
        ...udpPacket(1, world.addresses.id('192.0.2.9'), 1, world.addresses.id('224.0.0.1'), 80, 64, DATA),
      };
      host.receive({ ...syn, protocol: TCP, flags: 2 }, port);
    });
    expect(log).toEqual(['a dropped 192.0.2.9:1 > 224.0.0.1, host: TCP to a group']);
  });

  test('has its own idea of the date', async () => {
    const { world, run } = create();
    const [right, wrong] = [new SimHost(world, 'a'), new SimHost(world, 'b', { wallOffsetMs: -300_000 })];
    await run(() => pause(1500));
    expect([right.clock.wallMs(), wrong.clock.wallMs()]).toEqual([1_893_456_001_500, 1_893_455_701_500]);
    expect([right.clock.now(), wrong.clock.now()]).toEqual([1_500_000, 1_500_000]);
  });

  test('draws its own random numbers, whatever others draw', () => {
    const draw = (others: string[]): number => {
      const world = new World({ seed: 'x' });
      for (const name of others) new SimHost(world, name).random.uint32();
      return new SimHost(world, 'me').random.uint32();
    };
    expect(draw(['a', 'b'])).toBe(draw([]));
    expect(draw([])).not.toBe(new SimHost(new World({ seed: 'y' }), 'me').random.uint32());
  });

  test('passes on what its programs tell', async () => {
    const { world, log } = create();
    const host = new SimHost(world, 'a');
    host.events.emit('pipe', { to: 'b', tries: 3 });
    host.events.emit('done');
    expect(log).toEqual(['a: pipe {"to":"b","tries":3}', 'a: done {}']);
  });
});

describe('UdpStack', () => {
  test.each<[IcmpKind, 4 | 6, NetErrorCode | undefined]>([
    ['port-unreachable', 4, 'ECONNREFUSED'],
    ['port-unreachable', 6, 'ECONNREFUSED'],
    ['fragmentation-needed', 4, 'EMSGSIZE'],
    ['administratively-prohibited', 4, 'EHOSTUNREACH'],
    ['administratively-prohibited', 6, 'EACCES'],
    ['network-unreachable', 4, undefined],
    ['host-unreachable', 4, undefined],
    ['time-exceeded', 4, undefined],
  ])('a connected socket hears of %s over IPv%i as %s', async (kind, family, code) => {
    const { world, run } = create();
    const host = new SimHost(world, 'a');
    host.attach(new Segment(world), { addresses: ['192.0.2.1/24', '2001:db8::1/64'] });
    const [local, remote, stranger] =
      family === 4 ? ['192.0.2.1', '192.0.2.2', '192.0.2.3'] : ['2001:db8::1', '2001:db8::2', '2001:db8::3'];
    const id = (address: string | undefined): number => world.addresses.id(address!);
    const codes = await run(async () => {
      const socket = await host.udp.bind({ port: 1, remote: { address: remote!, port: 9 } });
      const codes: string[] = [];
      socket.onError = (error) => codes.push(error.code);
      const { port } = host.network.interfaces[0]!;
      const about = (destination: string | undefined, sourcePort: number, destinationPort: number): void => {
        const quote = { source: id(local), sourcePort, destination: id(destination), destinationPort, sequence: 0 };
        host.receive(icmpPacket(1, id(stranger), kind, { protocol: UDP, ...quote }), port);
      };
      about(stranger, 1, 9);
      about(remote, 2, 9);
      about(remote, 1, 8);
      expect(codes).toEqual([]);
      about(remote, 1, 9);
      return codes;
    });
    expect(codes).toEqual(code ? [code] : []);
  });

  test('connecting without a route fails, as does crossing the families', async () => {
    const { world, run } = create();
    const host = new SimHost(world, 'a');
    host.attach(new Segment(world), { addresses: ['192.0.2.1/24'] });
    await run(async () => {
      const remote = { address: '203.0.113.1', port: 9 };
      await expect(host.udp.bind({ remote })).rejects.toMatchObject({ code: 'ENETUNREACH' });
      await expect(host.udp.bind({ family: 6, remote })).rejects.toMatchObject({ code: 'EINVAL' });
      await expect(host.udp.bind({ address: '192.0.2.1', family: 6 })).rejects.toMatchObject({ code: 'EINVAL' });
      expect(world.audit().udpSockets).toBe(0);
    });
  });

  test('the closest socket gets the datagram: connected, then bound to the address, then any', async () => {
    const { world, run } = create();
    const segment = new Segment(world);
    const [a, b] = [new SimHost(world, 'a'), new SimHost(world, 'b')];
    a.attach(segment, { addresses: ['192.0.2.1/24'], link });
    b.attach(segment, { addresses: ['192.0.2.2/24', '192.0.2.3/24', '192.0.2.4/24'], link });
    const heard = await run(async () => {
      const heard: string[] = [];
      const one = await b.udp.bind({ address: '192.0.2.2', port: 9 });
      const two = await b.udp.bind({ address: '192.0.2.3', port: 9, remote: { address: '192.0.2.1', port: 1 } });
      one.onMessage = () => heard.push('one');
      two.onMessage = () => heard.push('two');
      const client = await a.udp.bind({ port: 1 });
      const other = await a.udp.bind({ port: 2 });
      for (const address of ['192.0.2.2', '192.0.2.3', '192.0.2.4']) client.send(DATA, { address, port: 9 });
      other.send(DATA, { address: '192.0.2.3', port: 9 });
      await pause(5);
      return heard;
    });
    expect(heard).toEqual(['one', 'two']);
  });

  test('ephemeral ports are those of RFC 6335, drawn by the seed, and run out', async () => {
    const ports = async (seed: string, count: number): Promise<number[]> => {
      const world = new World({ seed });
      const host = new SimHost(world, 'a');
      const ports: number[] = [];
      await world.run(async () => {
        for (let index = 0; index < count; index++) ports.push((await host.udp.bind()).local.port);
        if (count === 16_384) await expect(host.udp.bind()).rejects.toMatchObject({ code: 'EADDRINUSE' });
      });
      return ports;
    };
    const all = await ports('x', 16_384);
    expect(new Set(all).size).toBe(16_384);
    expect([Math.min(...all), Math.max(...all)]).toEqual([49_152, 65_535]);
    expect(await ports('x', 5)).toEqual(all.slice(0, 5));
    expect(await ports('y', 5)).not.toEqual(all.slice(0, 5));
  });

  test('a datagram that no packet can hold is not sent', async () => {
    const { world, log, run } = create();
    const host = new SimHost(world, 'a');
    await run(async () => {
      const socket = await host.udp.bind({ port: 1 });
      socket.send(new Uint8Array(65_508), { address: '127.0.0.1', port: 9 });
      socket.send(new Uint8Array(65_507), { address: '127.0.0.1', port: 9 });
      socket.send(DATA, { address: '::1', port: 9 });
    });
    expect(log).toEqual(['a sent 127.0.0.1:1 > 127.0.0.1']);
  });
});
