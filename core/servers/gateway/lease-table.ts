import { type Endpoint, formatEndpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { Host, Timer } from '../../ports/index.ts';
import type { GatewayTable } from './gateway-table.ts';

/** Mappings in all, and of one host: nobody takes the router's ports from the others. */
const MAX_LEASES = 1024;
const MAX_PER_HOST = 128;
/** Ports that the gateway tries on its own before it says that there is none. */
const MAX_DRAWS = 32;
const FIRST_PORT = 1024;

type Protocol = 'udp' | 'tcp';

export interface Lease {
  readonly protocol: Protocol;
  readonly internal: Endpoint;
  readonly externalPort: number;
  /** PCP: who may change it (RFC 6887 section 11.2). Undefined: whoever asks from the internal address. */
  readonly nonce: Uint8Array | undefined;
  readonly description: string;
  /** By the host's clock, in microseconds; undefined: until it is deleted. */
  readonly expiresUs: number | undefined;
}

export interface LeaseRequest {
  readonly protocol: Protocol;
  readonly internal: Endpoint;
  /** 0: any. */
  readonly wantedPort: number;
  /** This port or none. */
  readonly exact: boolean;
  /** 0: until it is deleted. */
  readonly lifetimeS: number;
  readonly nonce?: Uint8Array;
  readonly description?: string;
}

export type LeaseRefusal = 'conflict' | 'full' | 'not-owner';

/** The port mappings that a gateway has given away, whatever the protocol that they were asked for by. */
export class LeaseTable {
  readonly #host: Host;
  readonly #table: GatewayTable;
  readonly #leases = new Map<string, { lease: Lease; timer: Timer | undefined }>();

  constructor(host: Host, table: GatewayTable) {
    this.#host = host;
    this.#table = table;
  }

  get all(): readonly Lease[] {
    return [...this.#leases.values()].map(({ lease }) => lease);
  }

  at(protocol: Protocol, externalPort: number): Lease | undefined {
    return this.#leases.get(`${protocol} ${externalPort}`)?.lease;
  }

  /** The one of an internal endpoint. */
  of(protocol: Protocol, internal: Endpoint): Lease | undefined {
    return this.all.find((lease) => lease.protocol === protocol && sameEndpoint(lease.internal, internal));
  }

  /** Makes a lease, or prolongs the one that there is. */
  request(request: LeaseRequest): Lease | LeaseRefusal {
    const { protocol, internal, wantedPort, exact } = request;
    const known = this.of(protocol, internal);
    // RFC 6886 section 3.3: one mapping for each internal endpoint, whatever port is suggested for it later.
    if (known && (!exact || known.externalPort === wantedPort)) return this.#prolong(known, request);
    if (this.#leases.size >= MAX_LEASES) return 'full';
    const ofHost = this.all.filter((lease) => lease.internal.address === internal.address);
    if (ofHost.length >= MAX_PER_HOST) return 'full';
    const port = this.#take(request);
    if (port === undefined) return exact ? 'conflict' : 'full';
    return this.#keep(request, port);
  }

  remove({ protocol, externalPort }: Pick<Lease, 'protocol' | 'externalPort'>): void {
    const key = `${protocol} ${externalPort}`;
    const entry = this.#leases.get(key);
    if (!entry) return;
    entry.timer?.cancel();
    this.#leases.delete(key);
    this.#table.unmap(protocol, externalPort);
  }

  /** The router has lost its rules, and with them all that was given away. */
  forget(): void {
    for (const { timer } of this.#leases.values()) timer?.cancel();
    this.#leases.clear();
  }

  #prolong(known: Lease, request: LeaseRequest): Lease | LeaseRefusal {
    const { nonce } = known;
    if (nonce && !(request.nonce && Buffer.from(nonce).equals(request.nonce))) return 'not-owner';
    this.#leases.get(`${known.protocol} ${known.externalPort}`)?.timer?.cancel();
    return this.#keep(request, known.externalPort);
  }

  #take({ protocol, internal, wantedPort, exact }: LeaseRequest): number | undefined {
    const free = (port: number) => !this.at(protocol, port) && this.#table.map(protocol, port, internal);
    if (wantedPort > 0 && free(wantedPort)) return wantedPort;
    if (exact) return undefined;
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const port = FIRST_PORT + this.#host.random.below(65_536 - FIRST_PORT);
      if (free(port)) return port;
    }
    return undefined;
  }

  #keep({ protocol, internal, lifetimeS, nonce, description = '' }: LeaseRequest, externalPort: number): Lease {
    const { clock } = this.#host;
    const expiresUs = lifetimeS === 0 ? undefined : clock.now() + lifetimeS * 1e6;
    const lease: Lease = { protocol, internal, externalPort, nonce, description, expiresUs };
    const timer = lifetimeS === 0 ? undefined : clock.after(lifetimeS * 1000, () => this.remove(lease));
    this.#leases.set(`${protocol} ${externalPort}`, { lease, timer });
    this.#host.events.emit('gateway.mapped', { protocol, externalPort, internal: formatEndpoint(internal), lifetimeS });
    return lease;
  }
}
