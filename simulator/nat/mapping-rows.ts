import type { AddressId, Packet, Protocol } from '../packet.ts';
import type { MappingInfo } from './environment.ts';
import type { ExpiryColumns } from './expiry-index.ts';
import type { ExternalEndpoint } from './external-ports.ts';
import { endpointKey } from './keys.ts';
import { NONE } from './pair-index.ts';
import { column, Rows, resized } from './rows.ts';

/** A mapping by its row. */
export type MappingId = number;

/** What a mapping is made for: an inside host's first packet. */
export type MappingOrigin = Pick<Packet, 'source' | 'sourcePort' | 'destination' | 'destinationPort'>;

/** The mappings of one protocol: each is an external endpoint lent to an internal one. */
export class MappingRows extends Rows implements ExpiryColumns<MappingId> {
  internal = column(Int32Array);
  internalPort = column(Uint16Array);
  external = column(Int32Array);
  externalPort = column(Uint16Array);
  /** What of the remote endpoint the mapping depends on, as `dependentKey` gives it. */
  key = column(Float64Array);
  /** Microseconds. */
  deadline = column(Float64Array);
  /** Head of the list of its sessions. */
  firstSession = column(Int32Array);
  /** 1: a rule of the router, which nothing but the router ends. */
  fixed = column(Uint8Array);
  #remote = column(Int32Array);
  #remotePort = column(Uint16Array);
  #serial = column(Float64Array);
  #expirySlot = column(Int32Array);
  #nextSerial = 0;

  /** @param packet the first one, before translation */
  add(packet: MappingOrigin, endpoint: ExternalEndpoint, key: number, deadline: number): MappingId {
    const mapping = this.allocate();
    this.internal[mapping] = packet.source;
    this.internalPort[mapping] = packet.sourcePort;
    this.external[mapping] = endpoint.external;
    this.externalPort[mapping] = endpoint.externalPort;
    this.key[mapping] = key;
    this.deadline[mapping] = deadline;
    this.firstSession[mapping] = NONE;
    this.fixed[mapping] = 0;
    this.#remote[mapping] = packet.destination;
    this.#remotePort[mapping] = packet.destinationPort;
    this.#serial[mapping] = this.#nextSerial++;
    return mapping;
  }

  remove(mapping: MappingId): void {
    this.release(mapping);
  }

  internalKey(mapping: MappingId): number {
    return endpointKey(this.internal[mapping], this.internalPort[mapping]);
  }

  externalKey(mapping: MappingId): number {
    return endpointKey(this.external[mapping] as AddressId, this.externalPort[mapping]);
  }

  /** The remote endpoint of the first packet. */
  firstRemoteKey(mapping: MappingId): number {
    return endpointKey(this.#remote[mapping] as AddressId, this.#remotePort[mapping]);
  }

  byAge(a: MappingId, b: MappingId): number {
    return this.#serial[a] - this.#serial[b];
  }

  describe(mapping: MappingId, protocol: Protocol): MappingInfo {
    return {
      protocol,
      internal: this.internal[mapping] as AddressId,
      internalPort: this.internalPort[mapping],
      external: this.external[mapping] as AddressId,
      externalPort: this.externalPort[mapping],
      remote: this.#remote[mapping] as AddressId,
      remotePort: this.#remotePort[mapping],
    };
  }

  deadlineOf(mapping: MappingId): number {
    return this.deadline[mapping];
  }

  slotOf(mapping: MappingId): number {
    return this.#expirySlot[mapping];
  }

  setSlot(mapping: MappingId, slot: number): void {
    this.#expirySlot[mapping] = slot;
  }

  protected override resize(capacity: number): void {
    this.internal = resized(this.internal, capacity);
    this.internalPort = resized(this.internalPort, capacity);
    this.external = resized(this.external, capacity);
    this.externalPort = resized(this.externalPort, capacity);
    this.key = resized(this.key, capacity);
    this.deadline = resized(this.deadline, capacity);
    this.firstSession = resized(this.firstSession, capacity);
    this.fixed = resized(this.fixed, capacity);
    this.#remote = resized(this.#remote, capacity);
    this.#remotePort = resized(this.#remotePort, capacity);
    this.#serial = resized(this.#serial, capacity);
    this.#expirySlot = resized(this.#expirySlot, capacity);
  }
}
