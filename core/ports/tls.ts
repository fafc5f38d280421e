import type { Endpoint } from '../net/endpoint.ts';
import type { TcpConnection, TcpDialOptions } from './tcp.ts';

export interface TlsDialOptions extends TcpDialOptions {
  /** Whom the certificate must name, and what SNI asks for. @default the address that is dialled */
  readonly serverName?: string;
  /** Authorities to trust, PEM, in place of the system's. @default the system's */
  readonly ca?: readonly string[];
}

/** TLS 1.2 or newer over TCP, with the server's certificate checked. There is no way to switch the check off. */
export interface Tls {
  /** @throws NetError EPROTO (not TLS, or a certificate that does not hold), and what {@link Tcp.dial} throws */
  dial(remote: Endpoint, options?: TlsDialOptions): Promise<TcpConnection>;
}
