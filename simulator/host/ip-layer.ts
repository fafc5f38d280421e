import type { Random } from '../../core/ports/index.ts';
import type { AddressId, Packet } from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';
import type { Scheduler } from '../world/scheduler.ts';

/** What a transport stack (UDP, TCP) needs of the simulated host that it runs on. */
export interface IpLayer {
  readonly scheduler: Scheduler;
  readonly addresses: AddressTable;
  /** The stack's own stream: ephemeral ports, initial sequence numbers. */
  readonly random: Random;
  /** Is this one of the host's own addresses (loopback included)? */
  isLocal(address: AddressId): boolean;
  /** The source address that the route to `destination` uses; undefined without a route. */
  sourceFor(destination: AddressId): AddressId | undefined;
  nextPacketId(): number;
  /** Puts a packet on its way; one to a local address loops back. It never arrives within this call. */
  send(packet: Packet): void;
}
