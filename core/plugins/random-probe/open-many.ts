import { DYNAMIC_COUNT, DYNAMIC_FIRST } from '../../nat/port-sampling.ts';
import type { FreshSample } from '../../nat/prediction/forecast.ts';
import { spreadOf } from '../../nat/prediction/search-order.ts';
import { StunClient } from '../../nat/stun-client.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { isNetError, NetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { ByteReader } from '../../wire/bytes.ts';
import type { Attempt, ProvenTransport } from '../plugin.ts';
import type { PunchPort } from '../punching/punch-port.ts';
import { Puncher } from '../punching/puncher.ts';
import { unicast } from '../targets.ts';
import { lookForTtl } from './opener-ttl.ts';
import { decodeSearch, encodeOpen } from './probe-message.ts';
import { GRACE_MS, type ProbeOptions } from './probe-options.ts';

/** Enough to tell a block of ports from all of them, and parity from chance. */
const SAMPLES = 10;
const STUN = { rtoMs: 250, deadlineMs: 1500 };
/** Not all at once: home routers have short queues, and some limit new sessions. */
const BATCH = 16;
const BATCH_MS = 10;
const BIND_TRIES = 100;
/** Before mappings time out at the strictest NATs (RFC 4787 REQ-5 asks for two minutes, some give half a one). */
const REFRESH_MS = 15_000;

/** Opens many local ports to the peer's one endpoint, and answers at whichever of them the peer finds. */
export async function openMany(attempt: Attempt, options: ProbeOptions): Promise<ProvenTransport> {
  const { line, servers } = attempt;
  const [stun] = servers.stun as [Endpoint];
  const { samples, ttl } = await lookAround(attempt, stun);
  const spread = spreadOf(samples);
  const [mapped] = samples.flatMap((sample) => sample.mapped ?? []);
  if (!spread || !mapped) throw new Error('the STUN server does not answer');
  line.send(encodeOpen({ address: mapped.address, spread }));
  const { endpoint, durationMs } = decodeSearch(new ByteReader(await line.receive()));
  if (unicast([endpoint], attempt.local).length === 0) throw new Error(`the peer can't be at ${endpoint.address}`);
  const puncher = new Puncher(attempt, { timeMs: durationMs + GRACE_MS, packets: options.packets });
  puncher.expectStraight();
  const opening = { sockets: options.sockets, endpoint, parity: spread.parity, ttl };
  keepOpen(attempt, puncher, opening).catch((error) => puncher.fail(error));
  return puncher.proven;
}

interface Look {
  readonly samples: readonly FreshSample[];
  /** With which packets open our NAT and die on their way; undefined: none would keep it open. */
  readonly ttl: number | undefined;
}

/** The first socket's packets that die on their way must not have cost it its mapping, as they do where errors end one. */
async function lookAround(attempt: Attempt, stun: Endpoint): Promise<Look> {
  const { host, signal } = attempt;
  const sockets: UdpSocket[] = [];
  for (let index = 0; index < SAMPLES; index++) sockets.push(await bindSomewhere(attempt, stun, undefined));
  const [first, ...others] = sockets.map((socket) => new StunClient(host, socket));
  const looking = new AbortController();
  const ttl = lookForTtl(first!, stun, looking.signal);
  const samples: (FreshSample | undefined)[] = [];
  const sample = async (client: StunClient, index: number, until: AbortSignal) => {
    const answer = await client.binding(stun, { ...STUN, signal: until });
    const mapped = answer.outcome === 'response' ? answer.mapped : undefined;
    samples[index] = { localPort: sockets[index]!.local.port, mapped };
  };
  void sample(first!, 0, looking.signal);
  await Promise.all(others.map((client, index) => sample(client, index + 1, signal)));
  looking.abort();
  for (const socket of sockets) socket.close();
  const open = samples[0]?.mapped !== undefined;
  return { samples: samples.filter((each) => each !== undefined), ttl: open ? ttl() : undefined };
}

interface Opening {
  readonly sockets: number;
  readonly endpoint: Endpoint;
  readonly parity: 0 | undefined;
  readonly ttl: number | undefined;
}

/**
 * Every second packet dies on its way. It opens our NAT as well as one that arrives; and one that arrives spoils its port
 * for good where the peer's NAT gives the port that the peer is to come from to who came first.
 */
async function keepOpen(attempt: Attempt, puncher: Puncher, opening: Opening): Promise<void> {
  const { sockets, endpoint, parity, ttl } = opening;
  const ports: PunchPort[] = [];
  puncher.open([]);
  for (let count = 1; count <= sockets && !puncher.hit; count++) {
    const socket = await bindSomewhere(attempt, endpoint, parity);
    const port = puncher.adopt(socket);
    socket.onMessage = (data, from) => port.receive(data, from);
    ports.push(port);
    port.prober.spray(endpoint, count % 2 === 0 ? ttl : undefined);
    if (count % BATCH === 0) await attempt.sleep(BATCH_MS);
  }
  for (;;) {
    await attempt.sleep(REFRESH_MS);
    for (const [index, port] of ports.entries()) port.prober.spray(endpoint, index % 2 === 1 ? ttl : undefined);
  }
}

/** At a local port of our own choice, which tells parity, and where no system hands out ports that follow each other. */
async function bindSomewhere(attempt: Attempt, towards: Endpoint, parity: 0 | undefined): Promise<UdpSocket> {
  const { bindAddress, host } = attempt;
  const where = { family: familyOf(towards.address), ...(bindAddress !== undefined && { address: bindAddress }) };
  for (let tries = 0; tries < BIND_TRIES; tries++) {
    const drawn = DYNAMIC_FIRST + host.random.below(DYNAMIC_COUNT);
    try {
      return await host.udp.bind({ ...where, port: parity === undefined ? drawn : drawn & ~1 });
    } catch (error) {
      if (!isNetError(error, 'EADDRINUSE')) throw error;
    }
  }
  throw new NetError('EADDRINUSE', 'no free local port');
}
