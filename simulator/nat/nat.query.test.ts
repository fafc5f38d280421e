import { describe, expect, test } from 'vitest';
import { resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { EchoAnswer } from '../host/echo-stack.ts';
import { symmetricLink } from '../link/link-model.ts';
import { ICMP } from '../packet.ts';
import { Topology } from '../topology.ts';
import { TraceLog } from '../trace/trace-log.ts';
import { World } from '../world/world.ts';
import { Drive } from './drive.suite.ts';

describe('queries', () => {
  const named = (drive: Drive, events: Drive['events']) =>
    events.map(({ kind, packet, reason }) => {
      const [address, port] =
        kind === 'inside' ? [packet.destination, packet.destinationPort] : [packet.source, packet.sourcePort];
      return kind === 'drop' ? reason : `${kind} ${drive.nameOf(address, port)}`;
    });

  test('two hosts with one identifier have two outside', () => {
    const drive = new Drive();
    expect(named(drive, drive.ping('a:7', 's'))).toEqual(['outside x:7']);
    const [second] = named(drive, drive.ping('b:7', 's'));
    expect(second).not.toBe('outside x:7');
    const external = second!.replace('outside ', '');
    expect(named(drive, drive.pong('s', 'x:7'))).toEqual(['inside a:7']);
    expect(named(drive, drive.pong('s', external))).toEqual(['inside b:7']);
  });

  test('identifiers, UDP ports and TCP ports are numbered apart', () => {
    const drive = new Drive();
    drive.udp('out', 'b:7000', 's:1');
    drive.tcp('out', 'syn', 'c:7000', 's:1');
    expect(named(drive, drive.ping('a:7000', 's'))).toEqual(['outside x:7000']);
    expect(drive.nat.mappings().map(({ protocol }) => protocol)).toEqual([17, 6, ICMP]);
  });

  test.each([
    ['address-dependent', ['filter: address-dependent']],
    ['endpoint-independent', ['inside a:7']],
  ] as const)('the filter of queries is their own: %s', (filtering, expected) => {
    const drive = new Drive({ filtering: 'address-and-port-dependent', icmp: { filtering } });
    drive.ping('a:7', 's');
    expect(named(drive, drive.pong('t', 'x:7'))).toEqual(expected);
  });

  test('mapping of queries is an axis of its own', () => {
    const drive = new Drive({ mapping: 'address-and-port-dependent', ports: { allocation: 'random' } });
    expect(named(drive, drive.ping('a:7', 's'))).toEqual(named(drive, drive.ping('a:7', 't')));
  });

  test('requests keep a session, answers do not', () => {
    const drive = new Drive();
    drive.ping('a:7', 's');
    drive.wait(59_000);
    drive.ping('a:7', 's');
    drive.wait(59_000);
    expect(named(drive, drive.pong('s', 'x:7'))).toEqual(['inside a:7']);
    drive.wait(1000);
    expect(named(drive, drive.pong('s', 'x:7'))).toEqual(['icmp: no mapping']);
  });

  test('they count against the limits of all protocols', () => {
    const drive = new Drive({ limits: { perHost: 1 } });
    drive.udp('out', 'a:5000', 's:1');
    expect(named(drive, drive.ping('a:7', 's'))[0]).toBe('nat: per-host limit');
  });

  test('a request from outside is for the box itself, and an answer from inside answers nothing', () => {
    const drive = new Drive({ filtering: 'endpoint-independent', icmp: { filtering: 'endpoint-independent' } });
    drive.ping('a:7', 's');
    const request = { ...drive.given, source: drive.addressOf('s'), destination: drive.addressOf('x') };
    drive.events = [];
    drive.nat.fromOutside(request);
    const reply = { ...drive.given, echo: 'reply' as const, sourcePort: 8, destinationPort: 9 };
    drive.nat.fromInside(reply);
    expect(drive.events.map(({ reason }) => reason)).toEqual(['icmp: no mapping', 'icmp: no mapping']);
  });

  test('a list of ports that may leave holds no query', () => {
    const drive = new Drive({ allow: ['udp/8', 'tcp/8'] });
    expect(named(drive, drive.ping('a:7', 's'))).toEqual(['policy: port not allowed']);
  });
});

describe('ping', () => {
  const link = symmetricLink({ latencyUs: 10_000 });

  async function ping(ttl: number | undefined, run: (net: Topology, world: World) => string, nats = 1) {
    const log = new TraceLog();
    const world = new World({ seed: 'ping', observers: [log] });
    const net = new Topology(world);
    const side = net.side('a', { nats: Array.from({ length: nats }, () => resolveBehaviour({})), link });
    const to = run(net, world);
    const answers: EchoAnswer[] = [];
    await world.run(
      async () => {
        const socket = side.host.echo.open(7);
        socket.onAnswer = (answer) => answers.push(answer);
        socket.send(to, 3, Uint8Array.of(1, 2, 3), ttl);
        await new Promise<void>((done) => side.host.clock.after(5000, done));
        socket.close();
      },
      { limitUs: 10_000_000, maxEvents: 10_000 },
    );
    return { answers, lines: [...log.lines(world.addresses)], world };
  }

  const server = (net: Topology): string => {
    const host = net.server('server', { link });
    return host.interfaces()[1]!.addresses[0]!.address;
  };

  test('there and back over two NATs', async () => {
    const { answers, lines } = await ping(undefined, server, 2);
    expect(answers).toEqual([{ from: '192.0.2.2', sequence: 3, error: undefined }]);
    expect(lines.filter((line) => line.includes('translated'))).toHaveLength(4);
    expect(lines.find((line) => line.includes('delivered'))).toMatch(/echo request id 7 seq 3 len 3/);
  });

  test('every router on the way can be found by the hop limit, as traceroute does', async () => {
    const froms = [];
    for (const ttl of [1, 2, 3]) froms.push((await ping(ttl, server)).answers[0]);
    expect(froms.map((answer) => answer?.error)).toEqual(['time-exceeded', 'time-exceeded', undefined]);
    expect(froms.map((answer) => answer?.sequence)).toEqual([3, 3, 3]);
  });

  test('a destination that nobody has is reported, translated', async () => {
    const { answers } = await ping(undefined, () => '192.0.2.99');
    expect(answers.map(({ error }) => error)).toEqual(['network-unreachable']);
  });
});
