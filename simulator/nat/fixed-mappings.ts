import type { AddressId } from '../packet.ts';
import type { ExternalEndpoint } from './external-ports.ts';
import { endpointKey, FIXED } from './keys.ts';
import type { MappingId, MappingRows } from './mapping-rows.ts';
import { NONE } from './pair-index.ts';

/** The mappings that are rules of the router: no packet makes them, and no silence ends them. */
export class FixedMappings {
  readonly #mappings: MappingRows;
  readonly #byInternal = new Map<number, MappingId>();
  readonly #byExternal = new Map<number, MappingId>();

  constructor(mappings: MappingRows) {
    this.#mappings = mappings;
  }

  /** That of an internal endpoint, or {@link NONE}. */
  of(internalKey: number): MappingId {
    // Most tables have none, and are asked for every new session.
    return this.#byInternal.size === 0 ? NONE : (this.#byInternal.get(internalKey) ?? NONE);
  }

  values(): Iterable<MappingId> {
    return this.#byExternal.values();
  }

  /** A new one; the caller has seen to it that neither endpoint has one. */
  add(internal: AddressId, internalPort: number, endpoint: ExternalEndpoint): MappingId {
    // Nobody has sent anything yet, and port 0 is nobody's.
    const origin = { source: internal, sourcePort: internalPort, destination: internal, destinationPort: 0 };
    const mapping = this.#mappings.add(origin, endpoint, FIXED, Number.POSITIVE_INFINITY);
    this.#mappings.fixed[mapping] = 1;
    this.#byInternal.set(this.#mappings.internalKey(mapping), mapping);
    this.#byExternal.set(this.#mappings.externalKey(mapping), mapping);
    return mapping;
  }

  /** Forgets the one at an external endpoint. @returns it, or {@link NONE} */
  remove({ external, externalPort }: ExternalEndpoint): MappingId {
    const key = endpointKey(external, externalPort);
    const mapping = this.#byExternal.get(key);
    if (mapping === undefined) return NONE;
    this.#byExternal.delete(key);
    this.#byInternal.delete(this.#mappings.internalKey(mapping));
    return mapping;
  }
}
