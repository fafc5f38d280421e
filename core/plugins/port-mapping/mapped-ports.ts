import type { Endpoint } from '../../net/endpoint.ts';
import type { PortLease } from '../../port-mapping/lease.ts';
import type { PortMapper, PortWish } from '../../port-mapping/port-mapper.ts';
import type { HiddenPlace } from './hidden-ports.ts';

/** Where a gateway leads to us. */
export interface Mapped {
  readonly endpoints: readonly Endpoint[];
  /** Why it may lead nowhere all the same; undefined: nothing speaks against it. */
  readonly doubt: string | undefined;
}

/** UDP ports of one node that are mapped at a time: each pipe or attempt has one of its own. */
const MAX_UDP_LEASES = 32;

/**
 * The mappings of a node. That of a listening TCP port is made once, for all attempts, and held until the node closes; that of
 * a UDP port lives as long as the attempt, or the pipe, whose socket it leads to.
 */
export class MappedPorts {
  readonly #mapper: PortMapper;
  readonly #listening = new Map<string, Promise<PortLease>>();
  readonly #closing = new AbortController();
  #udpLeases = 0;

  constructor(mapper: PortMapper) {
    this.#mapper = mapper;
  }

  /**
   * Where strangers reach our listening TCP port.
   * @throws MappingError
   */
  async listening(place: HiddenPlace, port: number, signal: AbortSignal): Promise<Mapped> {
    const key = `${place.address} ${port}`;
    let opening = this.#listening.get(key);
    if (!opening) {
      opening = this.#mapper.open(wish('tcp', place, port, this.#closing.signal));
      this.#listening.set(key, opening);
      opening.catch(() => this.#listening.delete(key)); // The next attempt asks again.
    }
    // Whoever asks first may give up; what has been begun is of use to the next.
    return mapped(await untilAborted(opening, signal), place);
  }

  /**
   * Where the peer reaches a UDP port of ours.
   * @param signal gives the mapping back
   * @throws MappingError; RangeError if the node has too many
   */
  async datagrams(place: HiddenPlace, port: number, signal: AbortSignal): Promise<Mapped> {
    signal.throwIfAborted();
    if (this.#udpLeases >= MAX_UDP_LEASES)
      throw new RangeError(`${MAX_UDP_LEASES} UDP ports of ours are mapped already`);
    this.#udpLeases++;
    const end = () => this.#udpLeases--;
    let lease: PortLease;
    try {
      lease = await this.#mapper.open(wish('udp', place, port, signal));
    } catch (error) {
      end();
      throw error;
    }
    const release = () => void this.#mapper.release(lease).then(end);
    if (signal.aborted) release();
    else signal.addEventListener('abort', release, { once: true });
    signal.throwIfAborted();
    return mapped(lease, place);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the node is closing'));
    await this.#mapper.close();
  }
}

function wish(
  protocol: 'udp' | 'tcp',
  { address, family, observed }: HiddenPlace,
  port: number,
  signal: AbortSignal,
): PortWish {
  return { protocol, port, family, address, observed, signal };
}

/** @throws Error if the lease has run out */
function mapped({ external, doubt }: PortLease, { observed }: HiddenPlace): Mapped {
  if (!external) throw new Error('the gateway has not prolonged the mapping');
  // A gateway that is wrong about its address may still lead to us from the right one.
  const elsewhere = doubt !== undefined && observed !== undefined ? [{ address: observed, port: external.port }] : [];
  return { endpoints: [external, ...elsewhere], doubt };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
