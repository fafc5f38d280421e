import type { Dependence, SecondaryBehaviour } from '../../core/nat/behaviour.ts';
import type { Quota } from './quota.ts';

/** What mappings depend on: always the same (RFC 4787 REQ-11), or not (section 8). */
export class MappingRule {
  readonly secondary: Dependence;
  /** Does an internal endpoint change over whose port cannot be preserved? */
  readonly changesOnCollision: boolean;
  readonly #primary: Dependence;
  readonly #load: number;
  readonly #quota: Quota;

  constructor(primary: Dependence, secondary: SecondaryBehaviour, quota: Quota) {
    this.#primary = primary;
    this.secondary = secondary.mapping;
    this.changesOnCollision = secondary.onCollision;
    this.#load = secondary.underLoad;
    this.#quota = quota;
  }

  /** Has every internal endpoint one mapping at all times, whatever the remote? */
  get isEndpointIndependent(): boolean {
    return this.#primary === 'endpoint-independent' && !this.changesOnCollision && this.#load === 0;
  }

  get isLoaded(): boolean {
    return this.#load > 0 && this.#quota.total >= this.#load;
  }

  /** For a new session. */
  get inForce(): Dependence {
    return this.isLoaded ? this.secondary : this.#primary;
  }
}
