import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import type { Prefixes } from './planned-router.ts';

/** A network as `ip` is to build it. Pure data: the same topology gives the same plan. */
export interface NetworkPlan {
  /** Plans with one key are one network, whatever the behaviour of its NATs. */
  readonly key: string;
  readonly routers: readonly RouterPlan[];
  /** Can a packet go from one host to the other without the core? */
  readonly shared: boolean;
  /** Does it pass a router on the way that translates, and that only one of them is behind? */
  readonly translatedInside: boolean;
  /** Lines to the core; each ends at the interface `wan` of a router. */
  readonly lines: readonly LinePlan[];
  /** Other cables. */
  readonly cables: readonly Cable[];
  /** Addresses and routes, by namespace. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
  /** Hosts that are behind the shared NAT as well; undefined: there are none. */
  readonly crowd: Crowd | undefined;
  /** Which routes a host's own address takes, where it has several. */
  readonly rules: readonly PolicyRule[];
}

/** Many hosts in one namespace: each is an address. */
export interface Crowd {
  readonly namespace: string;
  readonly addresses: readonly string[];
}

export interface RouterPlan {
  readonly namespace: string;
  readonly family: Family;
  readonly behaviour: NatBehaviour;
  readonly external: readonly [string, ...string[]];
  readonly prefixes: Prefixes | undefined;
  /** Addresses behind it that are not another one's. */
  readonly insideHosts: number;
  /** Do all NATs behind it keep ports? */
  readonly portsKept: boolean;
  readonly isolated: boolean;
}

export interface LinePlan {
  readonly router: string;
  /** Of the core's end. */
  readonly gateway: string;
  readonly prefixLength: number;
  readonly external: readonly string[];
}

export interface Cable {
  readonly upper: CableEnd;
  readonly lower: CableEnd;
}

export interface CableEnd {
  readonly namespace: string;
  readonly device: string;
  /** A bridge that the device is a port of. */
  readonly bridge?: string;
}

export interface PolicyRule {
  readonly namespace: string;
  readonly family: Family;
  /** The rest of `ip rule add` or `ip rule del`. */
  readonly rule: string;
}

export const CORE = 'core';
export const CROWD = 'crowd';
export const HOSTS = { a: 'host-a', b: 'host-b' } as const;

/** All namespaces of a plan that have hosts in them. */
export function hostsOf({ crowd }: NetworkPlan): string[] {
  return [...Object.values(HOSTS), ...(crowd ? [crowd.namespace] : [])];
}
