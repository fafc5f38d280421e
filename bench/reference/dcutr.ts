import { stunOverTcp } from '../../core/nat/stun-over-tcp.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../../core/plugins/plugin.ts';
import { StreamTransport } from '../../core/plugins/stream-transport.ts';
import { ByteReader, ByteWriter } from '../../core/wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../core/wire/endpoints.ts';
import { planToMeet } from './endpoints.ts';
import { type ProbeSocket, Probes } from './probe-socket.ts';

const TRIES = 3;
const TRY_MS = 5000;
/** The responder's packets of random bytes, which open its NAT for QUIC. */
const NOISE_GAPS_MS = [10, 200] as const;
/** QUIC's first retransmission without a sample of the round trip (RFC 9002 section 6.2.2), doubled each time. */
const FIRST_PTO_MS = 999;
const SYNC = Buffer.from('sync');

interface Ends {
  readonly udp: Endpoint;
  readonly tcp: Endpoint;
}

/**
 * Direct Connection Upgrade through Relay (libp2p's specification, relay/DCUtR), for QUIC and TCP at once, with the
 * signal channel in the relay's place: who was dialled sends CONNECT with the addresses that others see, hears the same,
 * sends SYNC, and waits for half the round trip. Then TCP opens simultaneously; for QUIC who dialled sends its first
 * packet, while the other end sends random bytes, 10 to 200 ms apart. Three tries. As in any TCP stack that lets a
 * listening port dial, an end's one port serves all; here nothing listens.
 */
export class Dcutr implements Plugin<null> {
  readonly name = 'dcutr';
  readonly path = 'direct';

  plan(input: PlanInput): Plan<null> {
    return planToMeet(input);
  }

  async attempt(_plan: null, attempt: Attempt): Promise<ProvenTransport> {
    const { host, servers, signal } = attempt;
    const probes = new Probes(attempt);
    const socket = await probes.open();
    const [udp, stream] = await Promise.all([
      socket.mapped(),
      stunOverTcp(host, servers.stun[0]!, { timeoutMs: 3000, signal }),
    ]);
    const own = { udp, tcp: stream.mapped };
    probes.onProbe = (kind, from) => {
      if (kind === 'ping' && attempt.role === 'responder') socket.send('pong', from);
      if (kind === 'pong') socket.prove(from);
    };
    const upgrade = { attempt, probes, socket, tcpPort: stream.local.port };
    run(upgrade, own).catch((error: Error) => probes.fail(error));
    return Promise.race([probes.proven, streams(upgrade)]);
  }
}

interface Upgrade {
  readonly attempt: Attempt;
  readonly probes: Probes;
  readonly socket: ProbeSocket;
  readonly tcpPort: number;
  /** Set once a try begins. */
  dial?: (to: Endpoint) => void;
}

async function run(upgrade: Upgrade, own: Ends): Promise<void> {
  for (let count = 0; count < TRIES; count++) {
    const peer = await coordinate(upgrade.attempt, own);
    upgrade.dial?.(peer.tcp);
    if (upgrade.attempt.role === 'initiator') await dialQuic(upgrade, peer.udp);
    else await makeNoise(upgrade, peer.udp);
    if (upgrade.probes.over) return;
  }
  throw new Error(`not connected after ${TRIES} tries`);
}

/** Returns at the agreed instant, by the specification's reckoning. */
async function coordinate({ role, line, host, sleep }: Attempt, own: Ends): Promise<Ends> {
  const connect = writeEndpoint(writeEndpoint(new ByteWriter(), own.udp), own.tcp).finish();
  if (role === 'responder') {
    const sentUs = host.clock.now();
    line.send(connect);
    const peer = readEnds(await line.receive());
    line.send(SYNC);
    await sleep((host.clock.now() - sentUs) / 2000);
    return peer;
  }
  const peer = readEnds(await line.receive());
  line.send(connect);
  await line.receive(); // SYNC
  return peer;
}

function readEnds(bytes: Uint8Array): Ends {
  const reader = new ByteReader(bytes);
  return { udp: readEndpoint(reader, 'UDP endpoint'), tcp: readEndpoint(reader, 'TCP endpoint') };
}

async function dialQuic({ attempt, probes, socket }: Upgrade, to: Endpoint): Promise<void> {
  let leftMs = TRY_MS;
  for (let ptoMs = FIRST_PTO_MS; leftMs > 0 && !probes.over; ptoMs *= 2) {
    socket.send('ping', to);
    await attempt.sleep(Math.min(ptoMs, leftMs));
    leftMs -= ptoMs;
  }
}

async function makeNoise({ attempt, probes, socket }: Upgrade, to: Endpoint): Promise<void> {
  const { clock, random } = attempt.host;
  const endUs = clock.now() + TRY_MS * 1000;
  const [least, most] = NOISE_GAPS_MS;
  while (clock.now() < endUs && !probes.over) {
    socket.sendNoise(to);
    await attempt.sleep(least + random.below(most - least));
  }
}

/** The TCP half: a simultaneous open in each try. Never settles without a proven transport. */
function streams(upgrade: Upgrade): Promise<ProvenTransport> {
  const { attempt, tcpPort } = upgrade;
  return new Promise((resolve) => {
    upgrade.dial = (to) => {
      attempt.host.tcp
        .dial(to, { localPort: tcpPort, timeoutMs: TRY_MS, signal: attempt.signal })
        .then((connection) => attempt.prove(new StreamTransport(connection)))
        .then(resolve, () => {}); // The next try may do better.
    };
  });
}
