import type { PortMappingFault, PortMappingProtocol } from '../../nat/behaviour.ts';
import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import type { Host, Timer } from '../../ports/index.ts';
import { WRONG_ADDRESS } from './fault.ts';
import type { GatewayTable } from './gateway-table.ts';
import { type Lease, type LeaseRefusal, type LeaseRequest, LeaseTable } from './lease-table.ts';

/** The neighbour that has the port already where a gateway has the fault `conflict` or `usurped`. */
const NEIGHBOUR = '192.0.2.254';
const MAX_PINHOLES = 1024;

interface Pinhole {
  readonly id: number;
  readonly protocol: 'udp' | 'tcp';
  readonly internal: Endpoint;
  readonly nonce: Uint8Array | undefined;
  timer: Timer | undefined;
}

/** All that the protocols of a gateway share. */
export class GatewayState {
  readonly host: Host;
  readonly leases: LeaseTable;
  readonly #table: GatewayTable;
  readonly #protocols: ReadonlySet<PortMappingProtocol>;
  readonly #faults: ReadonlySet<PortMappingFault>;
  readonly #pinholes = new Map<string, Pinhole>();
  #nextPinhole = 1;
  #startedUs: number;
  /** The ports that the neighbour has: by protocol, those that were asked for first. */
  readonly #taken = new Set<string>();

  constructor(
    host: Host,
    table: GatewayTable,
    protocols: ReadonlySet<PortMappingProtocol>,
    faults: ReadonlySet<PortMappingFault>,
  ) {
    this.host = host;
    this.#table = table;
    this.#protocols = protocols;
    this.#faults = faults;
    this.leases = new LeaseTable(host, faults.has('claims') ? IDLE_TABLE : table);
    this.#startedUs = host.clock.now();
  }

  get faults(): ReadonlySet<PortMappingFault> {
    return this.#faults;
  }

  /** Seconds since the mappings were last lost. */
  get epochS(): number {
    return Math.floor((this.host.clock.now() - this.#startedUs) / 1e6);
  }

  get externalAddress(): string | undefined {
    return this.has('wrong-address') ? WRONG_ADDRESS : this.#table.externalAddress();
  }

  has(fault: PortMappingFault): boolean {
    return this.#faults.has(fault);
  }

  offers(protocol: PortMappingProtocol): boolean {
    return this.#protocols.has(protocol);
  }

  lease(request: LeaseRequest): Lease | LeaseRefusal {
    const { protocol, internal, wantedPort, exact } = request;
    const contested = this.has('conflict') || this.has('usurped');
    if (contested && wantedPort > 0 && !this.leases.of(protocol, internal)) {
      if (![...this.#taken].some((each) => each.startsWith(protocol))) this.#taken.add(`${protocol} ${wantedPort}`);
      if (this.#taken.has(`${protocol} ${wantedPort}`)) {
        return exact ? 'conflict' : this.leases.request({ ...request, wantedPort: 0 });
      }
    }
    return this.leases.request(request);
  }

  /** Who has the port that an exact request did not get. */
  ownerOf(protocol: 'udp' | 'tcp', port: number): Endpoint | undefined {
    const lease = this.leases.at(protocol, port);
    if (lease) return lease.internal;
    return this.#taken.has(`${protocol} ${port}`) ? { address: NEIGHBOUR, port } : undefined;
  }

  /** Opens, prolongs or, with a lifetime of 0, closes a pinhole for everybody. */
  pinhole(
    protocol: 'udp' | 'tcp',
    internal: Endpoint,
    lifetimeS: number,
    nonce?: Uint8Array,
  ): Endpoint | 'not-owner' | 'full' {
    const key = `${protocol} ${formatEndpoint(internal)}`;
    const known = this.#pinholes.get(key);
    if (known?.nonce && !(nonce && Buffer.from(known.nonce).equals(nonce))) return 'not-owner';
    if (lifetimeS === 0) {
      if (known) this.closePinhole(known.id);
      return internal;
    }
    if (!known) {
      if (this.#pinholes.size >= MAX_PINHOLES) return 'full';
      if (!this.has('claims') && !this.#table.openPinhole(protocol, internal)) return 'full';
      const id = this.#nextPinhole++ & 0xffff;
      this.#pinholes.set(key, { id, protocol, internal, nonce: nonce && Buffer.from(nonce), timer: undefined });
    }
    const pinhole = this.#pinholes.get(key)!;
    pinhole.timer?.cancel();
    pinhole.timer = this.host.clock.after(lifetimeS * 1000, () => this.closePinhole(pinhole.id));
    return internal;
  }

  /** The number by which IGD names a pinhole. */
  pinholeAt(protocol: 'udp' | 'tcp', internal: Endpoint): number | undefined {
    return this.#pinholes.get(`${protocol} ${formatEndpoint(internal)}`)?.id;
  }

  pinholeById(id: number): Pick<Pinhole, 'protocol' | 'internal'> | undefined {
    return [...this.#pinholes.values()].find((pinhole) => pinhole.id === id);
  }

  closePinhole(id: number): void {
    for (const [key, pinhole] of this.#pinholes) {
      if (pinhole.id !== id) continue;
      pinhole.timer?.cancel();
      this.#pinholes.delete(key);
      this.#table.closePinhole(pinhole.protocol, pinhole.internal);
    }
  }

  /** The router has rebooted: it has lost all that it gave away, and counts from 0. */
  restart(): void {
    this.leases.forget();
    for (const { timer } of this.#pinholes.values()) timer?.cancel();
    this.#pinholes.clear();
    this.#taken.clear();
    this.#startedUs = this.host.clock.now();
  }
}

/** What a gateway tells that claims to have mapped. */
const IDLE_TABLE: GatewayTable = {
  externalAddress: () => undefined,
  map: () => true,
  unmap: () => {},
  openPinhole: () => true,
  closePinhole: () => {},
};
