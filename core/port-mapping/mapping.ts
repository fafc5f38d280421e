import type { Endpoint } from '../net/endpoint.ts';

/** How a gateway was asked. `pinhole` is IGD's for IPv6, where a gateway filters and does not translate. */
export type MappingMethod = 'pcp' | 'nat-pmp' | 'igd1' | 'igd2' | 'pinhole' | 'nat-upnp';

/** A request to a gateway: let everybody reach this port of ours. */
export interface MappingRequest {
  readonly protocol: 'udp' | 'tcp';
  /** Our own endpoint: the address is the one that the gateway is reached from. */
  readonly internal: Endpoint;
  /** The external port that we should like; the gateway may give another. */
  readonly suggestedPort: number;
  readonly lifetimeS: number;
}

/** What a gateway gave. */
export interface Grant {
  readonly method: MappingMethod;
  /** The port is the one granted; the address is what the gateway takes for its external one. */
  readonly external: Endpoint;
  /** 0: until it is deleted. */
  readonly lifetimeS: number;
}

/** One way to talk to one gateway. */
export interface GatewayClient {
  /**
   * Makes a mapping, or prolongs the one that there is.
   * @throws MappingError
   */
  map(request: MappingRequest, signal: AbortSignal): Promise<Grant>;
  /** Deletes a mapping that {@link map} gave. @throws MappingError if the gateway does not confirm it */
  unmap(request: MappingRequest, grant: Grant, signal: AbortSignal): Promise<void>;
}
