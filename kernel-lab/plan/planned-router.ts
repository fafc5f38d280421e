import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import type { Subnet } from './subnet.ts';

/** What a device plugs into: the core, by a line, or a router's inside. */
export interface Place {
  readonly family: Family;
  readonly router: PlannedRouter | undefined;
  readonly line: number;
  /** Translating routers between here and the core. */
  readonly depth: number;
}

/** A router while a network is being planned. */
export interface PlannedRouter {
  readonly namespace: string;
  readonly behaviour: NatBehaviour;
  readonly external: readonly [string, ...string[]];
  readonly outside: Place;
  /** Of a router that translates prefixes. */
  prefixes: Prefixes | undefined;
  /** Cables to its inside. */
  inside: number;
  insideHosts: number;
  portsKept: boolean;
  shared: Subnet | undefined;
}

/** The prefix that hosts have, and the one that they are seen with (RFC 6296), each as `ADDRESS/LENGTH`. */
export interface Prefixes {
  readonly inside: string;
  readonly outside: string;
}
