import type { Endpoint } from '../net/endpoint.ts';
import type { TcpConnection, TcpDialOptions, TcpListener, TcpListenOptions } from './tcp.ts';

export interface TlsDialOptions extends TcpDialOptions {
  /** Whom the certificate must name, and what SNI asks for. @default the address that is dialled */
  readonly serverName?: string;
  /** Authorities to trust, PEM, in place of the system's. @default the system's */
  readonly ca?: readonly string[];
}

/** What a server shows, in PEM. */
export interface TlsCertificate {
  /** Its certificate, and those that lead to the authority. */
  readonly chain: string;
  readonly privateKey: string;
}

export interface TlsListener extends TcpListener {
  /** Shows another certificate to whoever comes from now on. @throws NetError EPROTO if that can't be used */
  renew(certificate: TlsCertificate): void;
}

/** TLS 1.2 or newer over TCP, with the server's certificate checked. There is no way to switch the check off. */
export interface Tls {
  /** @throws NetError EPROTO (not TLS, or a certificate that does not hold), and what {@link Tcp.dial} throws */
  dial(remote: Endpoint, options?: TlsDialOptions): Promise<TcpConnection>;
  /**
   * Hands on connections whose handshake is over; those that take too long about it, or are too many, are closed.
   * @throws NetError EPROTO if the certificate can't be used, and what {@link Tcp.listen} throws
   */
  listen(
    options: TcpListenOptions,
    certificate: TlsCertificate,
    accept: (connection: TcpConnection) => void,
  ): Promise<TlsListener>;
}
