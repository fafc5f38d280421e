import type { Endpoint, Family } from '../../core/net/endpoint.ts';
import { NetError, type NetErrorCode } from '../../core/net/error.ts';
import { familyOf, isUnspecified, unspecifiedAddress } from '../../core/net/ip.ts';
import type { MulticastGroup, Udp, UdpBindOptions } from '../../core/ports/index.ts';
import { type AddressId, type IcmpKind, type Packet, type Quote, udpPacket } from '../packet.ts';
import type { IpLayer } from './ip-layer.ts';
import { SimUdpSocket, type UdpBinding, type UdpSocketOwner } from './udp-socket.ts';

/** The dynamic ports of RFC 6335. Drawn at random as Linux does (RFC 6056 algorithm 1), by the host's own stream. */
const EPHEMERAL_FIRST = 49_152;
const EPHEMERAL_COUNT = 16_384;
/** 65535 without the IPv4 and UDP headers. */
const LONGEST_DATAGRAM = 65_507;

const ALL_HOSTS: ReadonlySet<string> = new Set(['255.255.255.255', '224.0.0.1', 'ff02::1']);

/** The UDP half of a simulated host. */
export class UdpStack implements Udp, UdpSocketOwner {
  readonly #ip: IpLayer;
  /** By port. There is seldom more than one socket on a port. */
  readonly #sockets = new Map<number, SimUdpSocket[]>();
  #open = 0;

  constructor(ip: IpLayer) {
    this.#ip = ip;
  }

  get openCount(): number {
    return this.#open;
  }

  async bind(options: UdpBindOptions = {}): Promise<SimUdpSocket> {
    const family = options.family ?? familyOf(options.address ?? options.remote?.address ?? '0.0.0.0');
    const wanted = this.#localAddress(options.address ?? unspecifiedAddress(family), family);
    const port = options.port || this.#ephemeralPort(family, wanted);
    if (!this.#isFree(family, wanted, port)) throw new NetError('EADDRINUSE', `UDP port ${port} is in use`);
    const groups = this.#groups(options.groups ?? []);
    const binding = this.#connect({ family, address: wanted, port, remote: undefined, groups }, options.remote);
    const { address } = binding;
    const text = address === undefined ? unspecifiedAddress(family) : this.#ip.addresses.text(address);
    const socket = new SimUdpSocket(this, { address: text, port }, binding);
    const shared = this.#sockets.get(port);
    if (shared) shared.push(socket);
    else this.#sockets.set(port, [socket]);
    this.#open++;
    return socket;
  }

  send(binding: UdpBinding, data: Uint8Array, to: Endpoint, ttl: number): void {
    const { addresses } = this.#ip;
    if (data.length > LONGEST_DATAGRAM || familyOf(to.address) !== binding.family) return;
    const destination = addresses.id(to.address);
    const source =
      binding.address ?? this.#ip.sourceFor(destination) ?? addresses.id(unspecifiedAddress(binding.family));
    const payload = Buffer.allocUnsafe(data.length);
    payload.set(data);
    this.#ip.send(udpPacket(this.#ip.nextPacketId(), source, binding.port, destination, to.port, ttl, payload));
  }

  release(socket: SimUdpSocket): void {
    const { port } = socket.binding;
    const rest = this.#sockets.get(port)?.filter((other) => other !== socket) ?? [];
    if (rest.length > 0) this.#sockets.set(port, rest);
    else this.#sockets.delete(port);
    this.#open--;
  }

  /** @returns the handler's socket, or undefined if no socket takes the packet */
  find(packet: Packet): SimUdpSocket | undefined {
    const sharing = this.#sockets.get(packet.destinationPort);
    if (sharing === undefined) return undefined;
    const { addresses } = this.#ip;
    const family: Family = addresses.isIpv6(packet.destination) ? 6 : 4;
    const group = addresses.kind(packet.destination) === 'group';
    if (group && !this.#hears(packet.destination)) return undefined;
    let best: SimUdpSocket | undefined;
    let bestFit = -1;
    for (const socket of sharing) {
      const fit = socket.binding.family === family ? socket.fit(packet, group) : -1;
      if (fit > bestFit) {
        best = socket;
        bestFit = fit;
      }
    }
    return best;
  }

  receive(packet: Packet, socket: SimUdpSocket): void {
    socket.onMessage?.(packet.payload, {
      address: this.#ip.addresses.text(packet.source),
      port: packet.sourcePort,
    });
  }

  /** An ICMP error about a datagram of ours. Only a connected socket hears of it (RFC 1122 section 4.1.3.3, as Linux). */
  receiveError(kind: IcmpKind, quote: Quote): void {
    const socket = this.#sockets.get(quote.sourcePort)?.find(({ binding: { address, remote } }) => {
      const peer = remote?.address === quote.destination && remote.endpoint.port === quote.destinationPort;
      return peer && address === quote.source;
    });
    const code = socket && errorCode(kind, socket.binding.family);
    if (code) socket.onError?.(new NetError(code, `ICMP ${kind}`));
  }

