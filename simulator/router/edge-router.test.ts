import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { parsePrefix } from '../../core/net/prefix.ts';
import { SimHost } from '../host/sim-host.ts';
import { Segment } from '../link/segment.ts';
import { TraceLog } from '../trace/trace-log.ts';
import { World } from '../world/world.ts';
import { EdgeRouter } from './edge-router.ts';
import { PrefixTranslation } from './nptv6.ts';
import { PrefixRewriter } from './prefix-rewriter.ts';
import { Router } from './router.ts';

/** The prefixes of RFC 6296 section 3.1. */
const INSIDE = 'fd01:203:405::/48';
const OUTSIDE = '2001:db8:1::/48';

/**
 * A box with two hosts behind it, `a` and `b`, and a server beyond the next router. The hosts are under the inside
 * prefix if prefixes are translated, else under the outside one.
 */
class Scene {
  readonly log = new TraceLog();
  readonly world = new World({ seed: 'edge', observers: [this.log] });
  readonly box: EdgeRouter;
  readonly a: SimHost;
  readonly b: SimHost;
  readonly server: SimHost;

  constructor(description: NatDescription, translated: boolean) {
    const { world } = this;
    const translation = new PrefixTranslation(parsePrefix(INSIDE), parsePrefix(OUTSIDE));
    const rewriter = translated ? new PrefixRewriter(translation, world.addresses) : undefined;
    this.box = new EdgeRouter(world, 'box', resolveBehaviour({ translation: 'none', ...description }), rewriter);
    const [lan, cable, far] = [new Segment(world), new Segment(world), new Segment(world)];
    const core = new Router(world, 'core');
    const down = core.attach(cable, { addresses: ['2001:db8:2::1/64'] });
    core.attach(far, { addresses: ['2001:db8:3::1/64'] });
    core.network.addRoute(OUTSIDE, down, '2001:db8:2::2');
    this.box.attachOutside({ segment: cable, addresses: ['2001:db8:2::2/64'], gateway: '2001:db8:2::1' });
    const subnet = translated ? 'fd01:203:405:1' : '2001:db8:1:1';
    this.box.attach(lan, { addresses: [`${subnet}::1/64`] });
    this.a = this.#host('a', lan, `${subnet}::1234/64`, `${subnet}::1`);
    this.b = this.#host('b', lan, `${subnet}::5678/64`, `${subnet}::1`);
    this.server = this.#host('server', far, '2001:db8:3::2/64', '2001:db8:3::1');
  }

  /** @returns the timeline of the box, without times */
  async play(main: () => Promise<unknown>): Promise<string[]> {
    const run = await this.world.run(async () => {
      await main();
      await new Promise((resolve) => setTimeout(resolve, 10_000));
    });
    if (run.outcome === 'crashed') throw run.error;
    const lines = [...this.log.lines(this.world.addresses)].map((line) => line.replace(/^.* ms {2}/, ''));
    return lines.filter((line) => line.startsWith('box')).map((line) => line.replaceAll(/ +/g, ' '));
  }

  #host(name: string, segment: Segment, address: string, gateway: string): SimHost {
    const host = new SimHost(this.world, name);
    host.network.addRoute('::/0', host.attach(segment, { addresses: [address] }), gateway);
    return host;
  }
}

const SERVER = { address: '2001:db8:3::2', port: 7 };

/** A socket that remembers what it heard, and from where. */
async function listen(
  host: SimHost,
  port: number,
): Promise<{ heard: string[]; send(text: string, to: string, port: number, ttl?: number): void }> {
  const socket = await host.udp.bind({ family: 6, port });
  const heard: string[] = [];
  socket.onMessage = (data, from) => heard.push(`${Buffer.from(data)} from ${from.address}`);
  return { heard, send: (text, address, to, ttl) => socket.send(Buffer.from(text), { address, port: to }, ttl) };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe('RFC 6092', () => {
  test.each<[string, NatDescription, string[]]>([
    ['REC-49 transparent mode: everything comes in', { firewall: false }, ['early', 'answer', 'stranger']],
    [
      'REC-17 endpoint-independent filtering',
      { firewall: true, filtering: 'endpoint-independent' },
      ['answer', 'stranger'],
    ],
    ['stricter filtering', { firewall: true, filtering: 'address-and-port-dependent' }, ['answer']],
  ])('%s', async (_, description, expected) => {
    const scene = new Scene(description, false);
    const heard: string[] = [];
    await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const server = await listen(scene.server, SERVER.port);
      const stranger = await listen(scene.server, 8);
      server.send('early', '2001:db8:1:1::1234', 5000);
      await pause();
      client.send('hello', SERVER.address, SERVER.port);
      await pause();
      server.send('answer', '2001:db8:1:1::1234', 5000);
      stranger.send('stranger', '2001:db8:1:1::1234', 5000);
      await pause();
      expect(server.heard).toEqual(['hello from 2001:db8:1:1::1234']);
      heard.push(...client.heard);
    });
    expect(heard).toEqual(expected.map((text) => `${text} from 2001:db8:3::2`));
  });

  test('REC-34: an unsolicited SYN is prohibited after six seconds, and the box says so itself', async () => {
    const scene = new Scene({ firewall: true, tcp: { unsolicited: 'icmp', icmpDelayMs: 6000 } }, false);
    let error = '';
    const lines = await scene.play(async () => {
      await scene.a.tcp.listen({ family: 6, port: 80 }, () => {});
      const start = scene.world.now;
      await scene.server.tcp.dial({ address: '2001:db8:1:1::1234', port: 80 }).catch(({ code }) => {
        error = `${code} after ${Math.round((scene.world.now - start) / 1e6)} s`;
      });
    });
    expect(error).toBe('EACCES after 6 s');
    expect(lines.filter((line) => line.includes('administratively-prohibited'))[0]).toContain(
      'ICMP 2001:db8:2::2 > 2001:db8:3::2',
    );
  });

  test('the hop limit counts before there is any state, and after the filter', async () => {
    const scene = new Scene({ firewall: true, filtering: 'endpoint-independent' }, false);
    const lines = await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const server = await listen(scene.server, SERVER.port);
      client.send('dies', SERVER.address, SERVER.port, 1);
      await pause();
      server.send('refused', '2001:db8:1:1::1234', 5000, 2);
      await pause();
      client.send('passes', SERVER.address, SERVER.port);
      await pause();
      server.send('late', '2001:db8:1:1::1234', 5000, 2);
      await pause();
      expect(client.heard).toEqual([]);
      expect(server.heard).toEqual(['passes from 2001:db8:1:1::1234']);
    });
    expect(lines.filter((line) => line.includes('dropped')).map((line) => line.replace(/^.*because /, ''))).toEqual([
      'router: ttl exceeded',
      'firewall: no state',
      'router: ttl exceeded',
    ]);
  });

  test('a reboot forgets every flow', async () => {
    const scene = new Scene({ firewall: true, filtering: 'endpoint-independent' }, false);
    await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const server = await listen(scene.server, SERVER.port);
      client.send('hello', SERVER.address, SERVER.port);
      await pause();
      scene.box.reboot();
      server.send('answer', '2001:db8:1:1::1234', 5000);
      await pause();
      expect(client.heard).toEqual([]);
    });
  });
});

