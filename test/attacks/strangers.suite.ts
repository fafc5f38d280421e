import { resolveBehaviour } from '../../core/nat/behaviour.ts';
import { Identity, Node, type NodeServers } from '../../core/node/index.ts';
import { sleep } from '../../core/ports/sleep.ts';
import { SignalChannel } from '../../core/signal/signal-channel.ts';
import { createAddress } from '../../core/wire/address/address.ts';
import type { NatTraits } from '../../core/wire/address/address-content.ts';
import { encodeSessionMessage, MAX_ROUND } from '../../core/wire/session-message.ts';
import { startInfrastructure } from '../../lab-cli/trial/infrastructure.ts';
import { type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { type Packet, wireLength } from '../../simulator/packet.ts';
import { hostileLines } from './hostile-lines.suite.ts';

/** What came to a place that never asked for it. */
export interface Hit {
  readonly packets: number;
  /** With IP and transport headers. */
  readonly bytes: number;
  /** Between the first packet and the last. */
  readonly seconds: number;
}

const VICTIM = '198.51.100.77';
/** What lets the node search for us. */
const ELUSIVE: NatTraits = {
  mapping: 'address-and-port-dependent',
  filtering: 'address-and-port-dependent',
  allocation: 'random',
  step: 0,
};
/** Longer than any try of a plugin. */
const ROUND_MS = 20_000;

/**
 * What one stranger with one key and one request for a session can have sent to a place of its choice, by a node that has a
 * public address and everything on, and by the TURN server that the node uses.
 *
 * @param requests by as many strangers at once
 */
export async function hitByStranger(plugins: readonly string[], requests = 1): Promise<Hit> {
  const world = new World({ seed: 'strangers' });
  const topology = new Topology(world);
  const link = symmetricLink({ latencyUs: 20_000 });
  const side = (name: string) => topology.side(name, { nats: [resolveBehaviour({ translation: 'none' })], link }).host;
  const [host, stranger] = [side('node'), side('stranger')];
  const hit = { packets: 0, bytes: 0 };
  const times: number[] = [];
  world.trace.observe({
    packet: (timeUs, device, event, packet: Packet) => {
      if (event !== 'sent' || device.name === 'core' || device.name === 'stranger') return;
      if (world.addresses.text(packet.destination) !== VICTIM || device.name.includes('nat')) return;
      hit.packets++;
      times.push(timeUs);
      hit.bytes += wireLength(packet);
    },
    mapping: () => {},
    hostEvent: () => {},
  });
  const result = await world.run(async () => {
    const servers = await startInfrastructure(topology);
    const node = await Node.start(host, { servers });
    await Promise.all(Array.from({ length: requests }, () => ask(node, stranger, servers, plugins)));
    await sleep(host.clock, 120_000);
    await node.close();
  });
  if (result.outcome === 'crashed') throw result.error;
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return { ...hit, seconds: times.length === 0 ? 0 : (times.at(-1)! - times[0]!) / 1e6 };
}

/** Asks for a session in the name of a fresh key that claims to be where the victim is, and says all that can be said. */
async function ask(node: Node, stranger: SimHost, servers: NodeServers, plugins: readonly string[]): Promise<void> {
  const identity = Identity.generate(stranger);
  const channel = await SignalChannel.open(stranger, identity, { brokers: servers.brokers! });
  const protocol = { nat: ELUSIVE, port: 4711, externalPort: 4711 };
  const place = { index: 1, address: '10.9.9.9', prefixLength: 24, external: VICTIM, udp: protocol, tcp: protocol };
  const address = createAddress({ issuedAtMs: stranger.clock.wallMs(), interfaces: [place], brokers: [] }, identity);
  const sessionId = stranger.random.bytes(16);
  const secret = stranger.random.bytes(32);
  const lines = hostileLines(VICTIM);
  for (let round = 0; round <= MAX_ROUND; round++) {
    const starts = plugins.map((plugin) => ({ plugin, afterMs: 0, round }));
    const entries = plugins.flatMap((plugin) =>
      (lines.get(plugin) ?? []).map((payload) => ({ plugin, payload: Buffer.from(payload), round })),
    );
    for (let first = 0; first === 0 || first < entries.length; first += 16) {
      const open = { plugins: starts, secret, reliable: false };
      const body = encodeSessionMessage({ sessionId, open, entries: entries.slice(first, first + 16) });
      await channel.send(node.identity.publicKey, 'session', body, { address: address.bytes }).catch(() => {});
    }
    await sleep(stranger.clock, ROUND_MS);
  }
  await channel.close();
}
