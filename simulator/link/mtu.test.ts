import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import type { TcpConnection, TcpSink } from '../../core/ports/index.ts';
import { SimHost } from '../host/sim-host.ts';
import { udpPacket } from '../packet.ts';
import { cut } from '../router/fragmentation.ts';
import { type Side, Topology } from '../topology.ts';
import { TraceLog } from '../trace/trace-log.ts';
import { World } from '../world/world.ts';
import type { Link, LinkModel, Oversize } from './link-model.ts';
import { Segment } from './segment.ts';

const CLEAN: LinkModel = { latencyUs: 10_000 };
const narrow = (oversize: Oversize, bytes = 1280): LinkModel => ({ ...CLEAN, mtu: { bytes, oversize } });

interface Scene {
  readonly world: World;
  readonly log: TraceLog;
  readonly a: Side;
  readonly b: Side;
  /** Where b hears: the outside of its NAT. */
  readonly target: Endpoint;
  /** Runs main for at most so many seconds. */
  play<T>(main: () => Promise<T>, seconds?: number): Promise<T | undefined>;
  /** How often that happened to a packet. */
  count(event: string): number;
}

/** Two sides behind a NAT each, with a link of its own each. */
function scene(up: Link, down: Link, nat: NatDescription = { filtering: 'endpoint-independent' }): Scene {
  const log = new TraceLog();
  const world = new World({ seed: 'mtu', observers: [log] });
  const net = new Topology(world);
  const nats = [resolveBehaviour(nat)];
  const [a, b] = [net.side('a', { nats, link: up }), net.side('b', { nats, link: down })];
  return {
    world,
    log,
    a,
    b,
    target: { address: b.nats[0]!.outside.addresses[0]!.address, port: 5000 },
    async play(main, seconds = 100) {
      const result = await world.run(main, { limitUs: seconds * 1e6 });
      if (result.outcome === 'crashed') throw result.error;
      return result.outcome === 'done' ? result.value : undefined;
    },
    count: (event) => log.entries.filter((entry) => entry.kind === 'packet' && entry.event === event).length,
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index * 11));

/** Opens b's mapping, then sends one datagram from a. @returns what b heard */
async function datagram({ a, b, target }: Scene, length: number, waitMs = 1000): Promise<Uint8Array[]> {
  const heard: Uint8Array[] = [];
  const far = await b.host.udp.bind({ port: target.port });
  far.onMessage = (data) => heard.push(Buffer.from(data));
  far.send(Buffer.of(1), { address: '192.0.2.1', port: 9 });
  await pause(100);
  const near = await a.host.udp.bind({ port: 4000 });
  near.send(bytes(length), target);
  await pause(waitMs);
  return heard;
}

class Sink implements TcpSink {
  bytes = Buffer.alloc(0);
  error: string | undefined;
  onEnd = (): void => {};

  data(part: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, part]);
  }

  end(): void {
    this.onEnd();
  }

  closed(error?: { code: string }): void {
    this.error = error?.code;
  }

  drained(): void {}
}

/** Sends so many bytes over TCP from a to b. @returns what b heard, once the connection is closed */
async function transfer({ a, b, target }: Scene, length: number): Promise<{ near: Sink; far: Sink }> {
  const [near, far] = [new Sink(), new Sink()];
  // Both dial, so that both NATs let them through: a simultaneous open.
  const dial = (from: Side, to: Side): Promise<TcpConnection> =>
    from.host.tcp.dial({ address: to.nats[0]!.outside.addresses[0]!.address, port: 5000 }, { localPort: target.port });
  const [one, other] = await Promise.all([dial(a, b), dial(b, a)]);
  far.onEnd = () => other.end();
  one.start(near);
  other.start(far);
  one.send(bytes(length));
  one.end();
  while (near.error === undefined && far.bytes.length < length) await pause(100);
  return { near, far };
}

