import type { Family } from '../../core/net/endpoint.ts';

/** Where a NAT stands: what its rules need to know besides its behaviour. */
export interface NatSite {
  readonly family: Family;
  /** On the interface `wan`. */
  readonly external: readonly [string, ...string[]];
  /** Where `translation` is `nptv6`: what hosts have, and what they are seen with (RFC 6296). */
  readonly prefixes: { readonly inside: string; readonly outside: string } | undefined;
  /** Hosts, or inner NATs, on the interfaces `lan*`. */
  readonly insideHosts: number;
  /**
   * Do no two of them ever send from one port? Then a port is preserved for whoever first has it, and the kernel knows a
   * sender's external port before it has chosen it.
   */
  readonly portsApart: boolean;
  /** Does the NAT carry nothing straight from one inside segment to another? */
  readonly isolated: boolean;
  /** The longest time that passes between the first packet and the last one: a timer beyond it never shows. */
  readonly lifeMs: number;
  /** 0 to 1: where in its range a sequential allocator stands at first. */
  readonly start: number;
}
