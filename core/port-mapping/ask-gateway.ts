import type { Host } from '../ports/index.ts';
import { anySignal } from './any-signal.ts';
import type { GatewayClient, Grant, MappingRequest } from './mapping.ts';
import { MappingError } from './mapping-error.ts';

export interface Client {
  readonly client: GatewayClient;
  /** Finds out what the gateway offers, and changes nothing there. Undefined: there is nothing to find out first. */
  readonly discover: ((signal: AbortSignal) => Promise<void>) | undefined;
}

export interface Answer {
  readonly client: GatewayClient;
  readonly grant: Grant;
}

/** How long each way has before the next one asks beside it: a gateway answers within its first retransmission. */
const HEAD_START_MS = 250;

/**
 * Asks a gateway by each way it may have, in order of preference. Discoveries run side by side from the start; a mapping is
 * asked for when the way before has failed or had its time, as two mappings of one port get in each other's way.
 *
 * @throws MappingError with the reason of each way
 */
export async function askGateway(
  host: Host,
  clients: readonly Client[],
  request: MappingRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const over = new AbortController();
  const race = { signal, undecided: anySignal(signal, over.signal) };
  const tries: Promise<Answer>[] = [];
  for (const client of clients) {
    const previous = tries.at(-1);
    tries.push(take(client, previous && headStart(host, previous), request, race));
  }
  try {
    const winner = await Promise.any(tries);
    for (const other of tries) other.then((loser) => giveBack(loser, winner, request, signal)).catch(() => {});
    return winner;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AggregateError ? failureOf(error.errors) : error;
  } finally {
    over.abort(new Error('another way was faster'));
  }
}

interface Race {
  readonly signal: AbortSignal;
  /** Fires besides when there is a winner. */
  readonly undecided: AbortSignal;
}

async function take(
  { client, discover }: Client,
  turn: Promise<void> | undefined,
  request: MappingRequest,
  { signal, undecided }: Race,
): Promise<Answer> {
  const discovery = discover?.(undecided);
  discovery?.catch(() => {}); // Awaited when its turn has come.
  await turn;
  undecided.throwIfAborted();
  await discovery;
  undecided.throwIfAborted();
  // Not called off any more: what a gateway has begun to map has to be known, or nobody gives it back.
  return { client, grant: await client.map(request, signal) };
}

function headStart(host: Host, previous: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = host.clock.after(HEAD_START_MS, resolve);
    const done = () => {
      timer.cancel();
      resolve();
    };
    previous.then(done, done);
  });
}

/** What came too late. One and the same port stays: deleting it by one protocol ends it for the other. */
async function giveBack(loser: Answer, winner: Answer, request: MappingRequest, signal: AbortSignal): Promise<void> {
  if (loser === winner || loser.grant.external.port === winner.grant.external.port) return;
  await loser.client.unmap(request, loser.grant, signal);
}

function failureOf(reasons: readonly Error[]): Error {
  const unexpected = reasons.find((reason) => !(reason instanceof MappingError));
  if (unexpected) return unexpected;
  const known = reasons as readonly MappingError[];
  // What a gateway says counts for more than that another way meets silence.
  const telling = known.find(({ code }) => code !== 'no-gateway') ?? known[0];
  const text = [...new Set(known.map(({ message }) => message))].join('; ');
  return new MappingError(telling?.code ?? 'no-gateway', text || 'no way to ask a gateway');
}
