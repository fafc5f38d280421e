import { describe, expect, it } from 'vitest';
import { startInfrastructure } from '../../lab-cli/trial/infrastructure.ts';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import type { Packet } from '../../simulator/packet.ts';
import { Identity } from '../identity/identity.ts';
import { resolveBehaviour } from '../nat/behaviour.ts';
import { StreamTransport } from '../plugins/stream-transport.ts';
import { sleep } from '../ports/sleep.ts';
import { SignalChannel } from '../signal/signal-channel.ts';
import { createAddress } from '../wire/address/address.ts';
import { UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { encodeCall, encodeHello, FRAME } from '../wire/proof.ts';
import { encodeSessionMessage } from '../wire/session-message.ts';
import { Node, type NodeOptions, type NodeServers, type Pipe, registry } from './index.ts';

interface Stage {
  readonly node: Node;
  readonly stranger: SimHost;
  readonly servers: NodeServers;
  readonly pipes: readonly Pipe[];
  /** Packets and bytes that the node has sent to this address so far. */
  sentTo(address: string): { packets: number; bytes: number };
  sleep(ms: number): Promise<void>;
}

const VICTIM = '198.51.100.77';

/** A node that anybody can reach, and a stranger. */
async function onStage<T>(options: NodeOptions, body: (stage: Stage) => Promise<T>): Promise<T> {
  const world = new World({ seed: 'strangers' });
  const topology = new Topology(world);
  const link = symmetricLink({ latencyUs: 20_000 });
  const side = (name: string) => topology.side(name, { nats: [resolveBehaviour({ translation: 'none' })], link }).host;
  const [host, stranger] = [side('node'), side('stranger')];
  const sent = new Map<string, { packets: number; bytes: number }>();
  world.trace.observe({
    packet: (_timeUs, device, event, packet: Packet) => {
      if (event !== 'sent' || device.name !== 'node') return;
      const to = world.addresses.text(packet.destination);
      const { packets, bytes } = sent.get(to) ?? { packets: 0, bytes: 0 };
      sent.set(to, { packets: packets + 1, bytes: bytes + packet.payload.length + 40 });
    },
    mapping: () => {},
    hostEvent: () => {},
  });
  const result = await world.run(async () => {
    const servers = await startInfrastructure(topology);
    const node = await Node.start(host, { servers, ...options });
    const pipes: Pipe[] = [];
    node.onPipe((pipe) => void pipes.push(pipe));
    const sentTo = (address: string) => sent.get(address) ?? { packets: 0, bytes: 0 };
    return body({ node, stranger, servers, pipes, sentTo, sleep: (ms) => sleep(host.clock, ms) });
  });
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.value;
}

const addressOf = (host: SimHost) => host.interfaces()[1]!.addresses[0]!.address;

/** Asks for a session in the name of a fresh key, with an address that says the asker is where the victim is. */
async function ask({ node, stranger, servers }: Stage, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const identity = Identity.generate(stranger);
    const channel = await SignalChannel.open(stranger, identity, { brokers: servers.brokers! });
    const protocol = { nat: UNKNOWN_NAT, port: 4711 };
    const place = { index: 1, address: '10.9.9.9', prefixLength: 24, external: VICTIM, udp: protocol, tcp: protocol };
    const address = createAddress({ issuedAtMs: stranger.clock.wallMs(), interfaces: [place], brokers: [] }, identity);
    const plugins = registry.names().map((plugin) => ({ plugin, afterMs: 0, round: 0 }));
    const open = { plugins, secret: stranger.random.bytes(32), reliable: false };
    const body = encodeSessionMessage({ sessionId: stranger.random.bytes(16), open, entries: [] });
    await channel.send(node.identity.publicKey, 'session', body, { address: address.bytes });
    await channel.close();
  }
}