  /** Forgets every socket. */
  shutdown(): void {
    for (const sockets of [...this.#sockets.values()]) for (const socket of sockets) socket.close();
  }

  /** A host hears the groups that one of its sockets has joined (RFC 1112), and those of all hosts. */
  #hears(group: AddressId): boolean {
    if (ALL_HOSTS.has(this.#ip.addresses.text(group))) return true;
    for (const sharing of this.#sockets.values()) {
      for (const { binding } of sharing) if (binding.groups.includes(group)) return true;
    }
    return false;
  }

  #groups(groups: readonly MulticastGroup[]): AddressId[] {
    return groups.map(({ group, on }) => {
      if (!this.#ip.isLocal(this.#ip.addresses.id(on)))
        throw new NetError('EADDRNOTAVAIL', `${on} is not of this host`);
      return this.#ip.addresses.id(group);
    });
  }

  #localAddress(address: string, family: Family): AddressId | undefined {
    if (familyOf(address) !== family) throw new NetError('EINVAL', `${address} is not of IPv${family}`);
    if (isUnspecified(address)) return undefined;
    const id = this.#ip.addresses.id(address);
    if (this.#ip.isLocal(id) || this.#ip.addresses.kind(id) === 'group') return id;
    throw new NetError('EADDRNOTAVAIL', `${address} is not an address of this host`);
  }

  #connect(binding: UdpBinding, endpoint: Endpoint | undefined): UdpBinding {
    if (endpoint === undefined) return binding;
    if (familyOf(endpoint.address) !== binding.family) throw new NetError('EINVAL', 'the peer is of the other family');
    const address = this.#ip.addresses.id(endpoint.address);
    const source = binding.address ?? this.#ip.sourceFor(address);
    if (source === undefined) throw new NetError('ENETUNREACH', `no route to ${endpoint.address}`);
    return { ...binding, address: source, remote: { endpoint, address } };
  }

  #isFree(family: Family, address: AddressId | undefined, port: number): boolean {
    const sharing = this.#sockets.get(port) ?? [];
    return sharing.every(({ binding }) => {
      const apart = binding.address !== undefined && address !== undefined && binding.address !== address;
      return binding.family !== family || apart;
    });
  }

  #ephemeralPort(family: Family, address: AddressId | undefined): number {
    const start = this.#ip.random.below(EPHEMERAL_COUNT);
    for (let step = 0; step < EPHEMERAL_COUNT; step++) {
      const port = EPHEMERAL_FIRST + ((start + step) % EPHEMERAL_COUNT);
      if (this.#isFree(family, address, port)) return port;
    }
    throw new NetError('EADDRINUSE', 'all ephemeral ports are in use');
  }
}

/**
 * What Linux tells a connected socket (`icmp_err_convert`, `icmpv6_err_convert`). Unreachable networks and hosts and
 * expired hop limits are soft there: nobody hears of them without IP_RECVERR, which Node does not set.
 */
function errorCode(kind: IcmpKind, family: Family): NetErrorCode | undefined {
  switch (kind) {
    case 'port-unreachable':
      return 'ECONNREFUSED';
    case 'fragmentation-needed':
      return 'EMSGSIZE';
    case 'parameter-problem':
      return 'EINVAL'; // EPROTO, see TCP
    case 'administratively-prohibited':
      return family === 4 ? 'EHOSTUNREACH' : 'EACCES';
    default:
      return undefined;
  }
}
