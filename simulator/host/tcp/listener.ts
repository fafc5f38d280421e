import type { Endpoint, Family } from '../../../core/net/endpoint.ts';
import type { TcpConnection, TcpListener } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import type { Opening } from './opening.ts';
import { BACKLOG } from './parameters.ts';

/** Where a socket is bound: an address of its own, or all of a family. */
export interface Binding {
  readonly address: AddressId;
  readonly unspecified: boolean;
  readonly family: Family;
  readonly port: number;
}

/** A socket in LISTEN. */
export class Listener implements TcpListener {
  readonly local: Endpoint;
  readonly binding: Binding;
  readonly accept: (connection: TcpConnection) => void;
  /** Handshakes that are half done. */
  readonly openings = new Set<Opening>();
  readonly #closed: (listener: Listener) => void;

  constructor(
    local: Endpoint,
    binding: Binding,
    accept: (connection: TcpConnection) => void,
    closed: (listener: Listener) => void,
  ) {
    this.local = local;
    this.binding = binding;
    this.accept = accept;
    this.#closed = closed;
  }

  get backlogFull(): boolean {
    return this.openings.size >= BACKLOG;
  }

  close(): void {
    this.#closed(this);
  }
}
