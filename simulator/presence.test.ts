import { describe, expect, it } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { Identity, Node, type NodeOptions, type NodeServers } from '../core/node/index.ts';
import { pause } from '../core/ports/lab.suite.ts';
import { startMqttServer } from '../core/servers/mqtt/mqtt-server.ts';
import { startNameServer } from '../core/servers/names/name-server.ts';
import { startNtpServer } from '../core/servers/ntp/ntp-server.ts';
import { startStunServer } from '../core/servers/stun/stun-server.ts';
import { until } from '../core/signal/signal-helpers.suite.ts';
import { type Side, symmetricLink, Topology, World } from './index.ts';

/** How far the NTP server's date is from that of the hosts. */
const NTP_OFFSET_MS = 240_000;
const LINK = symmetricLink({ latencyUs: 20_000 });

interface Scene {
  readonly sides: readonly [Side, Side];
  readonly servers: NodeServers & { readonly brokers: NonNullable<NodeServers['brokers']> };
  /** Ends a broker for good. */
  stopBroker(port: number): Promise<void>;
  start(index: 0 | 1, options?: Partial<NodeOptions>): Promise<Node>;
}

/** Two nodes behind NATs, with three brokers, a STUN server and a name server. */
async function onStage(body: (scene: Scene) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'presence' });
  const net = new Topology(world);
  const sides = ['a', 'b'].map((name) => net.side(name, { nats: [resolveBehaviour({})], link: LINK }));
  const server = net.server('server', { link: LINK, addresses: 2 });
  const result = await world.run(async () => {
    const [address, second] = server
      .interfaces()
      .at(-1)!
      .addresses.map((own) => own.address);
    const ports = [1883, 1884, 1885];
    const brokers = await Promise.all(ports.map((port) => startMqttServer(server, { address: address!, port })));
    await startNtpServer(server, { address: address!, offsetMs: NTP_OFFSET_MS });
    const stun = { address: address!, port: 3478 };
    await startStunServer(server, { primary: stun, alternate: { address: second!, port: 3479 } });
    const names = await startNameServer(server, { identity: Identity.generate(server), address: address! });
    const servers = {
      stun: [stun],
      brokers: ports.map((port) => ({ endpoint: { address: address!, port } })),
      names: [{ endpoint: names.local, publicKey: names.publicKey }],
    };
    const nodes: Node[] = [];
    await body({
      sides: sides as [Side, Side],
      servers,
      stopBroker: (port) => brokers[ports.indexOf(port)]!.close(),
      start: async (index, options) => {
        const node = await Node.start(sides[index]!.host, { servers, ...options });
        nodes.push(node);
        return node;
      },
    });
    await Promise.all(nodes.map((node) => node.close()));
  });
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
}

const externalOf = (node: Node) => node.address.interfaces[0]?.external;

describe('a node', () => {
  it('is called by its nickname, and keeps it when its NAT gets another address', () =>
    onStage(async ({ sides, start }) => {
      const { clock } = sides[0].host;
      const bob = await start(1, { nickname: 'bob' });
      await bob.nickname!.registered;
      const alice = await start(0);
      const [pipe] = await alice.connect('Bob.punch');
      expect(pipe.peerId).toBe(bob.id);
      const [before, port] = [externalOf(bob), bob.address.issuedAtMs];
      sides[1].nats[0]!.renumber();
      await until(clock, () => externalOf(bob) !== before);
      expect(bob.address.issuedAtMs).toBeGreaterThan(port);
      await pause(clock, 1000);
      expect((await alice.resolve('bob')).interfaces[0]?.external).toBe(externalOf(bob));
      const [again] = await alice.connect('bob');
      expect(again.peerId).toBe(bob.id);
      await expect(alice.connect('nobody')).rejects.toMatchObject({ code: 'not-found' });
      await expect(alice.connect('no body')).rejects.toThrow('is no name');
    }));

  it('says in its address on which brokers it is, and is found by who has the old address only', () =>
    onStage(async ({ sides, servers, start, stopBroker }) => {
      const { clock } = sides[0].host;
      const [alice, bob] = [await start(0), await start(1)];
      const old = bob.address;
      expect(old.brokers.length).toBe(2);
      const [first, second] = old.brokers;
      const third = servers.brokers.find(({ endpoint: { port } }) => port !== first!.port && port !== second!.port)!;
      await stopBroker(first!.port);
      await until(clock, () => bob.address.brokers[0]?.port === second!.port);
      expect(bob.address.brokers[1]).toEqual(third.endpoint);
      const fresh = await alice.refresh(old);
      expect(fresh.brokers).toEqual([second, third.endpoint]);
      const [pipe] = await alice.connect(old, { plugins: ['udp-punch'] });
      expect(pipe.peerId).toBe(bob.id);
    }));

  it('renews an address that has expired before it dials, and says so if it can not', () =>
    onStage(async ({ sides, start }) => {
      const { clock } = sides[0].host;
      const [alice, bob] = [await start(0), await start(1, { addressLifetimeMs: 60_000 })];
      const old = bob.addressText;
      const { issuedAtMs, expiresAtMs } = bob.address;
      expect(expiresAtMs).toBe(issuedAtMs + 60_000);
      await pause(clock, 700_000);
      expect(bob.address.issuedAtMs).toBeGreaterThan(issuedAtMs);
      const [pipe] = await alice.connect(old);
      expect(pipe.peerId).toBe(bob.id);
      await bob.close();
      await pause(clock, 700_000);
      const failure = alice.connect(old);
      await expect(failure).rejects.toMatchObject({ name: 'AddressError', code: 'expired' });
    }));

  it('has its date put right, and gets by without', () =>
    onStage(async ({ sides, servers, start }) => {
      const { clock } = sides[0].host;
      const [server] = servers.stun!;
      const ntp = [{ address: server!.address, port: 123 }];
      const lost = await start(1, { servers: { ...servers, ntp: [{ address: server!.address, port: 9 }] } });
      const alice = await start(0, { servers: { ...servers, ntp } });
      await until(clock, () => Math.abs(alice.host.clock.wallMs() - clock.wallMs() - NTP_OFFSET_MS) < 50);
      const [pipe] = await alice.connect(lost.address);
      expect(pipe.peerId).toBe(lost.id);
    }));

  it('is not started with a nickname and nobody to register it with', () =>
    onStage(async ({ start, servers }) => {
      await expect(start(0, { nickname: 'alice', servers: { ...servers, names: [] } })).rejects.toThrow(RangeError);
      await expect(start(0, { nickname: 'no name' })).rejects.toThrow('is no name');
    }));
});
