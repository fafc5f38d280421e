import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';

/** What an interface of a host has for one family. */
export interface KernelLine {
  /** Lines of both families may share one. */
  readonly interface: string;
  readonly family: Family;
  /** Host side first, at least one. */
  readonly nats: readonly NatBehaviour[];
}

/** Two hosts, `a` and `b`, and the NATs in front of them, as a scenario joins them. */
export interface KernelTopology {
  /**
   * `separate`: each behind NATs of its own. `same-lan`: on one LAN, behind the NATs of `a`. `same-nat`: behind those,
   * each on a LAN of its own. `shared-cgn`: each behind NATs of its own, but the outermost is that of `a` for both.
   */
  readonly name: 'separate' | 'same-lan' | 'same-nat' | 'shared-cgn';
  /** Carries the shared NAT nothing straight from one of its inside segments to another? */
  readonly isolated: boolean;
  /** Other hosts behind the shared NAT. @default 0 */
  readonly subscribers?: number;
  /** Best first, at least one. */
  readonly a: readonly KernelLine[];
  readonly b: readonly KernelLine[];
}
