import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { AddressContent } from '../../wire/address/address-content.ts';
import { type ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../wire/endpoints.ts';
import { DatagramTransport } from '../datagram-transport.ts';
import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport, TurnServer } from '../plugin.ts';
import { register } from '../registry.ts';
import { exchange } from '../rendezvous.ts';
import { type Allocation, allocate, TurnError } from './turn-client.ts';

export interface TurnRelayPlan {
  /** Best first. */
  readonly servers: readonly TurnServer[];
}

/** RFC 8656 section 19. */
const FAMILY_NOT_SUPPORTED = 440;
/** How long one way to a relay has before the next one is tried beside it. */
const STAGGER_MS = 500;
const MAX_SERVERS = 4;
const ALLOCATE_DEADLINE_MS = 10_000;

/**
 * Each end allocates a relayed address at a TURN server (RFC 8656), over UDP or, where that is blocked, over TCP; what
 * they send goes from relay to relay. It works for every pair that can reach a server, at the price of a detour.
 */
@register
export class TurnRelay implements Plugin<TurnRelayPlan> {
  static readonly summary = 'By way of a TURN server, over UDP or TCP.';
  readonly name = 'turn-relay';
  readonly path = 'relayed';
  readonly transport = 'datagram';

  plan({ servers, local, remote, signalling }: PlanInput): Plan<TurnRelayPlan> {
    if (!signalling || !remote) return { applicable: false, reason: 'no signal channel to meet over' };
    if (servers.turn.length === 0) return { applicable: false, reason: 'no TURN server' };
    return { applicable: true, plan: { servers: byReach(servers.turn, local).slice(0, MAX_SERVERS) } };
  }

  async attempt({ servers }: TurnRelayPlan, attempt: Attempt): Promise<ProvenTransport> {
    const allocating = allocateSomehow(attempt, servers);
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

/** Servers of a family that we were seen from outside by come first: the other one may lead nowhere. */
function byReach(servers: readonly TurnServer[], { interfaces }: AddressContent): readonly TurnServer[] {
  const seen = new Set(interfaces.flatMap(({ external }) => (external === undefined ? [] : familyOf(external))));
  const isSeen = ({ endpoint }: TurnServer) => Number(seen.has(familyOf(endpoint.address)));
  return [...servers].sort((one, other) => isSeen(other) - isSeen(one));
}

/** An allocation, and what our packets to it travel over. */
interface Relay {
  readonly allocation: Allocation;
  readonly over: 'udp' | 'tcp';
}

/**
 * Over UDP, which has the lower overhead, or else over TCP, and at the next server where neither answers: each way starts
 * when the one before it has failed or had its time. The first that succeeds is taken, the others are given up.
 */
async function allocateSomehow(attempt: Attempt, servers: readonly TurnServer[]): Promise<Relay> {
  const slower = new AbortController();
  const giveUp = () => slower.abort(attempt.signal.reason);
  attempt.signal.addEventListener('abort', giveUp, { once: true });
  const tries = staggered(attempt, servers, slower.signal);
  try {
    const faster = await Promise.any(tries);
    for (const other of tries) {
      other.then((relay) => relay !== faster && relay.allocation.close()).catch(() => {}); // It came too late.
    }
    return faster;
  } catch (error) {
    throw error instanceof AggregateError ? new Error(error.errors.map((e: Error) => e.message).join('; ')) : error;
  } finally {
    attempt.signal.removeEventListener('abort', giveUp);
    slower.abort(new Error('another way was faster'));
  }
}

function staggered(attempt: Attempt, servers: readonly TurnServer[], signal: AbortSignal): Promise<Relay>[] {
  const tries: Promise<Relay>[] = [];
  let due: Promise<unknown> | undefined;
  for (const server of servers) {
    for (const over of ['udp', 'tcp'] as const) {
      const start = () =>
        signal.aborted ? Promise.reject<Relay>(signal.reason) : allocateOver(over, attempt, server, signal);
      const current = due ? due.then(start) : start();
      const ended = current.catch(() => {});
      const next = () => Promise.race([attempt.sleep(STAGGER_MS), ended]);
      due = due ? due.then(() => (signal.aborted ? undefined : next())) : next();
      tries.push(current);
    }
  }
  due?.catch(() => {}); // Nothing comes after the last.
  return tries;
}

async function allocateOver(
  transport: 'udp' | 'tcp',
  attempt: Attempt,
  { endpoint, username, password }: TurnServer,
  signal: AbortSignal,
): Promise<Relay> {
  const options = { server: endpoint, transport, username, password, signal, deadlineMs: ALLOCATE_DEADLINE_MS };
  try {
    // Relays talk to relays: both ends ask for IPv4, whichever family they reach theirs by.
    const allocation = await allocate(attempt.host, { ...options, relayedFamily: 4 }).catch((error: unknown) => {
      if (!(error instanceof TurnError && error.code === FAMILY_NOT_SUPPORTED)) throw error;
      return allocate(attempt.host, { ...options, relayedFamily: 6 });
    });
    return { allocation, over: transport };
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
