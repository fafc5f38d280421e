import type { AddressId, Packet, Protocol } from '../packet.ts';
import type { MappingInfo } from './environment.ts';
import type { Expiring } from './expiry-index.ts';

/** An external endpoint lent to an internal one. */
export class Mapping implements MappingInfo, Expiring {
  /** In order of creation, never used twice. */
  readonly id: number;
  /** What of the remote endpoint it depends on, as `dependentKey` gives it. */
  readonly key: number;
  readonly protocol: Protocol;
  readonly internal: AddressId;
  readonly internalPort: number;
  readonly external: AddressId;
  readonly externalPort: number;
  readonly remote: AddressId;
  readonly remotePort: number;
  // Infinity is not a small integer: the engine stores the field as a double from the start.
  deadline = Number.POSITIVE_INFINITY;
  expirySlot = -1;
  /** Head of the list of its sessions. */
  sessions: Session | undefined = undefined;

  /** @param packet the first one, before translation */
  constructor(id: number, key: number, packet: Packet, external: AddressId, externalPort: number) {
    this.id = id;
    this.key = key;
    this.protocol = packet.protocol;
    this.internal = packet.source;
    this.internalPort = packet.sourcePort;
    this.external = external;
    this.externalPort = externalPort;
    this.remote = packet.destination;
    this.remotePort = packet.destinationPort;
  }
}

/** The traffic between one mapping and one remote endpoint. */
export class Session implements Expiring {
  readonly mapping: Mapping;
  readonly remote: AddressId;
  readonly remotePort: number;
  deadline = Number.POSITIVE_INFINITY;
  expirySlot = -1;
  /** Has the inside sent on it? Only then does the filter admit this remote because of it. */
  opened = false;
  previous: Session | undefined = undefined;
  next: Session | undefined = undefined;
  /** TCP: what was seen of the handshake, bits of `tcp-state.ts`. */
  state = 0;
  /** TCP: sequence numbers of the SYNs. */
  outboundSyn = 0;
  inboundSyn = 0;

  constructor(mapping: Mapping, remote: AddressId, remotePort: number) {
    this.mapping = mapping;
    this.remote = remote;
    this.remotePort = remotePort;
  }
}

/** A mapping as it is shown outside the NAT: a copy, without the inner workings. */
export function describe(mapping: Mapping): MappingInfo {
  const { protocol, internal, internalPort, external, externalPort, remote, remotePort } = mapping;
  return { protocol, internal, internalPort, external, externalPort, remote, remotePort };
}
