import { type Endpoint, type Family, sameEndpoint } from '../../core/net/endpoint.ts';
import type { NetError } from '../../core/net/error.ts';
import type { UdpSocket } from '../../core/ports/index.ts';
import type { AddressId, Packet } from '../packet.ts';

/** Where a socket sits; addresses as numbers. */
export interface UdpBinding {
  readonly family: Family;
  /** Undefined: bound to the unspecified address. */
  readonly address: AddressId | undefined;
  readonly port: number;
  readonly remote: { readonly endpoint: Endpoint; readonly address: AddressId } | undefined;
  /** The groups that the host hears because of this socket. */
  readonly groups: readonly AddressId[];
}

/** The stack, as its sockets see it. */
export interface UdpSocketOwner {
  send(binding: UdpBinding, data: Uint8Array, to: Endpoint, ttl: number): void;
  /** The socket is closed: its port is free. */
  release(socket: SimUdpSocket): void;
}

export class SimUdpSocket implements UdpSocket {
  readonly local: Endpoint;
  readonly binding: UdpBinding;
  onMessage: ((data: Uint8Array, from: Endpoint) => void) | undefined;
  onError: ((error: NetError) => void) | undefined;
  readonly #stack: UdpSocketOwner;
  #closed = false;

  constructor(stack: UdpSocketOwner, local: Endpoint, binding: UdpBinding) {
    this.#stack = stack;
    this.local = local;
    this.binding = binding;
  }

  send(data: Uint8Array, to: Endpoint, ttl = 64): void {
    const { remote } = this.binding;
    if (this.#closed || to.port === 0 || (remote && !sameEndpoint(remote.endpoint, to))) return;
    this.#stack.send(this.binding, data, to, ttl);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stack.release(this);
  }

  /** How closely the socket fits a packet: -1 not at all; a connected one fits best, a wildcard one least. */
  fit(packet: Packet, group: boolean): number {
    const { address, remote } = this.binding;
    if (remote && (remote.address !== packet.source || remote.endpoint.port !== packet.sourcePort)) return -1;
    // A connected socket has a specific address; one bound to a specific address hears no group but that one.
    if (address !== undefined && address !== packet.destination) return -1;
    if (group && remote) return -1;
    return (address === undefined ? 0 : 1) + (remote ? 2 : 0);
  }
}