describe('an MTU', () => {
  test.each([1252, 1253, 3000, 65_507])('cuts a datagram of %i bytes where it must, and it arrives', async (length) => {
    const scene_ = scene({ up: narrow('fragment'), down: CLEAN }, { up: CLEAN, down: CLEAN });
    const heard = await scene_.play(() => datagram(scene_, length));
    expect(heard).toEqual([bytes(length)]);
    const pieces = Math.ceil((length + 8) / 1256); // a multiple of 8 bytes for each piece, behind its header
    expect(scene_.count('fragmented')).toBe(length + 28 > 1280 ? pieces - 1 : 0);
    expect(scene_.count('joined')).toBe(scene_.count('fragmented'));
  });

  test('of the way down: the core cuts, the NAT behind puts together what it translates (RFC 4787 REQ-14)', async () => {
    const scene_ = scene({ up: CLEAN, down: CLEAN }, { up: CLEAN, down: narrow('fragment', 576) });
    expect(await scene_.play(() => datagram(scene_, 1400))).toEqual([bytes(1400)]);
    const joined = scene_.log.entries.filter((entry) => entry.kind === 'packet' && entry.event === 'joined');
    expect(joined.map(({ device }) => device.name)).toEqual(['b.nat1', 'b.nat1']);
  });

  test('twice on the way, the second one narrower', async () => {
    const scene_ = scene({ up: narrow('fragment', 1000), down: CLEAN }, { up: CLEAN, down: narrow('fragment', 300) });
    expect(await scene_.play(() => datagram(scene_, 2500))).toEqual([bytes(2500)]);
  });

  test('one lost piece loses the datagram; a NAT waits for it no longer than a host', async () => {
    const lossy: LinkModel = { ...narrow('fragment'), exactLoss: { lost: 1, of: 2 } };
    const scene_ = scene({ up: lossy, down: CLEAN }, { up: CLEAN, down: CLEAN });
    expect(await scene_.play(() => datagram(scene_, 2000, 40_000))).toEqual([]);
    const drops = Object.fromEntries(scene_.world.trace.counters.drops);
    expect(drops).toMatchObject({ 'link: loss': 1, 'ip: fragments missing': 1 });
  });

  test.each<[Oversize, 'up' | 'down']>([
    ['ptb', 'up'],
    ['ptb', 'down'],
    ['blackhole', 'up'],
    ['blackhole', 'down'],
  ])('%s, on the way %s: a long datagram dies, a short one passes', async (oversize, way) => {
    const link = { up: CLEAN, down: CLEAN, [way]: narrow(oversize) };
    const clean = { up: CLEAN, down: CLEAN };
    const make = () => (way === 'up' ? scene(link, clean) : scene(clean, link));
    const [long, short] = [make(), make()];
    expect(await long.play(() => datagram(long, 1253))).toEqual([]);
    expect(long.world.trace.counters.drops.get('link: mtu')).toBe(1);
    expect(await short.play(() => datagram(short, 1252))).toEqual([bytes(1252)]);
    const errors = long.log.entries.filter((entry) => entry.kind === 'packet' && entry.packet.icmp);
    expect(errors.length > 0).toBe(oversize === 'ptb');
  });

  test.each<['up' | 'down', string]>([
    ['up', 'a.nat1'],
    ['down', 'core'],
  ])('RFC 4787 REQ-13, RFC 5508 REQ-4: a connected socket hears of one on the way %s, from %s', async (way, from) => {
    const link = { up: CLEAN, down: CLEAN, [way]: narrow('ptb') };
    const clean = { up: CLEAN, down: CLEAN };
    const scene_ = way === 'up' ? scene(link, clean) : scene(clean, link);
    const errors: string[] = [];
    await scene_.play(async () => {
      const socket = await scene_.a.host.udp.bind({ remote: scene_.target });
      socket.onError = ({ code }) => errors.push(code);
      socket.send(bytes(1400), scene_.target);
      await pause(1000);
    });
    expect(errors).toEqual(['EMSGSIZE']);
    const sent = scene_.log.entries.find((entry) => entry.kind === 'packet' && entry.packet.icmp);
    expect(sent?.kind === 'packet' && [sent.device.name, sent.event]).toEqual([from, 'sent']);
  });

  test.each<[Oversize, 'up' | 'down']>([
    ['fragment', 'up'],
    ['fragment', 'down'],
    ['ptb', 'up'],
    ['ptb', 'down'],
  ])('%s: TCP finds segments that fit on the way %s (RFC 1191)', async (oversize, way) => {
    const link = { up: CLEAN, down: CLEAN, [way]: narrow(oversize) };
    const clean = { up: CLEAN, down: CLEAN };
    const scene_ = way === 'up' ? scene(link, clean) : scene(clean, link);
    const done = await scene_.play(() => transfer(scene_, 100_000));
    expect(done?.far.bytes.equals(bytes(100_000))).toBe(true);
    expect(scene_.count('fragmented')).toBe(0);
    expect(scene_.world.trace.counters.drops.get('link: mtu')).toBeGreaterThan(0);
    expect(scene_.world.now).toBeLessThan(10 * 1e6);
  });

  test('blackhole: TCP sends the same segment until it gives up (RFC 2923 section 2.1)', async () => {
    const scene_ = scene({ up: narrow('blackhole'), down: CLEAN }, { up: CLEAN, down: CLEAN });
    const done = await scene_.play(() => transfer(scene_, 10_000), 3600);
    expect(done?.near.error).toBe('ETIMEDOUT');
    expect(done?.far.bytes).toHaveLength(0);
    const short = scene({ up: narrow('blackhole'), down: CLEAN }, { up: CLEAN, down: CLEAN });
    expect((await short.play(() => transfer(short, 1240)))?.far.bytes).toHaveLength(1240);
  });

  test('RFC 1122 section 3.3.2: a host that waits in vain says so', async () => {
    const log = new TraceLog();
    const world = new World({ seed: 'vain', observers: [log] });
    const segment = new Segment(world);
    const [a, b] = ['a', 'b'].map((name) => new SimHost(world, name)) as [SimHost, SimHost];
    const { port } = a.attach(segment, { addresses: ['10.1.0.1/24'] });
    b.attach(segment, { addresses: ['10.1.0.2/24'] });
    const [from, to] = ['10.1.0.1', '10.1.0.2'].map((address) => world.addresses.id(address)) as [number, number];
    const [first] = cut(udpPacket(world.nextPacketId(), from, 4000, to, 5000, 64, bytes(2000)), 1500);
    await world.run(async () => {
      segment.send(first!, port, to);
      await pause(31_000);
    });
    expect([...log.lines(world.addresses)].map((line) => line.replaceAll(/ +/g, ' ').trim())).toEqual([
      '30000.000 ms b dropped UDP 10.1.0.1:4000 > 10.1.0.2:5000 len 1472 frag 1480@0+ ttl 64, because ip: fragments missing',
      '30000.000 ms b sent ICMP 10.1.0.2 > 10.1.0.1 time-exceeded about UDP 10.1.0.1:4000 > 10.1.0.2:5000 ttl 64',
      '30000.000 ms a delivered ICMP 10.1.0.2 > 10.1.0.1 time-exceeded about UDP 10.1.0.1:4000 > 10.1.0.2:5000 ttl 64',
    ]);
  });

  test('a host on its own narrow link cuts, or hears at once', async () => {
    const world = new World({ seed: 'own' });
    const [a, b] = [new SimHost(world, 'a'), new SimHost(world, 'b')];
    const [wide, tight] = [new Segment(world), new Segment(world)];
    const plug = (host: SimHost, number: number) => {
      host.attach(wide, { addresses: [`10.1.0.${number}/24`], link: { up: narrow('fragment'), down: CLEAN } });
      host.attach(tight, {
        addresses: [`10.2.0.${number}/24`, `2001:db8::${number}/64`],
        link: { up: CLEAN, down: narrow('fragment') },
      });
    };
    plug(a, 1);
    plug(b, 2);
    const heard: number[] = [];
    const errors: string[] = [];
    await world.run(async () => {
      for (const address of ['10.1.0.2', '10.2.0.2', '2001:db8::2']) {
        const far = await b.udp.bind({ address, port: 9 });
        far.onMessage = (data) => heard.push(data.length);
        const near = await a.udp.bind({ remote: { address, port: 9 } });
        near.onError = ({ code }) => errors.push(`${address} ${code}`);
        near.send(bytes(1400), { address, port: 9 });
        near.send(bytes(1233), { address, port: 9 });
        near.send(bytes(1232), { address, port: 9 });
        await pause(100);
      }
    });
    expect(heard).toEqual([1400, 1233, 1232, 1400, 1233, 1232, 1232]);
    // RFC 8200 section 5: no router cuts IPv6, whose header is longer by 20 bytes.
    expect(errors).toEqual(['2001:db8::2 EMSGSIZE', '2001:db8::2 EMSGSIZE']);
  });
});
