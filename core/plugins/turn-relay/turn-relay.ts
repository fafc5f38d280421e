import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import { type ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../wire/endpoints.ts';
import { DatagramTransport } from '../datagram-transport.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport, TurnServer } from '../plugin.ts';
import { register } from '../registry.ts';
import { exchange } from '../rendezvous.ts';
import { type Allocation, allocate } from './turn-client.ts';

export interface TurnRelayPlan {
  readonly server: TurnServer;
}

/** UDP has the lower overhead: TCP starts only if UDP has not answered by then. */
const TCP_DELAY_MS = 500;
const ALLOCATE_DEADLINE_MS = 10_000;

/**
 * Each end allocates a relayed address at a TURN server (RFC 8656), over UDP or, where that is blocked, over TCP; what
 * they send goes from relay to relay. It works for every pair that can reach the server, at the price of a detour.
 */
@register
export class TurnRelay implements Plugin<TurnRelayPlan> {
  readonly name = 'turn-relay';
  readonly path = 'relayed';

  plan({ servers, remote, signalling }: PlanInput): Plan<TurnRelayPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    const [server] = servers.turn;
    if (!server) return { applicable: false, reason: 'no TURN server' };
    return { applicable: true, plan: { server } };
  }

  async attempt({ server }: TurnRelayPlan, attempt: Attempt): Promise<ProvenTransport> {
    const allocating = allocateSomehow(attempt, server);
    // The server is told at once that it may forget us, not left to find out after ten minutes.
    const goodbye = () => void allocating.then(({ allocation }) => allocation.close()).catch(() => {});
    attempt.signal.addEventListener('abort', goodbye, { once: true });
    const own = allocating.then(({ allocation }) => writeEndpoint(new ByteWriter(), allocation.relayed).finish());
    const peer = await exchange(attempt, own, readRelayed);
    const relay = await allocating;
    await relay.allocation.bindChannel(peer);
    return attempt.prove(relayTransport(relay, peer));
  }
}

/** An allocation, and what our packets to it travel over. */
interface Relay {
  readonly allocation: Allocation;
  readonly over: 'udp' | 'tcp';
}

/** Over UDP, or over TCP if that is faster by more than its handicap; the other one is given up. */
async function allocateSomehow(attempt: Attempt, server: TurnServer): Promise<Relay> {
  const slower = new AbortController();
  const giveUp = () => slower.abort(attempt.signal.reason);
  attempt.signal.addEventListener('abort', giveUp, { once: true });
  const overUdp = allocateOver('udp', attempt, server, slower.signal);
  const udpEnded = overUdp.catch(() => {});
  const overTcp = Promise.race([attempt.sleep(TCP_DELAY_MS), udpEnded]).then(() =>
    slower.signal.aborted ? Promise.reject(slower.signal.reason) : allocateOver('tcp', attempt, server, slower.signal),
  );
  try {
    const faster = await Promise.any([overUdp, overTcp]);
    for (const other of [overUdp, overTcp]) {
      other.then((relay) => relay !== faster && relay.allocation.close()).catch(() => {}); // It came too late.
    }
    return faster;
  } catch (error) {
    throw error instanceof AggregateError ? new Error(error.errors.map((e: Error) => e.message).join('; ')) : error;
  } finally {
    attempt.signal.removeEventListener('abort', giveUp);
    slower.abort(new Error('the other transport was faster'));
  }
}

async function allocateOver(
  transport: 'udp' | 'tcp',
  attempt: Attempt,
  { endpoint, username, password }: TurnServer,
  signal: AbortSignal,
): Promise<Relay> {
  const options = { server: endpoint, transport, username, password, signal, deadlineMs: ALLOCATE_DEADLINE_MS };
  try {
    return { allocation: await allocate(attempt.host, options), over: transport };
  } catch (error) {
    throw new Error(`TURN over ${transport.toUpperCase()}: ${(error as Error).message}`);
  }
}

function relayTransport({ allocation, over }: Relay, peer: Endpoint): DatagramTransport {
  const carrier = { send: (data: Uint8Array) => allocation.send(data, peer), close: () => allocation.close() };
  const transport = new DatagramTransport(carrier, peer, over);
  allocation.onData = (data, from) => {
    if (sameEndpoint(from, peer)) transport.deliver(data);
  };
  allocation.onClosed = () => transport.abort();
  return transport;
}

function readRelayed(reader: ByteReader): Endpoint {
  const relayed = readEndpoint(reader, 'relayed endpoint');
  reader.end('relayed endpoint');
  return relayed;
}
