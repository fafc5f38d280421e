import type { Finding } from './finding.ts';
import type { LifetimeBounds } from './lifetime-search.ts';

/**
 * How it shows that a mapping is gone. `permission`: the filter no longer admits whom the socket once sent to.
 * `remapping`: the socket gets another external port. `collision`: a port that is kept can be had for another
 * destination. `hairpin`: a neighbour's packets to the mapped endpoint no longer come in.
 */
export type LifetimeMethod = 'permission' | 'remapping' | 'collision' | 'hairpin';

/** How long UDP mappings live, and by what. One exchange made them: some NATs keep those of longer talks for longer. */
export interface LifetimeReport {
  /** Undefined: no way to tell is sound behind this NAT. */
  readonly method: LifetimeMethod | undefined;
  /** Of a silent mapping. Behind several NATs it is that of the first that shows. */
  readonly lifetime: Finding<LifetimeBounds>;
  /** Does sending keep a mapping alive (RFC 4787 REQ-6)? */
  readonly outboundRefresh: Finding<boolean>;
  /** Does receiving (RFC 4787 REQ-6a)? It can be tested only where packets hairpin. */
  readonly inboundRefresh: Finding<boolean>;
  /**
   * The distance in routers of the farthest NAT that forgets in that time, at least and at most: NATs differ in whether
   * a packet counts that ends its hops with them. A lowest distance of 2 or more is beyond the nearest router.
   */
  readonly distance: Finding<readonly [number, number]>;
  /** How long the tests took, in milliseconds. */
  readonly tookMs: number;
}
