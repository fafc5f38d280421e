import { familyOf } from '../net/ip.ts';
import type { Host } from '../ports/index.ts';
import type { IgdServiceType } from '../wire/igd/description.ts';
import { findIgds } from './igd-discovery.ts';
import { IgdMapper } from './igd-mapping.ts';
import { IgdPinholes } from './igd-pinhole.ts';
import { IgdFault, type IgdRemote, readServices } from './igd-service.ts';
import type { GatewayClient, Grant, MappingRequest } from './mapping.ts';
import { MappingError } from './mapping-error.ts';

type Service = Pick<IgdMapper | IgdPinholes, 'map' | 'unmap'>;

const V4_SERVICES: readonly IgdServiceType[] = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
];
const V6_SERVICE: IgdServiceType = 'urn:schemas-upnp-org:service:WANIPv6FirewallControl:1';

/** UPnP IGD, version 1 or 2, at the default gateway: port mappings for IPv4, pinholes for IPv6. */
export class IgdClient implements GatewayClient {
  readonly #host: Host;
  readonly #gateway: string;
  readonly #from: string;
  readonly #services: readonly IgdServiceType[];
  #found: Promise<readonly Service[]> | undefined;
  /** Which service a mapping was made by. */
  readonly #makers = new Map<string, Service>();

  /** @param from our own address on the gateway's network */
  constructor(
    host: Host,
    gateway: string,
    from: string,
    methods: ReadonlySet<'igd1' | 'igd2'> = new Set(['igd1', 'igd2']),
  ) {
    this.#host = host;
    this.#gateway = gateway;
    this.#from = from;
    const v4 = V4_SERVICES.filter((type) => methods.has(type.endsWith(':2') ? 'igd2' : 'igd1'));
    this.#services = familyOf(gateway) === 6 ? [V6_SERVICE] : v4;
  }

  /** Finds out what there is, without changing anything. @throws MappingError */
  async discover(signal: AbortSignal): Promise<void> {
    await this.#discover(signal);
  }

  async map(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    const known = this.#makers.get(keyOf(request));
    const services = known ? [known] : await this.#discover(signal);
    const reasons: Error[] = [];
    for (const service of services) {
      try {
        const grant = await service.map(request, signal);
        this.#makers.set(keyOf(request), service);
        return grant;
      } catch (error) {
        if (!(error instanceof MappingError || error instanceof IgdFault)) throw error;
        reasons.push(error);
      }
    }
    throw failureOf(reasons);
  }

  async unmap(request: MappingRequest, grant: Grant, signal: AbortSignal): Promise<void> {
    try {
      await this.#makers.get(keyOf(request))?.unmap(request, grant, signal);
    } catch (error) {
      throw error instanceof IgdFault ? failureOf([error]) : error;
    }
    this.#makers.delete(keyOf(request));
  }

  #discover(signal: AbortSignal): Promise<readonly Service[]> {
    const found = (this.#found ??= this.#search(signal));
    found.catch(() => {
      if (this.#found === found) this.#found = undefined; // The next one who asks looks again.
    });
    return found;
  }

  async #search(signal: AbortSignal): Promise<readonly Service[]> {
    const reasons: Error[] = [];
    const search = { from: this.#from, gateway: this.#gateway, signal };
    for await (const place of findIgds(this.#host, search)) {
      try {
        const remotes = await readServices(this.#host, place, this.#from, signal);
        const services = this.#services.flatMap((type) => remotes.filter(({ service }) => service.type === type));
        if (services.length > 0) return services.map((remote) => this.#serviceOf(remote));
        reasons.push(new MappingError('unsupported', 'the gateway has no service for such mappings'));
      } catch (error) {
        if (!(error instanceof MappingError)) throw error;
        reasons.push(error);
      }
    }
    signal.throwIfAborted();
    throw reasons.length > 0 ? failureOf(reasons) : new MappingError('no-gateway', 'no UPnP gateway answers');
  }

  #serviceOf(remote: IgdRemote): Service {
    return remote.service.type === V6_SERVICE ? new IgdPinholes(remote) : new IgdMapper(remote, this.#host.random);
  }
}

function keyOf({ protocol, internal }: MappingRequest): string {
  return `${protocol} ${internal.address} ${internal.port}`;
}

function failureOf(reasons: readonly Error[]): MappingError {
  const text = [...new Set(reasons.map(({ message }) => message))].join('; ');
  const first = reasons.find((reason) => reason instanceof MappingError);
  return new MappingError(first?.code ?? 'refused', `UPnP: ${text}`);
}
