import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import type { Host, TcpConnection, UdpSocket } from '../ports/index.ts';
import { SignalChannel } from '../signal/signal-channel.ts';
import { Tap } from '../signal/signal-helpers.suite.ts';
import { createAddress } from '../wire/address/address.ts';
import { UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { encodeAnswer, encodeHello, FRAME } from '../wire/proof.ts';
import { encodeSessionMessage } from '../wire/session-message.ts';
import { encodeMessage } from '../wire/stun/encode-message.ts';
import { METHOD } from '../wire/stun/message.ts';
import type { ConnectLab } from './connect.suite.ts';
import { Identity, Node, type NodeServers, type Pipe, registry } from './index.ts';

/** What a test has besides two nodes. */
interface Scene {
  readonly alice: Node;
  readonly bob: Node;
  readonly servers: NodeServers;
  /** Pipes that bob was given. */
  readonly pipes: readonly Pipe[];
  /** A machine that is neither's, though it may be one of theirs. */
  readonly stranger: Host;
  /** UDP sockets that the two have opened, from now on. */
  readonly opened: readonly UdpSocket[];
  /** Datagrams that the two have sent, from now on. */
  readonly sent: readonly { readonly data: Uint8Array; readonly to: Endpoint }[];
  sleep(ms: number): Promise<void>;
}

/** The same host, with all that it sends and opens by UDP noted. */
function watched(host: Host, opened: UdpSocket[], sent: { data: Uint8Array; to: Endpoint }[]): Host {
  const bind: Host['udp']['bind'] = async (options) => {
    const socket = await host.udp.bind(options);
    const send = socket.send.bind(socket);
    socket.send = (data, to, ttl) => {
      sent.push({ data: Uint8Array.from(data), to });
      send(data, to, ttl);
    };
    opened.push(socket);
    return socket;
  };
  const { clock, random, signer, events, tcp } = host;
  return {
    clock,
    random,
    signer,
    events,
    tcp,
    udp: { bind },
    interfaces: () => host.interfaces(),
    defaultGateways: () => host.defaultGateways(),
  };
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** What others can do to two nodes, in any world: what they take, who gets in, and whether they still get on. */
export function attackSuite(world: string, makeLab: () => Promise<ConnectLab>): void {
  describe(`attacks on two nodes, ${world}`, () => {
    let lab: ConnectLab;
    beforeEach(async () => {
      lab = await makeLab();
    });
    afterEach(() => lab.close());

    const onScene = (body: (scene: Scene) => Promise<void>) => () =>
      lab.run(async () => {
        const servers = await lab.start();
        const opened: UdpSocket[] = [];
        const sent: { data: Uint8Array; to: Endpoint }[] = [];
        const start = (index: 0 | 1) => {
          const address = lab.bind[index];
          const host = watched(lab.hosts[index], opened, sent);
          return Node.start(host, { servers, ...(address !== undefined && { listen: { address } }) });
        };
        const [alice, bob] = await Promise.all([start(0), start(1)]);
        const pipes: Pipe[] = [];
        bob.onPipe((pipe) => void pipes.push(pipe));
        const [stranger] = lab.hosts;
        const sleep = (ms: number) => new Promise<void>((resolve) => void stranger.clock.after(ms, resolve));
        opened.length = 0;
        sent.length = 0;
        try {
          await body({ alice, bob, servers, pipes, stranger, opened, sent, sleep });
        } finally {
          await Promise.all([alice.close(), bob.close()]);
        }
      });

    /** The pipe works, both ends are who they are, and bob has no other. */
    const getOn = async (pipe: Pipe, { alice, bob, pipes, sleep }: Scene) => {
      for (let tries = 0; pipes.length === 0 && tries < 200; tries++) await sleep(10);
      expect(pipes.map(({ peerId }) => peerId)).toEqual([alice.id]);
      expect(pipe.peerId).toBe(bob.id);
      const heard = new Promise<string>((resolve) => pipes[0]!.onMessage((message) => resolve(text(message))));
      await pipe.send(Buffer.from('hello'));
      expect(await heard).toBe('hello');
    };

    it(
      'a man in the middle at the broker who replays, bends and diverts all signals brings nobody else in',
      onScene(async (scene) => {
        const { alice, bob, servers, stranger, sleep } = scene;
        const { endpoint } = servers.brokers![0]!;
        const keys = [alice, bob].map(({ identity }) => identity.publicKey) as [Uint8Array, Uint8Array];
        const taps = await Promise.all(keys.map((key) => Tap.open(stranger, endpoint, key)));
        const [pipe] = await alice.connect(bob.addressText, { plugins: ['udp-punch'] });
        await getOn(pipe, scene);
        const overheard = taps.flatMap((tap) => tap.overheard);
        expect(overheard.length).toBeGreaterThan(1);
        for (const signal of overheard) {
          const bent = Uint8Array.from(signal);
          bent[stranger.random.below(bent.length)]! ^= 1 << stranger.random.below(8);
          for (const key of keys) for (const bytes of [signal, signal, bent]) await taps[0]!.publish(key, bytes);
        }
        await sleep(1500);
        await getOn(pipe, scene);
        await Promise.all(taps.map((tap) => tap.close()));
      }),
    );

    it(
      'a broker that changes what passes through it keeps two nodes apart at worst',
      onScene(async ({ servers, stranger, sleep }) => {
        const address = lab.bind[0] ?? addressOf(stranger);
        const liar = await lyingBroker(stranger, servers.brokers![0]!.endpoint, address);
        const through = { ...servers, brokers: [{ endpoint: liar.endpoint }] };
        const start = (index: 0 | 1) => {
          const listen = lab.bind[index];
          return Node.start(lab.hosts[index], {
            servers: through,
            ...(listen !== undefined && { listen: { address: listen } }),
          });
        };
        const [carol, dave] = await Promise.all([start(0), start(1)]);
        const pipes: Pipe[] = [];
        dave.onPipe((pipe) => void pipes.push(pipe));
        const dial = carol.connect(dave.addressText, { plugins: ['udp-punch'], timeoutMs: 2500, retry: false });
        expect(await dial.catch((error: Error) => error.name)).toBe('ConnectError');
        expect([liar.changed() > 0, pipes]).toEqual([true, []]);
        liar.change(false);
        await sleep(500);
        const [pipe] = await carol.connect(dave.addressText, { timeoutMs: 20_000 });
        expect(pipe.peerId).toBe(dave.id);
        await Promise.all([carol.close(), dave.close()]);
        liar.close();
      }),
    );

    it(
      'a stranger who sends into a punch, and answers in the peer’s place, is not heard',
      onScene(async (scene) => {
        const { alice, bob, stranger, opened, sent } = scene;
        const socket = await stranger.udp.bind(bindTo(lab.bind[0]));
        let answers = 0;
        let played = 0;
        socket.onMessage = () => answers++;
        const dialling = alice.connect(bob.addressText, { plugins: ['udp-punch'] });
        const places = new Set<string>();
        // As soon as a socket is there, and again as packets pass.
        let over = false;
        const shoot = () => {
          if (over) return;
          for (const { local } of opened.slice(-8)) {
            for (const address of [addressOf(lab.hosts[0]), addressOf(lab.hosts[1]), ...[lab.bind[0] ?? []].flat()]) {
              places.add(`${address} ${local.port}`);
              for (const bytes of lies(scene)) socket.send(bytes, { address, port: local.port });
            }
          }
          // What was overheard, from another place.
          for (const { data, to } of sent.slice(-4)) {
            socket.send(data, to);
            played++;
          }
          stranger.clock.after(5, shoot);
        };
        shoot();
        const [pipe] = await dialling;
        await getOn(pipe, scene);
        over = true;
        expect(places.size).toBeGreaterThan(0);
        // A probe that was overheard is answered, and tried back, as often as it comes and a few times more. Nothing else is.
        expect(answers).toBeLessThanOrEqual(2 * played + 32);
        socket.close();
      }),
    );

    it(
      'a handshake that was overheard proves nothing when it is played again',
      onScene(async (scene) => {
        const { alice, bob, pipes, stranger, sleep } = scene;
        const place = bob.address.interfaces.find(({ tcp }) => tcp.port !== undefined)!;
        const target = { address: lab.bind[1] ?? place.address, port: place.tcp.port! };
        const wire = await wiretap(stranger, target, lab.bind[0] ?? addressOf(stranger));
        // Bob's own address, but for the place of the wiretap.
        const tcp = { nat: UNKNOWN_NAT, port: wire.endpoint.port };
        const tapped = { ...place, address: wire.endpoint.address, external: wire.endpoint.address, tcp };
        const { issuedAtMs } = bob.address;
        const address = createAddress({ issuedAtMs: issuedAtMs + 1, interfaces: [tapped], brokers: [] }, bob.identity);
        const [pipe] = await alice.connect(address, { plugins: ['direct-connect'] });
        await getOn(pipe, scene);
        expect(wire.heard().length).toBeGreaterThan(100);
        for (const bytes of [wire.heard(), wire.heard().subarray(0, 200)]) {
          const connection = await stranger.tcp.dial(target);
          connection.start({ data: () => {}, end: () => {}, closed: () => {}, drained: () => {} });
          connection.send(bytes);
          await sleep(500);
          connection.reset();
        }
        expect(pipes).toHaveLength(1);
        wire.close();
      }),
    );

    it(
      'noise and frames without end at the listening port are shown out',
      onScene(async ({ bob, pipes, stranger, sleep }) => {
        const place = bob.address.interfaces.find(({ tcp }) => tcp.port !== undefined)!;
        const target = { address: lab.bind[1] ?? place.address, port: place.tcp.port! };
        const heads = ['ffffffff', '00000401', '00000400', '00000000', '80'];
        let closed = 0;
        for (const head of heads) {
          const connection = await stranger.tcp.dial(target);
          connection.start({ data: () => {}, end: () => {}, closed: () => closed++, drained: () => {} });
          connection.send(Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(2000, 0xff)]));
        }
        const quiet = await stranger.tcp.dial(target);
        quiet.start({ data: () => {}, end: () => {}, closed: () => closed++, drained: () => {} });
        await sleep(6000);
        expect([closed, pipes.length]).toEqual([heads.length + 1, 0]);
      }),
    );

    it(
      'a flood of requests for sessions is cut to its rate, and a friend is served beside it',
      onScene(async (scene) => {
        const { alice, bob, servers, stranger, sleep } = scene;
        for (let count = 0; count < 80; count++) await ask(stranger, bob, servers);
        await sleep(1000);
        const [pipe] = await alice.connect(bob.addressText, { timeoutMs: 15_000 });
        await getOn(pipe, scene);
      }),
    );
  });
}

