import type { NatBehaviour } from '../../core/nat/behaviour.ts';

/** Two hosts, `a` and `b`, and the NATs in front of them, as a scenario joins them. */
export interface KernelTopology {
  /**
   * `separate`: each behind NATs of its own. `same-lan`: on one LAN, behind the NATs of `a`. `same-nat`: behind those,
   * each on a LAN of its own. `shared-cgn`: each behind NATs of its own, but the outermost is that of `a` for both.
   */
  readonly name: 'separate' | 'same-lan' | 'same-nat' | 'shared-cgn';
  /** Carries the shared NAT nothing straight from one of its inside segments to another? */
  readonly isolated: boolean;
  /** Host side first, at least one. */
  readonly a: readonly NatBehaviour[];
  readonly b: readonly NatBehaviour[];
}
