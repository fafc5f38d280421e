import type { AddressId } from '../packet.ts';
import { endpointKey } from './keys.ts';
import type { MappingId, MappingRows } from './mapping-rows.ts';
import { NONE, PairIndex } from './pair-index.ts';

/** Says to which mapping a packet from outside belongs. */
export interface ExternalIndex {
  add(mapping: MappingId): void;
  remove(mapping: MappingId): void;
  /** The mapping that the remote endpoint reaches at the external one, or {@link NONE}. */
  find(external: AddressId, externalPort: number, remote: AddressId, remotePort: number): MappingId;
  /** A session of the mapping with the remote endpoint began. */
  claim(mapping: MappingId, remoteKey: number): void;
  /** It ended. */
  disclaim(mapping: MappingId, remoteKey: number): void;
  /** May the mapping have a session with the remote endpoint? */
  mayClaim(mapping: MappingId, remoteKey: number): boolean;
}

/** RFC 4787 REQ-3b: an external endpoint has one owner, whoever the remote is. */
export class ExclusiveIndex implements ExternalIndex {
  readonly #mappings: MappingRows;
  // (external address, external port)
  readonly #owners = new PairIndex();

  constructor(mappings: MappingRows) {
    this.#mappings = mappings;
  }

  add(mapping: MappingId): void {
    this.#owners.set(this.#mappings.external[mapping], this.#mappings.externalPort[mapping], mapping);
  }

  remove(mapping: MappingId): void {
    this.#owners.delete(this.#mappings.external[mapping], this.#mappings.externalPort[mapping]);
  }

  find(external: AddressId, externalPort: number): MappingId {
    return this.#owners.get(external, externalPort);
  }

  claim(): void {}

  disclaim(): void {}

  mayClaim(): boolean {
    return true;
  }
}

/**
 * RFC 7857 section 3: an external endpoint has one owner for each remote endpoint. A mapping owns those of its sessions
 * and, for as long as it lives, the one that it was made for.
 */
export class OverlappingIndex implements ExternalIndex {
  readonly #mappings: MappingRows;
  readonly #admits: (mapping: MappingId, remote: AddressId, remotePort: number) => boolean;
  // (external endpoint, remote endpoint)
  readonly #owners = new PairIndex();
  // By external endpoint, oldest first.
  readonly #sharing = new Map<number, MappingId[]>();

  /** @param admits the filter */
  constructor(mappings: MappingRows, admits: (mapping: MappingId, remote: AddressId, remotePort: number) => boolean) {
    this.#mappings = mappings;
    this.#admits = admits;
  }

  add(mapping: MappingId): void {
    const endpoint = this.#mappings.externalKey(mapping);
    this.#owners.set(endpoint, this.#mappings.firstRemoteKey(mapping), mapping);
    const sharing = this.#sharing.get(endpoint);
    if (sharing) sharing.push(mapping);
    else this.#sharing.set(endpoint, [mapping]);
  }

  remove(mapping: MappingId): void {
    const endpoint = this.#mappings.externalKey(mapping);
    this.#owners.delete(endpoint, this.#mappings.firstRemoteKey(mapping));
    const sharing = this.#sharing.get(endpoint)!;
    sharing.splice(sharing.indexOf(mapping), 1);
    if (sharing.length === 0) this.#sharing.delete(endpoint);
  }

  /** A remote endpoint that nobody owns reaches the oldest mapping that would let it in. */
  find(external: AddressId, externalPort: number, remote: AddressId, remotePort: number): MappingId {
    const endpoint = endpointKey(external, externalPort);
    const owner = this.#owners.get(endpoint, endpointKey(remote, remotePort));
    if (owner !== NONE) return owner;
    const sharing = this.#sharing.get(endpoint);
    if (!sharing) return NONE;
    return sharing.find((mapping) => this.#admits(mapping, remote, remotePort)) ?? sharing[0]!;
  }

  claim(mapping: MappingId, remoteKey: number): void {
    this.#owners.set(this.#mappings.externalKey(mapping), remoteKey, mapping);
  }

  disclaim(mapping: MappingId, remoteKey: number): void {
    if (remoteKey === this.#mappings.firstRemoteKey(mapping)) return;
    this.#owners.delete(this.#mappings.externalKey(mapping), remoteKey);
  }

  mayClaim(mapping: MappingId, remoteKey: number): boolean {
    const owner = this.#owners.get(this.#mappings.externalKey(mapping), remoteKey);
    return owner === NONE || owner === mapping;
  }

  /** Is the endpoint in use, but not towards this remote one? */
  isSharable(external: AddressId, externalPort: number, remoteKey: number): boolean {
    const endpoint = endpointKey(external, externalPort);
    return this.#sharing.has(endpoint) && this.#owners.get(endpoint, remoteKey) === NONE;
  }
}
