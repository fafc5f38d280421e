import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { AddressId } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import { dependentKey } from './keys.ts';
import type { MappingId } from './mapping-rows.ts';
import { NONE, PairIndex } from './pair-index.ts';

/**
 * The filter (RFC 4787 section 5): whom the inside has opened itself to. A remote is admitted while a session lives on
 * which the inside has sent and which looks the same to the filter, so a permission ends with the last such session.
 */
export class Permissions {
  readonly #filtering: Dependence;
  readonly #scope: NatBehaviour['filterScope'];
  // (mapping or host, what the filter sees of the remote) to the number of sessions that grant it.
  readonly #grants = new PairIndex();

  constructor(filtering: Dependence, scope: NatBehaviour['filterScope']) {
    this.#filtering = filtering;
    this.#scope = scope;
  }

  get refusal(): DropReason {
    return this.#filtering === 'address-dependent' ? 'filter: address-dependent' : 'filter: address-and-port-dependent';
  }

  /** @param internal the host that has the mapping */
  admits(mapping: MappingId, internal: AddressId, remote: AddressId, remotePort: number): boolean {
    if (this.#filtering === 'endpoint-independent') return true;
    return this.#grants.get(this.#holder(mapping, internal), this.#key(remote, remotePort)) !== NONE;
  }

  grant(mapping: MappingId, internal: AddressId, remote: AddressId, remotePort: number): void {
    if (this.#filtering === 'endpoint-independent') return;
    const holder = this.#holder(mapping, internal);
    const key = this.#key(remote, remotePort);
    const others = this.#grants.get(holder, key);
    this.#grants.set(holder, key, others === NONE ? 1 : others + 1);
  }

  revoke(mapping: MappingId, internal: AddressId, remote: AddressId, remotePort: number): void {
    if (this.#filtering === 'endpoint-independent') return;
    const holder = this.#holder(mapping, internal);
    const key = this.#key(remote, remotePort);
    const left = this.#grants.get(holder, key) - 1;
    if (left > 0) this.#grants.set(holder, key, left);
    else this.#grants.delete(holder, key);
  }

  #holder(mapping: MappingId, internal: AddressId): number {
    return this.#scope === 'host' ? internal : mapping;
  }

  #key(remote: AddressId, remotePort: number): number {
    return dependentKey(this.#filtering, remote, remotePort);
  }
}
