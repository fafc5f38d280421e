import type { Endpoint } from '../../net/endpoint.ts';

/** What the router beneath a gateway does when it is told: the NAT's own rules, and the firewall's. */
export interface GatewayTable {
  /** The external IPv4 address; undefined: there is none at the moment. */
  externalAddress(): string | undefined;
  /**
   * Leads an external port to an inside endpoint, for everybody.
   * @returns false if the port is taken
   */
  map(protocol: 'udp' | 'tcp', externalPort: number, internal: Endpoint): boolean;
  unmap(protocol: 'udp' | 'tcp', externalPort: number): void;
  /** Lets everybody send to an inside IPv6 endpoint. @returns false if the firewall can't */
  openPinhole(protocol: 'udp' | 'tcp', internal: Endpoint): boolean;
  closePinhole(protocol: 'udp' | 'tcp', internal: Endpoint): void;
}
