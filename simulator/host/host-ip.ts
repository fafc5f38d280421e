import type { Random } from '../../core/ports/index.ts';
import type { AddressId, Packet } from '../packet.ts';
import type { NetworkLayer } from '../router/network-layer.ts';
import type { AddressTable } from '../world/address-table.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';
import type { IpLayer } from './ip-layer.ts';

/** A host as one of its transport stacks sees it. */
export class HostIp implements IpLayer {
  readonly scheduler: Scheduler;
  readonly addresses: AddressTable;
  readonly random: Random;
  readonly send: (packet: Packet) => void;
  readonly #world: World;
  readonly #network: NetworkLayer;
  /** Where packets to any address of 127.0.0.0/8 start. */
  readonly #loopback: AddressId;

  constructor(world: World, network: NetworkLayer, random: Random, send: (packet: Packet) => void) {
    this.scheduler = world.scheduler;
    this.addresses = world.addresses;
    this.random = random;
    this.send = send;
    this.#world = world;
    this.#network = network;
    this.#loopback = world.addresses.id('127.0.0.1');
  }

  isLocal(address: AddressId): boolean {
    return this.#network.isLocal(address);
  }

  sourceFor(destination: AddressId): AddressId | undefined {
    const kind = this.addresses.kind(destination);
    if (kind === 'unspecified') return undefined;
    if (kind === 'loopback') return this.addresses.isIpv6(destination) ? destination : this.#loopback;
    if (this.#network.owns(destination)) return destination;
    return this.#network.routes.find(destination)?.source;
  }

  nextPacketId(): number {
    return this.#world.nextPacketId();
  }
}
