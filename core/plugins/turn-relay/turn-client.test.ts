import { describe, expect, it } from 'vitest';
import { type LinkModel, type SimHost, symmetricLink, Topology, World } from '../../../simulator/index.ts';
import { type NatDescription, resolveBehaviour } from '../../nat/behaviour.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import type { TurnServerOptions } from '../../servers/turn/turn-options.ts';
import { startTurnServer } from '../../servers/turn/turn-server.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import { decodeMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { type AllocateOptions, type Allocation, allocate } from './turn-client.ts';

const ANN = { username: 'ann', password: 'one' };
const HOUR_US = 3600 * 1e6;

interface Scene {
  readonly world: World;
  readonly server: SimHost;
  readonly serverEndpoint: Endpoint;
  readonly a: SimHost;
  readonly b: SimHost;
  readonly stop: () => void;
  readonly allocate: (host: SimHost, options?: Partial<AllocateOptions>) => Promise<Allocation>;
}

interface Circumstances {
  readonly nat?: NatDescription;
  readonly link?: LinkModel;
  readonly server?: Partial<TurnServerOptions>;
}

/** Two hosts behind a NAT each, and a TURN server. */
async function scene(circumstances: Circumstances, play: (scene: Scene) => Promise<void>): Promise<void> {
  const { nat = {}, link = { latencyUs: 10_000 } } = circumstances;
  const world = new World({ seed: 'turn client' });
  const net = new Topology(world);
  const server = net.server('turn', { link: symmetricLink({ latencyUs: 500 }) });
  const side = { nats: [resolveBehaviour(nat)], link: symmetricLink(link) };
  const { host: a } = net.side('a', side);
  const { host: b } = net.side('b', side);
  const serverEndpoint = { address: server.interfaces()[1]!.addresses[0]!.address, port: 3478 };
  const users = new Map([[ANN.username, ANN.password]]);
  const ask = (host: SimHost, options: Partial<AllocateOptions> = {}) =>
    allocate(host, { server: serverEndpoint, transport: 'udp', ...ANN, ...options });
  const result = await world.run(
    async () => {
      const { close: stop } = await startTurnServer(server, {
        endpoint: serverEndpoint,
        realm: 'test',
        users,
        ...circumstances.server,
      });
      await play({ world, server, serverEndpoint, a, b, stop, allocate: ask });
    },
    { limitUs: 10 * HOUR_US },
  );
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
}

function sleep(host: SimHost, ms: number): Promise<void> {
  return new Promise((resolve) => host.clock.after(ms, resolve));
}

function record(allocation: Allocation): string[] {
  const heard: string[] = [];
  allocation.onData = (data, peer) => heard.push(`${Buffer.from(data)} from ${peer.address}:${peer.port}`);
  allocation.onClosed = (reason) => heard.push(`closed: ${'code' in reason ? reason.code : reason}`);
  return heard;
}

function challenge(code: number): Attribute[] {
  return [
    { type: 'error-code', value: { code, reason: 'try again' } },
    { type: 'realm', value: 'test' },
    { type: 'nonce', value: 'n' },
  ];
}

type Respond = (messageClass: 'success' | 'error', attributes: readonly Attribute[], key?: Buffer) => void;

/** A server that answers as it is told to, and knows no password. */
async function impostor(
  host: SimHost,
  port: number,
  answer: (respond: Respond, nonce: string | undefined) => void,
): Promise<{ requests: () => number }> {
  const socket = await host.udp.bind({ port });
  let requests = 0;
  socket.onMessage = (data, from) => {
    requests++;
    const request = decodeMessage(data);
    const { method, transactionId } = request;
    const respond: Respond = (messageClass, attributes, key) => {
      socket.send(encodeMessage({ messageClass, method, transactionId, attributes }, key && { key }), from);
    };
    answer(respond, attributeOf(request, 'nonce'));
  };
  return { requests: () => requests };
}

const at = ({ address, port }: Endpoint): string => `${address}:${port}`;

