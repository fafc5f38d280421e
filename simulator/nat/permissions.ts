import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { AddressId } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import { dependentKey } from './keys.ts';
import { PairTable } from './pair-table.ts';
import type { Mapping, Session } from './records.ts';

/**
 * The filter (RFC 4787 section 5): whom the inside has opened itself to. A remote is admitted while a session lives on
 * which the inside has sent and which looks the same to the filter, so a permission ends with the last such session.
 */
export class Permissions {
  readonly #filtering: Dependence;
  readonly #scope: NatBehaviour['filterScope'];
  // (mapping or host, what the filter sees of the remote) to the number of sessions that grant it.
  readonly #grants = new PairTable<number>();

  constructor(filtering: Dependence, scope: NatBehaviour['filterScope']) {
    this.#filtering = filtering;
    this.#scope = scope;
  }

  get refusal(): DropReason {
    return this.#filtering === 'address-dependent' ? 'filter: address-dependent' : 'filter: address-and-port-dependent';
  }

  admits(mapping: Mapping, remote: AddressId, remotePort: number): boolean {
    if (this.#filtering === 'endpoint-independent') return true;
    return this.#grants.get(this.#holder(mapping), dependentKey(this.#filtering, remote, remotePort)) !== undefined;
  }

  grant(session: Session): void {
    if (this.#filtering === 'endpoint-independent') return;
    const holder = this.#holder(session.mapping);
    const key = dependentKey(this.#filtering, session.remote, session.remotePort);
    this.#grants.set(holder, key, (this.#grants.get(holder, key) ?? 0) + 1);
  }

  revoke(session: Session): void {
    if (this.#filtering === 'endpoint-independent') return;
    const holder = this.#holder(session.mapping);
    const key = dependentKey(this.#filtering, session.remote, session.remotePort);
    const left = this.#grants.get(holder, key)! - 1;
    if (left > 0) this.#grants.set(holder, key, left);
    else this.#grants.delete(holder, key);
  }

  #holder(mapping: Mapping): number {
    return this.#scope === 'host' ? mapping.internal : mapping.id;
  }
}