const bindTo = (address: string | undefined) => (address === undefined ? {} : { address });

function addressOf(host: Host): string {
  const own = host.interfaces().flatMap(({ addresses, loopback }) => addresses.map((each) => ({ ...each, loopback })));
  const v4 = own.filter(({ family }) => family === 4);
  return (v4.find(({ loopback }) => !loopback) ?? v4[0])!.address;
}

/** What somebody sends who does not know the keys. */
function lies({ alice, bob, stranger }: Scene): Uint8Array[] {
  const { random } = stranger;
  const names = { initiatorKey: alice.identity.publicKey, responderKey: bob.identity.publicKey };
  const hello = { sessionId: random.bytes(16), nonce: random.bytes(16), plugin: 'udp-punch', ...names };
  const probe = (messageClass: 'request' | 'success') =>
    encodeMessage(
      {
        messageClass,
        method: METHOD.binding,
        transactionId: random.bytes(12),
        attributes: [{ type: 'username', value: 'initiator' }],
      },
      { key: random.bytes(32), integrity: 'sha256' },
    );
  const sealed = [FRAME.data, FRAME.close, FRAME.nominate, FRAME.moved].map((kind) =>
    Buffer.concat([Buffer.of(kind), random.bytes(60)]),
  );
  return [
    probe('request'),
    probe('success'),
    encodeHello(hello),
    encodeAnswer(random.bytes(16)),
    ...sealed,
    random.bytes(900),
  ];
}