describe('TURN client', () => {
  it.each([
    ['udp', 'udp'],
    ['udp', 'tcp'],
    ['tcp', 'tcp'],
  ] as const)('connects two hosts behind symmetric NATs, over %s and %s', async (first, second) => {
    const nat: NatDescription = { mapping: 'address-and-port-dependent', ports: { allocation: 'random' } };
    await scene({ nat }, async (scene) => {
      const one = await scene.allocate(scene.a, { transport: first });
      const two = await scene.allocate(scene.b, { transport: second });
      const [oneHeard, twoHeard] = [record(one), record(two)];
      expect(one.relayed.address).toBe(scene.serverEndpoint.address);
      expect(one.mapped.address).not.toBe(scene.a.interfaces()[1]!.addresses[0]!.address);

      // By indications, with a permission on both sides.
      await Promise.all([one.permit(two.relayed.address), two.permit(one.relayed.address)]);
      one.send(Buffer.from('hello'), two.relayed);
      two.send(Buffer.from('hello yourself'), one.relayed);
      await sleep(scene.a, 200);
      // By channels.
      await Promise.all([one.bindChannel(two.relayed), two.bindChannel(one.relayed)]);
      for (const text of ['a', 'bcd', '']) one.send(Buffer.from(text), two.relayed);
      two.send(Buffer.from('efghi'), one.relayed);
      await sleep(scene.a, 200);
      expect(twoHeard).toEqual(['hello', 'a', 'bcd', ''].map((text) => `${text} from ${at(one.relayed)}`));
      expect(oneHeard).toEqual(['hello yourself', 'efghi'].map((text) => `${text} from ${at(two.relayed)}`));
      one.close();
      two.close();
    });
  });

  it('relays IPv6 where the server is reached by it, but not to IPv4 in disguise', async () => {
    await scene({}, async ({ server: host }) => {
      const server = { address: '::1', port: 3478 };
      const users = new Map([[ANN.username, ANN.password]]);
      const { close } = await startTurnServer(host, { endpoint: server, realm: 'test', users, allowPeer: () => true });
      const [one, two] = [
        await allocate(host, { server, transport: 'udp', ...ANN }),
        await allocate(host, { server, transport: 'tcp', ...ANN }),
      ];
      const heard = record(two);
      await Promise.all([one.bindChannel(two.relayed), two.bindChannel(one.relayed)]);
      one.send(Buffer.from('six'), two.relayed);
      await sleep(host, 100);
      expect(heard).toEqual([`six from ::1:${one.relayed.port}`]);
      await expect(one.permit('::ffff:127.0.0.1')).rejects.toMatchObject({ code: 403 });
      await expect(one.permit('127.0.0.1')).rejects.toMatchObject({ code: 443 });
      close();
    });
  });

  it('needs a permission: without one the server drops what is sent and what comes', async () => {
    await scene({}, async (scene) => {
      const one = await scene.allocate(scene.a);
      const two = await scene.allocate(scene.b);
      const [oneHeard, twoHeard] = [record(one), record(two)];
      one.send(Buffer.from('1'), two.relayed);
      await one.permit(two.relayed.address);
      one.send(Buffer.from('2'), two.relayed);
      await sleep(scene.a, 200);
      await two.permit(one.relayed.address);
      one.send(Buffer.from('3'), two.relayed);
      await sleep(scene.a, 200);
      expect(twoHeard).toEqual([`3 from ${at(one.relayed)}`]);
      expect(oneHeard).toEqual([]);
    });
  });

  it.each(['udp', 'tcp'] as const)(
    'renews allocation, permission, channel, nonce and NAT mapping for hours, over %s',
    async (transport) => {
      const nat: NatDescription = {
        udp: { timeoutMs: 30_000 },
        mapping: 'address-and-port-dependent',
        tcp: { establishedMs: 7_440_000 },
      };
      const server = { nonceLifetimeMs: 1_000_000, maxLifetimeMs: 600_000 };
      await scene({ nat, server, link: { latencyUs: 10_000, lossPpm: 20_000 } }, async (scene) => {
        const one = await scene.allocate(scene.a, { transport });
        const two = await scene.allocate(scene.b, { transport });
        const [oneHeard, twoHeard] = [record(one), record(two)];
        await one.permit(two.relayed.address);
        await two.bindChannel(one.relayed);
        const relayed = [at(one.relayed), at(two.relayed)];
        for (let turn = 0; turn < 5; turn++) {
          await sleep(scene.a, 3_000_000);
          // Some get lost on the way.
          for (let n = 0; n < 20; n++) {
            one.send(Buffer.from(`${turn}`), two.relayed);
            two.send(Buffer.from(`${turn}`), one.relayed);
          }
          await sleep(scene.a, 5000);
          expect(twoHeard).toContain(`${turn} from ${relayed[0]}`);
          expect(oneHeard).toContain(`${turn} from ${relayed[1]}`);
        }
        expect([...oneHeard, ...twoHeard].filter((text) => text.startsWith('closed'))).toEqual([]);
      });
    },
  );

  it('frees the allocation when it is closed', async () => {
    await scene({ server: { maxAllocations: 1 } }, async (scene) => {
      for (const transport of ['udp', 'tcp', 'udp', 'tcp'] as const) {
        const allocation = await scene.allocate(scene.a, { transport });
        await expect(scene.allocate(scene.b, { transport })).rejects.toMatchObject({ name: 'TurnError', code: 508 });
        const heard = record(allocation);
        allocation.close();
        allocation.close();
        allocation.send(Buffer.from('too late'), scene.serverEndpoint);
        await sleep(scene.a, 500);
        expect(heard).toEqual([]);
        await expect(allocation.permit('198.51.100.1')).rejects.toMatchObject({ code: 'ECANCELED' });
      }
      await sleep(scene.a, 120_000);
      expect(scene.a.audit()).toMatchObject({ udpSockets: 0, tcpSockets: 0 });
    });
  });

  it('says what the server refused', async () => {
    await scene({ server: { maxAllocationsPerUser: 1, maxPeers: 1 } }, async (scene) => {
      await expect(scene.allocate(scene.a, { password: 'wrong' })).rejects.toMatchObject({ code: 401 });
      await expect(scene.allocate(scene.a, { username: 'nobody' })).rejects.toMatchObject({ code: 401 });
      const allocation = await scene.allocate(scene.a);
      await expect(scene.allocate(scene.b)).rejects.toMatchObject({ code: 486 });
      await expect(allocation.permit('127.0.0.1')).rejects.toMatchObject({ code: 403 });
      await expect(allocation.permit('2001:db8::1')).rejects.toMatchObject({ code: 443 });
      const peer = { address: '198.51.100.1', port: 1 };
      const [first, again] = [allocation.bindChannel(peer), allocation.bindChannel(peer)];
      expect(first).toBe(again);
      await first;
      await expect(allocation.bindChannel({ address: '198.51.100.2', port: 2 })).rejects.toMatchObject({ code: 508 });
    });
  });

  it.each([
    ['udp', 'ECONNREFUSED'],
    ['tcp', 'ECONNREFUSED'],
  ] as const)('fails at once where nobody listens, over %s', async (transport, code) => {
    await scene({ nat: { translation: 'none' } }, async (scene) => {
      const server = { ...scene.serverEndpoint, port: 9 };
      const startUs = scene.world.now;
      await expect(scene.allocate(scene.a, { server, transport })).rejects.toMatchObject({ code });
      expect(scene.world.now - startUs).toBeLessThan(100_000);
    });
  });

  it.each(['udp', 'tcp'] as const)('keeps its deadline and hears its signal, over %s', async (transport) => {
    await scene({ nat: { blocks: ['udp', 'tcp'] } }, async (scene) => {
      const startUs = scene.world.now;
      await expect(scene.allocate(scene.a, { transport, deadlineMs: 3000 })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
      expect(scene.world.now - startUs).toBe(3_000_000);
      const abort = new AbortController();
      scene.a.clock.after(1000, () => abort.abort());
      const given = scene.allocate(scene.a, { transport, signal: abort.signal });
      await expect(given).rejects.toMatchObject({ code: 'ECANCELED' });
      expect(scene.world.now - startUs).toBe(4_000_000);
      await expect(scene.allocate(scene.a, { transport, signal: abort.signal })).rejects.toMatchObject({
        code: 'ECANCELED',
      });
      expect(scene.a.audit()).toMatchObject({ udpSockets: 0, tcpSockets: 0 });
    });
  });

  it('leaves nothing at the server when it gives up half-way', async () => {
    await scene({ server: { maxAllocations: 1 } }, async (scene) => {
      const abort = new AbortController();
      // The challenge takes one round trip of about 22 ms; then the request for the allocation is on its way.
      scene.a.clock.after(30, () => abort.abort());
      await expect(scene.allocate(scene.a, { signal: abort.signal })).rejects.toMatchObject({ code: 'ECANCELED' });
      await sleep(scene.a, 500);
      (await scene.allocate(scene.b)).close();
    });
  });

  it('has no more use for its signal once it is there', async () => {
    await scene({}, async (scene) => {
      const abort = new AbortController();
      const one = await scene.allocate(scene.a, { signal: abort.signal });
      const heard = record(one);
      abort.abort();
      await sleep(scene.a, 100);
      await one.permit('198.51.100.1');
      expect(heard).toEqual([]);
    });
  });

  it.each([
    ['udp', 'closed: ECONNREFUSED'],
    ['tcp', 'closed: ECONNRESET'],
  ] as const)('notices that the server is gone, over %s', async (transport, reason) => {
    await scene({ nat: { translation: 'none' } }, async (scene) => {
      const one = await scene.allocate(scene.a, { transport });
      const heard = record(one);
      scene.stop();
      await sleep(scene.a, 100);
      one.send(Buffer.from('anybody there?'), scene.serverEndpoint);
      await sleep(scene.a, 1000);
      expect(heard).toEqual([reason]);
      await sleep(scene.a, 120_000);
      expect(scene.a.audit()).toMatchObject({ udpSockets: 0, tcpSockets: 0 });
    });
  });

  it('asks the server when ICMP tells of a lost datagram, and ends if that has forgotten it', async () => {
    await scene({ nat: { translation: 'none' } }, async (scene) => {
      const one = await scene.allocate(scene.a);
      const heard = record(one);
      scene.stop();
      one.send(Buffer.from('into the void'), scene.serverEndpoint);
      await sleep(scene.a, 15);
      const users = new Map([[ANN.username, ANN.password]]);
      // By the time that the client asks again there is a server, which knows nothing of it.
      await startTurnServer(scene.server, { endpoint: scene.serverEndpoint, realm: 'test', users });
      await sleep(scene.a, 1000);
      expect(heard).toEqual(['closed: 437']);
    });
  });

  it('takes another port when somebody else had its 5-tuple before (437)', async () => {
    await scene({}, async (scene) => {
      const { clock, random, tcp, udp } = scene.a;
      const options: AllocateOptions = { server: scene.serverEndpoint, transport: 'udp', ...ANN };
      let binds = 0;
      const bind: typeof udp.bind = (how) => udp.bind(++binds === 1 ? { ...how, port: 5555 } : how);
      const first = await allocate({ clock, random, tcp, udp: { bind } }, options);
      // The program dies without a word, and the next one gets its port.
      scene.a.udp.shutdown();
      binds = 0;
      const second = await allocate({ clock, random, tcp, udp: { bind } }, options);
      expect(binds).toBe(2);
      expect(first.mapped.port).toBe(5555);
      expect(second.mapped.port).not.toBe(5555);
    });
  });

  it('believes nothing that is not signed once it has shown its credentials', async () => {
    const granted: Attribute[] = [
      { type: 'xor-relayed-address', value: { address: '198.51.100.66', port: 666 } },
      { type: 'xor-mapped-address', value: { address: '198.51.100.66', port: 666 } },
      { type: 'lifetime', value: 600 },
    ];
    const badRequest: Attribute[] = [{ type: 'error-code', value: { code: 400, reason: 'Bad Request' } }];
    await scene({}, async (scene) => {
      const port = 9;
      const { requests } = await impostor(scene.server, port, (respond, nonce) => {
        if (nonce === undefined) respond('error', challenge(401));
        else {
          respond('success', granted);
          respond('success', granted, Buffer.from('a wrong key'));
          respond('error', badRequest);
        }
      });
      const server = { ...scene.serverEndpoint, port };
      const deceived = scene.allocate(scene.a, { server, deadlineMs: 2000 });
      await expect(deceived).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      await sleep(scene.a, 100);
      // The challenge, three tries, and the word that it needs no allocation any more.
      expect(requests()).toBe(5);
    });
  });

  it('does not go round with a server that calls every nonce stale', async () => {
    await scene({}, async (scene) => {
      const { requests } = await impostor(scene.server, 9, (respond, nonce) => {
        respond('error', challenge(nonce === undefined ? 401 : 438));
      });
      const server = { ...scene.serverEndpoint, port: 9 };
      await expect(scene.allocate(scene.a, { server })).rejects.toMatchObject({ name: 'TurnError', code: 438 });
      expect(requests()).toBe(3);
    });
  });

  it('drops data rather than queueing it without end, over TCP', async () => {
    await scene({ link: { latencyUs: 100_000 } }, async (scene) => {
      const one = await scene.allocate(scene.a, { transport: 'tcp' });
      const two = await scene.allocate(scene.b);
      const heard = record(two);
      await Promise.all([one.bindChannel(two.relayed), two.bindChannel(one.relayed)]);
      for (let n = 0; n < 20_000; n++) one.send(Buffer.alloc(1000), two.relayed);
      await sleep(scene.a, 30_000);
      expect(heard.length).toBeGreaterThan(10);
      expect(heard.length).toBeLessThan(20_000);
      await one.permit('198.51.100.9');
    });
  });
});
