import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { isNetError } from '../../core/net/error.ts';
import { awaitAndProve, dialAndProve } from '../../core/plugins/dial-and-prove.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../../core/plugins/plugin.ts';
import { StreamTransport } from '../../core/plugins/stream-transport.ts';
import { listeningTargets } from '../../core/plugins/targets.ts';
import { isRandom, planToMeet } from './endpoints.ts';
import { type ProbeSocket, Probes } from './probe-socket.ts';

/** A phase is over when its time is; a punch that fails takes the whole of it. */
const DIRECT_MS = 3000;
const SLOT_MS = 10_000;
/** From the exchange to the instant that both ends start at. */
const PIN_MS = 1000;
const TCP_PORTS = 16;
const TCP_SPRAY_MS = 1500;
const TCP_GAP_MS = 5;
const UDP_SOCKETS = 2;
const UDP_SPRAY_MS = 3000;
const UDP_GAP_MS = 500;
const RANDOM_SOCKETS = 256;
const RANDOM_GAP_MS = 10;
const RANDOM_FIRST_PORT = 32_768;
const RANDOM_PORTS = 32_768;
const FIRST_PORT = 2024;
const PORTS = 50_000;

/**
 * Warpgate's cascade as its documentation and source describe it (July 2026), without its relay: strict phases, direct,
 * TCP punch, then UDP punch or, with an endpoint-dependent NAT at either end, a random probe. Both punches go from ports
 * that the two ends draw from one seed to the same ports of the other, so they need NATs that keep ports. The UDP spray
 * listens only once it is over. Its predictor is not here: it makes each end dial its own predicted port, and so adds
 * no pair to these.
 */
export class Warpgate implements Plugin<null> {
  readonly name = 'warpgate';
  readonly path = 'direct';

  plan(input: PlanInput): Plan<null> {
    return planToMeet(input);
  }

  async attempt(_plan: null, attempt: Attempt): Promise<ProvenTransport> {
    setMaxListeners(0, attempt.signal); // It dials from many ports at once.
    const random = isRandom(attempt.local) || isRandom(attempt.remote!);
    const peer = attempt.remote!.interfaces.find(({ external }) => external !== undefined)?.external;
    if (peer === undefined) throw new Error('the peer does not know its external address');
    const direct = await within(attempt, DIRECT_MS, () => connect(attempt));
    if (direct) return direct;
    const phases = random ? [randomProbe] : [tcpPunch, udpPunch];
    for (const phase of phases) {
      await meet(attempt);
      const found = await within(attempt, SLOT_MS, () => phase(attempt, peer));
      if (found) return found;
    }
    throw new Error('every phase failed');
  }
}

/** Undefined once the time is over, however the work ended. */
async function within(
  attempt: Attempt,
  limitMs: number,
  work: () => Promise<ProvenTransport>,
): Promise<ProvenTransport | undefined> {
  const over = attempt.sleep(limitMs);
  const found = await Promise.race([work().catch(() => undefined), over.then(() => undefined)]);
  if (!found) await over;
  return found;
}

/** Direct and reverse at once. */
function connect(attempt: Attempt): Promise<ProvenTransport> {
  const targets = listeningTargets(attempt.local, attempt.remote!, 'tcp');
  return Promise.any([dialAndProve(attempt, targets), awaitAndProve(attempt)]);
}

/** Both ends are at the same instant afterwards, give or take half the difference between two trips. */
async function meet({ line, role, host, sleep }: Attempt): Promise<void> {
  const sentUs = host.clock.now();
  if (role === 'initiator') line.send(Buffer.of(1));
  await line.receive();
  if (role === 'responder') line.send(Buffer.of(1));
  const halfTripMs = role === 'initiator' ? (host.clock.now() - sentUs) / 2000 : 0;
  await sleep(PIN_MS - halfTripMs);
}

/** Ports that both ends draw alike. */
function ports(secret: Uint8Array, what: string, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = createHash('sha256').update(secret).update(`${what} ${index}`).digest();
    return FIRST_PORT + (digest.readUInt32BE() % PORTS);
  });
}

function tcpPunch(attempt: Attempt, peer: string): Promise<ProvenTransport> {
  const drawn = ports(attempt.secret, 'tcp', TCP_PORTS);
  return Promise.any(drawn.map((port) => dialAgain(attempt, { address: peer, port })));
}

async function dialAgain(attempt: Attempt, to: Endpoint): Promise<ProvenTransport> {
  const { clock, tcp } = attempt.host;
  const sprayEndUs = clock.now() + TCP_SPRAY_MS * 1000;
  for (;;) {
    try {
      const timeoutMs = TCP_SPRAY_MS * 2; // The spray, and as long again for what it started.
      const connection = await tcp.dial(to, { localPort: to.port, timeoutMs, signal: attempt.signal });
      return await attempt.prove(new StreamTransport(connection));
    } catch (error) {
      if (!isNetError(error) || clock.now() >= sprayEndUs) throw error;
    }
    await attempt.sleep(TCP_GAP_MS);
  }
}

async function udpPunch(attempt: Attempt, peer: string): Promise<ProvenTransport> {
  const drawn = ports(attempt.secret, 'udp', UDP_SOCKETS);
  const probes = new Probes(attempt);
  const sockets = await Promise.all(drawn.map((port) => probes.open({ port })));
  const heard: { socket: ProbeSocket; from: Endpoint }[] = [];
  probes.onProbe = (_, from, socket) => void heard.push({ socket, from });
  for (let sentMs = 0; sentMs < UDP_SPRAY_MS; sentMs += UDP_GAP_MS) {
    for (const socket of sockets) socket.send('ping', { address: peer, port: socket.port });
    await attempt.sleep(UDP_GAP_MS);
  }
  return watch(attempt, probes, heard);
}

/** Only now is anything answered: the spray comes first, the listening after it. */
function watch(
  attempt: Attempt,
  probes: Probes,
  heard: readonly { socket: ProbeSocket; from: Endpoint }[],
): Promise<ProvenTransport> {
  const lock = ({ socket, from }: { socket: ProbeSocket; from: Endpoint }) => {
    socket.send('pong', from);
    if (attempt.role === 'initiator') socket.prove(from);
  };
  for (const each of heard.slice(0, 1)) lock(each);
  probes.onProbe = (_, from, socket) => lock({ socket, from });
  return probes.proven;
}

async function randomProbe(attempt: Attempt, peer: string): Promise<ProvenTransport> {
  const probes = new Probes(attempt);
  const heard: { socket: ProbeSocket; from: Endpoint }[] = [];
  probes.onProbe = (_, from, socket) => void heard.push({ socket, from });
  const { random } = attempt.host;
  for (let sent = 0; sent < RANDOM_SOCKETS; sent++) {
    const socket = await probes.open();
    socket.send('ping', { address: peer, port: RANDOM_FIRST_PORT + random.below(RANDOM_PORTS) });
    await attempt.sleep(RANDOM_GAP_MS);
  }
  return watch(attempt, probes, heard);
}
