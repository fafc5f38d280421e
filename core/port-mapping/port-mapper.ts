import type { Family } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import { prefixContains, prefixOf } from '../net/prefix.ts';
import type { Host } from '../ports/index.ts';
import { anySignal } from './any-signal.ts';
import { askGateway, type Client } from './ask-gateway.ts';
import { createBackend } from './backends.ts';
import { IgdClient } from './igd-client.ts';
import { PortLease } from './lease.ts';
import type { MappingRequest } from './mapping.ts';
import { MappingError } from './mapping-error.ts';
import { doubleNat } from './outside.ts';
import { PmpClient } from './pmp-client.ts';

/** RFC 6886 section 3.3. */
const LIFETIME_S = 7200;
/** Mappings of one node: more than its attempts need at a time. */
const MAX_LEASES = 64;

export interface PortMapperOptions {
  /** What to ask a gateway by. @default all of them */
  readonly methods?: readonly ('pcp' | 'nat-pmp' | 'igd1' | 'igd2')[];
  /** Asked instead of our own clients: see `backends.ts`. */
  readonly backend?: string;
  /** Seconds; the gateway may give another. @default 7200 */
  readonly lifetimeS?: number;
}

export interface PortWish {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  /** @default 4 */
  readonly family?: Family;
  /** Our address, where only one is to be used. */
  readonly address?: string | undefined;
  /** How a STUN server sees us: another address than the gateway's tells of another NAT. */
  readonly observed?: string | undefined;
  readonly signal: AbortSignal;
}

interface Gateway {
  readonly address: string;
  readonly from: string;
  readonly clients: readonly Client[];
}

/** Has ports of this machine mapped by its default gateway, and keeps them so. */
export class PortMapper {
  readonly #host: Host;
  readonly #options: PortMapperOptions;
  readonly #gateways = new Map<string, Gateway>();
  readonly #leases = new Set<PortLease>();
  readonly #closing = new AbortController();

  constructor(host: Host, options: PortMapperOptions = {}) {
    this.#host = host;
    this.#options = options;
  }

  /** The leases that are held. */
  get leases(): readonly PortLease[] {
    return [...this.#leases];
  }

  /**
   * Has a port mapped.
   * @throws MappingError if no gateway maps it, or its mapping can lead nowhere
   */
  async open(wish: PortWish): Promise<PortLease> {
    if (this.#leases.size >= MAX_LEASES) throw new RangeError(`more than ${MAX_LEASES} mappings`);
    const signal = anySignal(wish.signal, this.#closing.signal);
    signal.throwIfAborted();
    const gateway = await this.#gatewayFor(wish);
    const request: MappingRequest = {
      protocol: wish.protocol,
      internal: { address: gateway.from, port: wish.port },
      suggestedPort: wish.port,
      lifetimeS: this.#options.lifetimeS ?? LIFETIME_S,
    };
    const { client, grant } = await askGateway(this.#host, gateway.clients, request, signal);
    const doubt = familyOf(gateway.from) === 4 ? doubleNat(grant.external.address, wish.observed) : undefined;
    const about = { gateway: gateway.address, doubt: doubt?.why };
    const lease = new PortLease(this.#host, client, request, grant, about);
    this.#leases.add(lease);
    if (doubt?.certain || signal.aborted) {
      await this.release(lease);
      signal.throwIfAborted();
      throw new MappingError('double-nat', doubt!.why);
    }
    return lease;
  }

  /** Gives a lease back. */
  async release(lease: PortLease): Promise<void> {
    this.#leases.delete(lease);
    await lease.close();
  }

  /** Gives every lease back. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the port mapper is closed'));
    await Promise.all([...this.#leases].map((lease) => this.release(lease)));
  }

  async #gatewayFor({ family = 4, address }: PortWish): Promise<Gateway> {
    const known = await this.#host.defaultGateways();
    for (const gateway of known.filter((each) => familyOf(each) === family)) {
      const from = this.#ownAddress(gateway, address);
      if (from !== undefined) return this.#gateway(gateway, from);
    }
    const why = known.length > 0 ? `no IPv${family} gateway on our network` : 'no default gateway';
    throw new MappingError('no-gateway', why);
  }

  /** Of ours, in the gateway's network; the first, where a gateway is in no network of ours, as on a carrier's line. */
  #ownAddress(gateway: string, wanted: string | undefined): string | undefined {
    const own = this.#host
      .interfaces()
      .filter(({ loopback }) => !loopback)
      .flatMap(({ addresses }) => addresses)
      .filter(({ family }) => family === familyOf(gateway));
    const near = own.filter(({ address, prefixLength }) => prefixContains(prefixOf(address, prefixLength), gateway));
    const fit = (near.length > 0 ? near : own).filter(({ address }) => wanted === undefined || wanted === address);
    return fit[0]?.address;
  }

  #gateway(address: string, from: string): Gateway {
    const key = `${address} ${from}`;
    const gateway = this.#gateways.get(key) ?? { address, from, clients: this.#clients(address, from) };
    this.#gateways.set(key, gateway);
    return gateway;
  }

  #clients(gateway: string, from: string): Client[] {
    const host = this.#host;
    const { backend, methods = ['pcp', 'nat-pmp', 'igd1', 'igd2'] } = this.#options;
    if (backend) return [{ client: createBackend(backend, host, gateway, from), discover: undefined }];
    const clients: Client[] = [];
    const pmp = methods.filter((method) => method === 'pcp' || method === 'nat-pmp');
    const usable = familyOf(gateway) === 4 ? pmp : pmp.filter((method) => method === 'pcp');
    if (usable.length > 0) {
      const lost = () => this.#renewAll(gateway);
      clients.push({ client: new PmpClient(host, gateway, lost, new Set(usable)), discover: undefined });
    }
    const igd = methods.filter((method) => method === 'igd1' || method === 'igd2');
    if (igd.length > 0) {
      const client = new IgdClient(host, gateway, from, new Set(igd));
      clients.push({ client, discover: (signal) => client.discover(signal) });
    }
    return clients;
  }

  #renewAll(gateway: string): void {
    for (const lease of this.#leases) if (lease.gateway === gateway) lease.renew();
  }
}
