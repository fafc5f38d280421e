import type { NatBehaviour } from '../core/nat/behaviour.ts';
import type { Family } from '../core/net/endpoint.ts';
import type { Link } from './link/link-model.ts';
import type { CableRealm, Realm, Slot } from './realm.ts';
import type { EdgeRouter } from './router/edge-router.ts';

export interface LineOptions {
  /** @default 4 */
  readonly family?: Family;
  /** Of the host. Lines of both families may share one. @default `eth0` */
  readonly interface?: string;
  /** In front of the host, host side first. None: the host has a public address. */
  readonly nats: readonly NatBehaviour[];
  /** Between the outermost hop and the core. */
  readonly link: Link;
  /** The home network, e.g. `192.168.1.0/24`. IPv4 only. @default one that nobody else has */
  readonly lan?: string;
}

/** What one interface of a host has for one family: the routers between it and the core. */
export interface Line {
  readonly family: Family;
  readonly interface: string;
  /** Host side first, a shared one included. */
  readonly routers: readonly EdgeRouter[];
  /** What is behind the outermost router; the core's own realm where there is none. */
  readonly realm: Realm;
  /** Where the host is; the core's own realm where there is no router. */
  readonly home: Realm;
}

/** A router that is to stand in a slot, and what is to be behind it. */
export interface Installation {
  readonly name: string;
  readonly behaviour: NatBehaviour;
  readonly outer: Realm;
  readonly slot: Slot;
  /** Of the outermost hop; undefined: the router is not the outermost. */
  readonly link: Link | undefined;
  /** Is a home's LAN behind it, or a carrier's customers? */
  readonly home: boolean;
  readonly lan: string | undefined;
}

/** How the networks of one family are made. */
export interface Fabric {
  readonly internet: CableRealm;
  /** As many addresses as a router with that behaviour needs on the outside. */
  join(realm: Realm, behaviour: NatBehaviour, link: Link | undefined): Slot;
  install(installation: Installation): { router: EdgeRouter; realm: Realm };
  /** A server's place on the core. */
  serverSlot(addresses: number, link: Link): Slot;
  /** One more LAN behind the router of a home. */
  secondLan(home: Realm): Realm;
}