describe('RFC 6296', () => {
  test('section 3.1: the prefix changes and the subnet makes up for it, both ways', async () => {
    const scene = new Scene({ translation: 'nptv6' }, true);
    let answers: string[] = [];
    const lines = await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const server = await listen(scene.server, SERVER.port);
      client.send('hello', SERVER.address, SERVER.port);
      await pause();
      server.send('answer', '2001:db8:1:d550::1234', 5000);
      await pause();
      expect(server.heard).toEqual(['hello from 2001:db8:1:d550::1234']);
      answers = client.heard;
    });
    expect(answers).toEqual(['answer from 2001:db8:3::2']);
    expect(lines).toEqual([
      'box translated UDP [2001:db8:1:d550::1234]:5000 > [2001:db8:3::2]:7 len 5 ttl 63, was UDP [fd01:203:405:1::1234]:5000 > [2001:db8:3::2]:7',
      'box translated UDP [2001:db8:3::2]:7 > [fd01:203:405:1::1234]:5000 len 6 ttl 62, was UDP [2001:db8:3::2]:7 > [2001:db8:1:d550::1234]:5000',
    ]);
  });

  test('it filters nothing: who was never sent to gets in', async () => {
    const scene = new Scene({ translation: 'nptv6' }, true);
    await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const server = await listen(scene.server, SERVER.port);
      server.send('unasked', '2001:db8:1:d550::1234', 5000);
      await pause();
      expect(client.heard).toEqual(['unasked from 2001:db8:3::2']);
    });
  });

  test('unless there is a firewall as well', async () => {
    const scene = new Scene({ translation: 'nptv6', firewall: true }, true);
    await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const server = await listen(scene.server, SERVER.port);
      server.send('unasked', '2001:db8:1:d550::1234', 5000);
      await pause();
      client.send('hello', SERVER.address, SERVER.port);
      await pause();
      server.send('answer', '2001:db8:1:d550::1234', 5000);
      await pause();
      expect(client.heard).toEqual(['answer from 2001:db8:3::2']);
    });
  });

  test('ICMP errors are about a packet that their receiver has sent', async () => {
    const scene = new Scene({ translation: 'nptv6' }, true);
    const codes: string[] = [];
    await scene.play(async () => {
      const dial = (host: SimHost, address: string) =>
        host.udp.bind({ family: 6, remote: { address, port: 9 } }).then((socket) => {
          socket.onError = ({ code }) => codes.push(code);
          socket.send(Buffer.from('anybody?'), { address, port: 9 });
        });
      await dial(scene.a, SERVER.address);
      await dial(scene.server, '2001:db8:1:d550::1234');
      await pause();
    });
    expect(codes).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
  });

  test.each([
    ['external-source', ['hello from 2001:db8:1:d550::1234']],
    ['internal-source', ['hello from fd01:203:405:1::1234']],
    ['none', []],
  ] as const)('a packet to the outside prefix from inside, hairpin %s', async (hairpin, heard) => {
    const scene = new Scene({ translation: 'nptv6', hairpin }, true);
    const lines = await scene.play(async () => {
      const client = await listen(scene.a, 5000);
      const peer = await listen(scene.b, 6000);
      client.send('hello', '2001:db8:1:d550::5678', 6000);
      await pause();
      expect(peer.heard).toEqual(heard);
    });
    expect(lines.at(-1)).toContain(hairpin === 'none' ? 'because nat: hairpin off' : 'translated');
  });

  test('section 3.4: a host in subnet 0xFFFF has no counterpart, and is told so', async () => {
    const scene = new Scene({ translation: 'nptv6' }, true);
    const lan = new Segment(scene.world);
    scene.box.attach(lan, { addresses: ['fd01:203:405:ffff::1/64'] });
    const host = new SimHost(scene.world, 'lost');
    host.network.addRoute('::/0', host.attach(lan, { addresses: ['fd01:203:405:ffff::2/64'] }), 'fd01:203:405:ffff::1');
    let code = '';
    const lines = await scene.play(async () => {
      await host.tcp.dial(SERVER).catch((error) => (code = error.code));
    });
    expect(lines[0]).toContain('because nptv6: unmappable source');
    expect(lines[1]).toContain('parameter-problem');
    expect(code).toBe('EINVAL');
  });
});