/** A signed request for a session by somebody nobody knows. */
async function ask(stranger: Host, victim: Node, servers: NodeServers): Promise<void> {
  const identity = Identity.generate(stranger);
  const channel = await SignalChannel.open(stranger, identity, { brokers: servers.brokers! });
  const address = createAddress({ issuedAtMs: stranger.clock.wallMs(), interfaces: [], brokers: [] }, identity);
  const plugins = registry.names().map((plugin) => ({ plugin, afterMs: 0, round: 0 }));
  const open = { plugins, secret: stranger.random.bytes(32), reliable: false };
  const body = encodeSessionMessage({ sessionId: stranger.random.bytes(16), open, entries: [] });
  await channel.send(victim.identity.publicKey, 'session', body, { address: address.bytes }).catch(() => {});
  await channel.close();
}

/** Passes everything on to the target, as `change` would have it. */
async function between(
  host: Host,
  target: Endpoint,
  address: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Promise<{ endpoint: Endpoint; close(): void }> {
  const open = new Set<TcpConnection>();
  const listener = await host.tcp.listen({ address, port: 0 }, (client) => {
    open.add(client);
    const early: Uint8Array[] = [];
    let server: TcpConnection | undefined;
    const end = () => {
      client.reset();
      server?.reset();
    };
    client.start({
      data: (bytes) => {
        const changed = change(Uint8Array.from(bytes));
        if (server) server.send(changed);
        else early.push(changed);
      },
      end,
      closed: end,
      drained: () => {},
    });
    host.tcp.dial(target).then((connection) => {
      server = connection;
      open.add(connection);
      connection.start({ data: (bytes) => void client.send(bytes), end, closed: end, drained: () => {} });
      for (const bytes of early) connection.send(bytes);
    }, end);
  });
  const close = () => {
    listener.close();
    for (const connection of open) connection.reset();
  };
  return { endpoint: { address, port: listener.local.port }, close };
}

/** In front of a true broker: it bends a bit in the middle of every long packet that a node publishes. */
async function lyingBroker(host: Host, broker: Endpoint, address: string) {
  let changed = 0;
  let lying = true;
  const liar = await between(host, broker, address, (bytes) => {
    if (lying && bytes.length > 300) {
      bytes[bytes.length >> 1]! ^= 4;
      changed++;
    }
    return bytes;
  });
  return {
    ...liar,
    changed: () => changed,
    change: (on: boolean) => {
      lying = on;
    },
  };
}

/** Notes what the caller says. */
async function wiretap(host: Host, target: Endpoint, address: string) {
  const heard: Uint8Array[] = [];
  const wire = await between(host, target, address, (bytes) => {
    heard.push(bytes);
    return bytes;
  });
  return { ...wire, heard: () => Buffer.concat(heard) };
}
