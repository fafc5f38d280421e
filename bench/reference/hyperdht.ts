import type { Endpoint } from '../../core/net/endpoint.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../../core/plugins/plugin.ts';
import { isRandom, planToMeet, readEnd, writeEnd } from './endpoints.ts';
import { type ProbeSocket, Probes } from './probe-socket.ts';

/** Consistent against consistent. */
const PROBES = 10;
const PROBE_GAP_MS = 1000;
/** Consistent against random. */
const BIRTHDAY_SOCKETS = 256;
const RANDOM_PROBES = 1750;
const RANDOM_GAP_MS = 20;
const LOW_TTL = 5;
const FIRST_PORT = 1000;
const PORTS = 64_536;

/**
 * The strategy of hyperdht's hole puncher, by its public source (github.com/holepunchto/hyperdht, lib/holepuncher.js,
 * July 2026): a table of what each end's NAT is. Two consistent ones probe each other ten times, a second apart; a
 * random one opens 256 sockets with packets that die on the way, while the other one probes random ports, at most 1,750,
 * 20 ms apart; two random ones give up at once. Its own way of finding the peer and its Noise handshake are not here:
 * it meets and proves as the plugins of the engine do.
 */
export class HyperDht implements Plugin<null> {
  readonly name = 'hyperdht';
  readonly path = 'direct';

  plan(input: PlanInput): Plan<null> {
    const plan = planToMeet(input);
    if (plan.applicable && isRandom(input.local) && isRandom(input.remote!)) {
      return { applicable: false, reason: 'both NATs are random' };
    }
    return plan;
  }

  async attempt(_plan: null, attempt: Attempt): Promise<ProvenTransport> {
    const probes = new Probes(attempt);
    const socket = await probes.open();
    attempt.line.send(writeEnd(await socket.mapped()));
    probes.onProbe = (kind, from, heard) => {
      if (kind === 'ping') heard.send('pong', from);
      if (attempt.role === 'initiator') heard.prove(from);
    };
    const peer = readEnd(await attempt.line.receive());
    search(attempt, probes, socket, peer).catch((error: Error) => probes.fail(error));
    return probes.proven;
  }
}

async function search(attempt: Attempt, probes: Probes, socket: ProbeSocket, peer: Endpoint): Promise<void> {
  if (isRandom(attempt.local)) await openBirthday(attempt, probes, peer);
  else if (isRandom(attempt.remote!)) await spray(attempt, probes, socket, peer);
  else {
    for (let sent = 0; sent < PROBES && !probes.over; sent++) {
      socket.send('ping', peer);
      await attempt.sleep(PROBE_GAP_MS);
    }
  }
  if (!probes.over) probes.fail(new Error('no probe got through'));
}

/** Opens a mapping for each socket, and keeps them alive, one after the other. */
async function openBirthday(attempt: Attempt, probes: Probes, peer: Endpoint): Promise<void> {
  const sockets: ProbeSocket[] = [];
  while (sockets.length < BIRTHDAY_SOCKETS && !probes.over) {
    const socket = await probes.open();
    sockets.push(socket);
    socket.send('ping', peer, LOW_TTL);
  }
  for (let turn = 0; turn < RANDOM_PROBES && !probes.over; turn++) {
    sockets[turn % sockets.length]!.send('ping', peer, LOW_TTL);
    await attempt.sleep(RANDOM_GAP_MS);
  }
}

async function spray(attempt: Attempt, probes: Probes, socket: ProbeSocket, peer: Endpoint): Promise<void> {
  for (let sent = 0; sent < RANDOM_PROBES && !probes.over; sent++) {
    const port = FIRST_PORT + attempt.host.random.below(PORTS);
    socket.send('ping', { address: peer.address, port });
    await attempt.sleep(RANDOM_GAP_MS);
  }
}