describe('a stranger who asks a node to call somebody else', () => {
  it('gets it to send a few packets there for each request, and requests are paced', async () => {
    await onStage({}, async (stage) => {
      await ask(stage, 1);
      await stage.sleep(70_000);
      const one = stage.sentTo(VICTIM);
      expect(one.packets).toBeGreaterThan(0);
      expect(one.packets).toBeLessThanOrEqual(40);
      expect(one.bytes).toBeLessThanOrEqual(4000);
      const startUs = stage.node.host.clock.now();
      await ask(stage, 200);
      const seconds = (stage.node.host.clock.now() - startUs) / 1e6 + 70;
      await stage.sleep(70_000);
      const many = stage.sentTo(VICTIM);
      // A burst of 64 and 4 a second at most, whoever asks; and never more than 64 at a time.
      expect(many.packets - one.packets).toBeLessThanOrEqual(one.packets * (64 + 4 * seconds));
      expect(many.packets - one.packets).toBeLessThan(200 * one.packets);
    });
  }, 120_000);

  it('gets nothing at all out of a node that does not know it, if the node says so', () =>
    onStage({ accept: () => false }, async (stage) => {
      await ask(stage, 3);
      await stage.sleep(30_000);
      expect(stage.sentTo(VICTIM).packets).toBe(0);
    }));
});

describe('a stranger at the listening port', () => {
  const dial = async ({ node, stranger, sleep: rest }: Stage, frames: (transport: StreamTransport) => void) => {
    const { address, tcp } = node.address.interfaces[0]!;
    const connection = await stranger.tcp.dial({ address, port: tcp.port! });
    const transport = new StreamTransport(connection);
    let closed = false;
    transport.start({ message: () => {}, closed: () => void (closed = true), drained: () => {} });
    frames(transport);
    await rest(12_000);
    return closed;
  };

  it.each<[string, (stage: Stage) => (transport: StreamTransport) => void]>([
    ['says nothing', () => () => {}],
    ['talks nonsense', () => (transport) => transport.send(Buffer.alloc(900, 0x99))],
    [
      'announces a call that nobody waits for',
      ({ stranger }) =>
        (transport) =>
          transport.send(encodeCall({ sessionId: stranger.random.bytes(16), plugin: 'reverse-connect' })),
    ],
    [
      'greets somebody else',
      ({ stranger }) =>
        (transport) => {
          const key = Identity.generate(stranger).publicKey;
          const hello = { sessionId: stranger.random.bytes(16), initiatorKey: key, responderKey: key };
          transport.send(encodeHello({ ...hello, nonce: stranger.random.bytes(16), plugin: 'direct-connect' }));
        },
    ],
    [
      'greets in the name of another and can prove nothing',
      ({ node, stranger }) =>
        (transport) => {
          const initiatorKey = Identity.generate(stranger).publicKey;
          const hello = { sessionId: stranger.random.bytes(16), initiatorKey, responderKey: node.identity.publicKey };
          transport.send(encodeHello({ ...hello, nonce: stranger.random.bytes(16), plugin: 'direct-connect' }));
          transport.send(Buffer.concat([Buffer.of(FRAME.confirm), Buffer.alloc(97, 2)]));
        },
    ],
    [
      'sends sealed frames at random',
      ({ stranger }) =>
        (transport) => {
          for (const kind of [FRAME.data, FRAME.close, FRAME.nominate]) {
            transport.send(Buffer.concat([Buffer.of(kind), stranger.random.bytes(40)]));
          }
        },
    ],
  ])('who %s is shown out, and no pipe comes of it', (_, frames) =>
    onStage({}, async (stage) => {
      expect(await dial(stage, frames(stage))).toBe(true);
      expect(stage.pipes).toEqual([]);
      // Less than a dozen segments, none of them long: nothing that is worth a forged source address.
      expect(stage.sentTo(addressOf(stage.stranger)).packets).toBeLessThan(12);
    }),
  );

  it('may knock as often as it likes: the node keeps no more than 64 of its connections', () =>
    onStage({}, async (stage) => {
      const { address, tcp } = stage.node.address.interfaces[0]!;
      for (let count = 0; count < 300; count++) await stage.stranger.tcp.dial({ address, port: tcp.port! });
      const { tcpSockets } = (stage.node.host as SimHost).audit();
      expect(tcpSockets).toBeLessThan(80);
      await stage.sleep(12_000);
      expect((stage.node.host as SimHost).audit().tcpSockets).toBeLessThan(10);
    }));
});
