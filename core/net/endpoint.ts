/** An IP address in canonical text form (RFC 5952 for IPv6) and a port, 0 to 65535. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Family = 4 | 6;

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}

/** `192.0.2.1:80` or `[2001:db8::1]:80`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}
