import type { AddressId, Packet } from '../packet.ts';
import { ExclusiveIndex, type ExternalIndex, OverlappingIndex } from './external-index.ts';
import type { MappingId, MappingRows } from './mapping-rows.ts';
import type { PortExceptions } from './ports/allocator.ts';
import type { StrangerEntries } from './stranger-entries.ts';

type Admits = (mapping: MappingId, remote: AddressId, remotePort: number) => boolean;

/** Who has an external endpoint towards which remote one: mappings, and strangers that came first. */
export class ExternalClaims {
  readonly index: ExternalIndex;
  /** The same, where external endpoints are shared. */
  readonly #overlaps: OverlappingIndex | undefined;
  readonly #mappings: MappingRows;
  readonly #strangers: StrangerEntries | undefined;

  /**
   * @param overlapping RFC 7857 section 3
   * @param strangers undefined: what is not admitted leaves nothing behind
   * @param admits the filter
   */
  constructor(mappings: MappingRows, overlapping: boolean, strangers: StrangerEntries | undefined, admits: Admits) {
    this.#mappings = mappings;
    this.#strangers = strangers;
    this.#overlaps = overlapping ? new OverlappingIndex(mappings, admits) : undefined;
    this.index = this.#overlaps ?? new ExclusiveIndex(mappings);
  }

  /** Can somebody else have the endpoint of a mapping towards a remote one? */
  get canCollide(): boolean {
    return this.#overlaps !== undefined || this.#strangers !== undefined;
  }

  /** Notes an inbound packet that was not admitted. */
  noteStranger(packet: Packet, now: number): void {
    this.#strangers?.note(packet, now);
  }

  /** May the mapping serve a remote endpoint that it does not serve yet? */
  mayServe(mapping: MappingId, remoteKey: number, now: number): boolean {
    const { external, externalPort } = this.#mappings;
    const occupied = this.isOccupied(external[mapping] as AddressId, externalPort[mapping], remoteKey, now);
    return !occupied && this.index.mayClaim(mapping, remoteKey);
  }

  /** By a stranger. */
  isOccupied(external: AddressId, externalPort: number, remoteKey: number, now: number): boolean {
    return this.#strangers?.occupies(external, externalPort, remoteKey, now) === true;
  }

  /** What a new mapping towards the remote endpoint must not have, or may have though it is in use. */
  exceptions(remoteKey: number, now: number): ((external: AddressId) => PortExceptions) | undefined {
    if (!this.canCollide) return undefined;
    return (external) => (port) => {
      if (this.isOccupied(external, port, remoteKey, now)) return 'barred';
      return this.#overlaps?.isSharable(external, port, remoteKey) ? 'sharable' : undefined;
    };
  }
}
