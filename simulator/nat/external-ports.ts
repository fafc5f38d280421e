import type { NatBehaviour, PortAllocation } from '../../core/nat/behaviour.ts';
import type { Random } from '../../core/ports/index.ts';
import type { AddressId } from '../packet.ts';
import { NONE } from './pair-index.ts';
import type { Pooling } from './pooling.ts';
import type { PortAllocator, PortExceptions } from './ports/allocator.ts';
import { Contention } from './ports/contention.ts';
import { createAllocator } from './ports/create-allocator.ts';
import { PortSpace } from './ports/port-space.ts';
import { preserves } from './ports/preserving.ts';

interface ExternalAddress {
  readonly address: AddressId;
  readonly space: PortSpace;
  readonly allocator: PortAllocator;
  readonly contention: Contention | undefined;
}

export interface ExternalEndpoint {
  readonly external: AddressId;
  readonly externalPort: number;
}

export interface ExternalPortsParts {
  readonly behaviour: NatBehaviour;
  readonly external: readonly AddressId[];
  readonly pooling: Pooling;
  readonly random: Random;
  /** Do foreign hosts make mappings here? */
  readonly contended: boolean;
  /** How long the mapping of a foreign host lives. */
  readonly foreignLifetimeUs: number;
  readonly now: number;
}

/** Where new mappings get their external endpoints. */
export type EndpointSource = Pick<ExternalPorts, 'choose' | 'collided' | 'isFree' | 'take' | 'free' | 'release'>;

/** The external endpoints of one protocol: UDP, TCP and ICMP queries number theirs apart. */
export class ExternalPorts {
  readonly #pooling: Pooling;
  readonly #ports: PortAllocation;
  readonly #addresses: readonly ExternalAddress[];
  readonly #byAddress = new Map<AddressId, ExternalAddress>();

  constructor(parts: ExternalPortsParts) {
    const { external, pooling, random, contended, foreignLifetimeUs, now } = parts;
    const { ports, limits } = parts.behaviour;
    this.#pooling = pooling;
    this.#ports = ports;
    const holdUs = limits.reuseHoldMs * 1000;
    this.#addresses = external.map((address, index) => {
      const space = new PortSpace(holdUs);
      const allocator = createAllocator(ports, space, random.fork(`ports ${index}`));
      const meanGapUs = (1e6 * external.length) / ports.contention;
      const draws = random.fork(`contention ${index}`);
      const contention =
        contended && ports.contention > 0
          ? new Contention(space, allocator, draws, meanGapUs, foreignLifetimeUs + holdUs, now)
          : undefined;
      return { address, space, allocator, contention };
    });
    for (const entry of this.#addresses) this.#byAddress.set(entry.address, entry);
  }

  /**
   * An endpoint for a new mapping of the host; undefined if there is none. {@link take} it next.
   *
   * @param exceptions of the mapping, by external address @default none
   */
  choose(
    host: AddressId,
    internalPort: number,
    now: number,
    exceptions?: (external: AddressId) => PortExceptions,
  ): ExternalEndpoint | undefined {
    const first = this.#pooling.addressFor(host);
    // RFC 7857 section 4: a host that is paired with a full address gets none on another.
    const tries = this.#pooling.paired ? 1 : this.#addresses.length;
    for (let index = first; index < first + tries; index++) {
      const { address, space, allocator, contention } = this.#addresses[index % this.#addresses.length]!;
      space.settle(now);
      contention?.settle(now);
      const port = allocator.choose(host, internalPort, exceptions?.(address));
      if (port !== NONE) return { external: address, externalPort: port };
    }
    return undefined;
  }

  /** Is it not the internal port, which would have been preserved if it were available? */
  collided(internalPort: number, { externalPort }: ExternalEndpoint): boolean {
    return externalPort !== internalPort && preserves(this.#ports, internalPort);
  }

  /** May the host have this endpoint? */
  isFree({ external, externalPort }: ExternalEndpoint, host: AddressId, now: number): boolean {
    const entry = this.#byAddress.get(external);
    entry?.space.settle(now);
    entry?.contention?.settle(now);
    return entry?.space.isAvailable(externalPort, host) ?? false;
  }

  take(endpoint: ExternalEndpoint): void {
    this.#byAddress.get(endpoint.external)!.space.take(endpoint.externalPort);
  }

  /** Takes an endpoint back at once, and lets anybody have it. */
  free({ external, externalPort }: ExternalEndpoint): void {
    this.#byAddress.get(external)!.space.surrender(externalPort);
  }

  /** Takes an endpoint back that the host has had until `at`, in microseconds. */
  release(endpoint: ExternalEndpoint, host: AddressId, at: number): void {
    this.#byAddress.get(endpoint.external)!.space.release(endpoint.externalPort, host, at);
  }
}
