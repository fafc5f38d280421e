import type { Family } from '../../net/endpoint.ts';
import type { Attempt, TurnServer } from '../plugin.ts';
import { type Allocation, allocate, TurnError } from './turn-client.ts';

/** RFC 8656 section 19. */
const FAMILY_NOT_SUPPORTED = 440;
/** How long one way to a relay has before the next one is tried beside it. */
const STAGGER_MS = 500;
const ALLOCATE_DEADLINE_MS = 10_000;

/** An allocation, where, and what our packets to it travel over. */
export interface Relay {
  readonly allocation: Allocation;
  readonly server: TurnServer;
  readonly over: 'udp' | 'tcp';
}

/**
 * Over UDP, which has the lower overhead, or else over TCP, and at the next server where neither answers: each way starts
 * when the one before it has failed or had its time. The first that succeeds is taken, the others are given up.
 *
 * @param family of the relayed address; the other one where the server has none of it
 * @throws Error with the reason of each way
 */
export async function allocateSomewhere(
  attempt: Attempt,
  servers: readonly TurnServer[],
  family: Family,
): Promise<Relay> {
  const slower = new AbortController();
  const giveUp = () => slower.abort(attempt.signal.reason);
  attempt.signal.addEventListener('abort', giveUp, { once: true });
  const tries = staggered(attempt, servers, (over, server) =>
    slower.signal.aborted
      ? Promise.reject<Relay>(slower.signal.reason)
      : allocateOver(attempt, { over, server, family, signal: slower.signal }),
  );
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

type Start = (over: 'udp' | 'tcp', server: TurnServer) => Promise<Relay>;

function staggered(attempt: Attempt, servers: readonly TurnServer[], start: Start): Promise<Relay>[] {
  const tries: Promise<Relay>[] = [];
  let due: Promise<unknown> | undefined;
  for (const server of servers) {
    for (const over of ['udp', 'tcp'] as const) {
      const current = due ? due.then(() => start(over, server)) : start(over, server);
      const ended = current.catch(() => {});
      const next = () => Promise.race([attempt.sleep(STAGGER_MS), ended]);
      due = due ? due.then(next) : next();
      tries.push(current);
    }
  }
  due?.catch(() => {}); // Nothing comes after the last.
  return tries;
}

interface Way extends Pick<Relay, 'over' | 'server'> {
  readonly family: Family;
  readonly signal: AbortSignal;
}

async function allocateOver({ host }: Attempt, { over, server, family, signal }: Way): Promise<Relay> {
  const { endpoint, username, password } = server;
  const deadlineMs = ALLOCATE_DEADLINE_MS;
  const options = { server: endpoint, transport: over, username, password, signal, deadlineMs };
  try {
    const allocation = await allocate(host, { ...options, relayedFamily: family }).catch((error: unknown) => {
      if (!(error instanceof TurnError && error.code === FAMILY_NOT_SUPPORTED)) throw error;
      return allocate(host, { ...options, relayedFamily: family === 4 ? 6 : 4 });
    });
    return { allocation, server, over };
  } catch (error) {
    throw new Error(`TURN over ${over.toUpperCase()}: ${(error as Error).message}`);
  }
}
