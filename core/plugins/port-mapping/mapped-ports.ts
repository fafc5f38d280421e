import type { Endpoint } from '../../net/endpoint.ts';
import type { PortLease } from '../../port-mapping/lease.ts';
import type { PortMapper } from '../../port-mapping/port-mapper.ts';

export interface ListeningPort {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly observed: string | undefined;
}

/** The mappings of a node's listening ports: each is made once, for all attempts, and held until the node closes. */
export class MappedPorts {
  readonly #mapper: PortMapper;
  readonly #leases = new Map<string, Promise<PortLease>>();
  readonly #closing = new AbortController();

  constructor(mapper: PortMapper) {
    this.#mapper = mapper;
  }

  /**
   * Where strangers reach a listening port of ours.
   * @throws MappingError
   */
  async endpointsOf(listening: ListeningPort, signal: AbortSignal): Promise<Endpoint[]> {
    const { address, port, observed } = listening;
    const key = `${address} ${port}`;
    let opening = this.#leases.get(key);
    if (!opening) {
      opening = this.#open(listening);
      this.#leases.set(key, opening);
      opening.catch(() => this.#leases.delete(key)); // The next attempt asks again.
    }
    const lease = await untilAborted(opening, signal);
    const { external, doubt } = lease;
    if (!external) throw new Error('the gateway has not prolonged the mapping');
    // A gateway that is wrong about its address may still lead to us from the right one.
    const elsewhere = doubt !== undefined && observed !== undefined ? [{ address: observed, port: external.port }] : [];
    return [external, ...elsewhere];
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the node is closing'));
    await this.#mapper.close();
  }

  /** Whoever asks first may give up; what has been begun is of use to the next. */
  #open({ address, port, family, observed }: ListeningPort): Promise<PortLease> {
    return this.#mapper.open({ protocol: 'tcp', port, family, address, observed, signal: this.#closing.signal });
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
