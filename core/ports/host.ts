import type { Family } from '../net/endpoint.ts';
import type { Clock } from './clock.ts';
import type { Events } from './events.ts';
import type { Random } from './random.ts';
import type { Signer } from './signer.ts';
import type { Tcp } from './tcp.ts';
import type { Tls } from './tls.ts';
import type { Udp } from './udp.ts';

export interface InterfaceAddress {
  readonly address: string;
  readonly family: Family;
  /** Length of the subnet's prefix in bits. */
  readonly prefixLength: number;
}

export interface NetworkInterface {
  readonly name: string;
  readonly loopback: boolean;
  readonly addresses: readonly InterfaceAddress[];
}

/**
 * All that the engine, the plugins and the servers may touch of the machine they run on. There is one implementation
 * over Node's sockets and one in the simulator, and nothing built on it can tell them apart.
 */
export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly signer: Signer;
  readonly events: Events;
  readonly udp: Udp;
  readonly tcp: Tcp;
  /** Absent where nobody could look into the traffic anyway, as in the simulator. */
  readonly tls?: Tls;
  /**
   * The prefix under which a network that has IPv6 only stands for IPv4 addresses (RFC 6052), as the network tells by
   * router advertisements (RFC 8781) or DNS (RFC 7050); undefined if it tells of none. Absent where nobody can be asked.
   */
  nat64Prefix?(): Promise<string | undefined>;
  /** The interfaces that are up, loopback included. */
  interfaces(): readonly NetworkInterface[];
  /**
   * The next hops of the default routes, best first: where a home router is. Empty if the system does not tell.
   * Link-local IPv6 addresses are left out, as they mean nothing without a zone.
   */
  defaultGateways(): Promise<readonly string[]>;
}
