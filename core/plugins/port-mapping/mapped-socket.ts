import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import { dialRoutes } from '../dial-routes.ts';
import type { Attempt, ProvenTransport } from '../plugin.ts';
import { type Punch, Puncher } from '../punching/puncher.ts';

/** Whoever calls tries for as long, whoever is called answers for as long as the attempt runs. */
const CALL_MS = 3000;
/** Probes and answers of one socket: a peer that names other people's places has us send no more there. */
const CALL_PACKETS = 16;
const ANSWER_PACKETS = 64;
const MAX_ROUTES = 4;

/** A UDP socket that answers whoever knows the attempt's secret; a gateway is to lead there. */
export interface MappedSocket {
  readonly port: number;
  /** The first path through it that both ends have proved. */
  readonly proven: Promise<ProvenTransport>;
}

/** @param address our own, which the gateway maps for */
export async function openMappedSocket(attempt: Attempt, address: string): Promise<MappedSocket> {
  const socket = await attempt.host.udp.bind({ address, family: familyOf(address) });
  const puncher = new Puncher(attempt, { packets: ANSWER_PACKETS });
  puncher.expectStraight();
  const port = puncher.adopt(socket);
  socket.onMessage = (data, from) => port.receive(data, from);
  return { port: socket.local.port, proven: puncher.proven };
}

/**
 * Calls places where a gateway leads to the peer, from a socket of each of our addresses that may lead there.
 * @throws Error if nobody who knows the secret answers
 */
export async function callMappedSocket(attempt: Attempt, targets: readonly Endpoint[]): Promise<ProvenTransport> {
  const routes = dialRoutes(attempt.local, targets).slice(0, MAX_ROUTES);
  if (routes.length === 0) throw new Error('no address to send to');
  const puncher = new Puncher(attempt, { timeMs: CALL_MS, packets: CALL_PACKETS });
  puncher.expectStraight();
  const ports = new Map<string, ReturnType<Puncher['adopt']>>();
  const punches: Punch[] = [];
  for (const { target, localAddress = attempt.bindAddress } of routes) {
    const family = familyOf(target.address);
    const key = localAddress ?? `${family}`;
    let port = ports.get(key);
    if (!port) {
      const socket = await attempt.host.udp.bind({
        family,
        ...(localAddress !== undefined && { address: localAddress }),
      });
      const adopted = puncher.adopt(socket);
      socket.onMessage = (data, from) => adopted.receive(data, from);
      ports.set(key, adopted);
      port = adopted;
    }
    punches.push({ port, target });
  }
  puncher.open(punches);
  return puncher.proven;
}
