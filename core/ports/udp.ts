import type { Endpoint, Family } from '../net/endpoint.ts';
import type { NetError } from '../net/error.ts';

export interface UdpBindOptions {
  /** @default the unspecified address of `family` */
  readonly address?: string;
  /** @default 4 */
  readonly family?: Family;
  /** @default 0, an ephemeral port */
  readonly port?: number;
  /**
   * Connects the socket: it hears and reaches this peer only, and ICMP errors about it arrive at
   * {@link UdpSocket.onError}. An unconnected socket never hears of ICMP errors, as on Linux.
   * @default unconnected
   */
  readonly remote?: Endpoint;
  /**
   * Multicast groups to hear. The socket must be bound to the unspecified address, or to the group.
   * @default none
   */
  readonly groups?: readonly MulticastGroup[];
}

export interface MulticastGroup {
  /** Of the socket's family. */
  readonly group: string;
  /** Our address on the network where the group is to be heard. */
  readonly on: string;
}

export interface UdpSocket {
  readonly local: Endpoint;
  /** Called for every datagram; the bytes are the receiver's to keep. Without a handler datagrams are lost. */
  onMessage: ((data: Uint8Array, from: Endpoint) => void) | undefined;
  /** Called when a connected socket learns of an ICMP error. The socket stays usable. */
  onError: ((error: NetError) => void) | undefined;
  /**
   * Sends one datagram. It is gone or lost: UDP reports no failure, and a closed socket sends nothing.
   * @param ttl hop limit of this datagram alone, 1 to 255 @default 64
   */
  send(data: Uint8Array, to: Endpoint, ttl?: number): void;
  /** Frees the port at once. Closing twice does nothing. */
  close(): void;
}

export interface Udp {
  /** @throws NetError EADDRINUSE, EADDRNOTAVAIL */
  bind(options?: UdpBindOptions): Promise<UdpSocket>;
}
