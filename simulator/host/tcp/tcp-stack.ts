import { type Endpoint, formatEndpoint } from '../../../core/net/endpoint.ts';
import { NetError, type NetErrorCode } from '../../../core/net/error.ts';
import { familyOf, unspecifiedAddress } from '../../../core/net/ip.ts';
import type { Tcp, TcpConnection, TcpDialOptions, TcpListener, TcpListenOptions } from '../../../core/ports/index.ts';
import { ACK, type AddressId, FIN, type IcmpKind, type Packet, type Quote, RST, SYN } from '../../packet.ts';
import type { IpLayer } from '../ip-layer.ts';
import { Connections, type Flows } from './connections.ts';
import { watchDial } from './dial-limits.ts';
import { FlowTable } from './flow-table.ts';
import { InitialSequences } from './initial-sequence.ts';
import { type Binding, Listener } from './listener.ts';
import { ListenerTable } from './listener-table.ts';
import { addressId, checkPort, ephemeralPort, resolveBinding } from './local-ports.ts';
import { Opening } from './opening.ts';
import { MAX_FLOWS } from './parameters.ts';
import { type Flow, flowOf, resetFor } from './segment.ts';
import type { Sequence } from './sequence.ts';
import { reopens, TimeWait } from './time-wait.ts';

/**
 * The TCP of a simulated host: RFC 9293 segment by segment, with the port rules of Linux as Node meets them. A dial
 * and a listen take their port before they return, so the order of calls within one tick counts.
 */
export class TcpStack implements Tcp {
  readonly #ip: IpLayer;
  readonly #flows: Flows = new FlowTable();
  readonly #listeners = new ListenerTable();
  readonly #initials: InitialSequences;
  /** Dials under way, each with what ends the watch over it. */
  readonly #dials = new Map<Opening, () => void>();
  readonly #connections: Connections;

  constructor(ip: IpLayer) {
    this.#ip = ip;
    this.#initials = new InitialSequences(ip.random);
    this.#connections = new Connections(ip, this.#flows);
  }

  /** Dials, connections and listeners alive. What no user holds does not count: TIME-WAIT, handshakes not yet accepted. */
  get openCount(): number {
    return this.#dials.size + this.#connections.size + this.#listeners.size;
  }

  dial(remote: Endpoint, options: TcpDialOptions = {}): Promise<TcpConnection> {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) throw dialError('ECANCELED', remote);
      const flow = this.#flowTo(remote, options);
      const previous = this.#flows.get(flow.local, flow.localPort, flow.remote, flow.remotePort);
      // Linux lets a dial from a named port take over its flow from TIME-WAIT at once, since timestamps tell the old
      // segments from the new (tcp_twsk_unique; measured). Ephemeral ports keep clear of it.
      if (previous && !(previous instanceof TimeWait)) throw dialError('EADDRNOTAVAIL', remote);
      if (this.#flows.size >= MAX_FLOWS) throw dialError('ENOBUFS', remote);
      if (previous) this.#connections.endWait(previous);
      const initial = previous?.successorInitial ?? this.#initials.next(flow, this.#ip.scheduler.now);
      const opening = new Opening(this.#ip, flow, initial, {
        opened: (segment) => {
          this.#endDial(opening);
          const connection = this.#connections.establish(opening, segment);
          resolve(connection);
          connection.begin(segment);
        },
        failed: (code) => {
          this.#endDial(opening);
          this.#flows.delete(opening);
          reject(dialError(code, remote));
        },
      });
      this.#flows.set(opening);
      this.#dials.set(
        opening,
        watchDial(this.#ip.scheduler, options, (code) => opening.abandon(code)),
      );
      opening.connect();
    });
  }

  listen(options: TcpListenOptions, accept: (connection: TcpConnection) => void): Promise<TcpListener> {
    return new Promise((resolve) => {
      const wanted = resolveBinding(this.#ip, options.address, options.family, options.port ?? 0);
      const binding = wanted.port === 0 ? { ...wanted, port: this.#freeListenPort(wanted) } : wanted;
      const local = { address: this.#ip.addresses.text(binding.address), port: binding.port };
      if (this.#listeners.conflicts(binding)) {
        throw new NetError('EADDRINUSE', `listen EADDRINUSE ${local.address}:${local.port}`);
      }
      const listener = new Listener(local, binding, accept, (closing) => this.#closeListener(closing));
      this.#listeners.add(listener);
      resolve(listener);
    });
  }

  /** A segment for one of the host's addresses. */
  receive(packet: Packet): void {
    const entry = this.#flows.get(packet.destination, packet.destinationPort, packet.source, packet.sourcePort);
    if (entry === undefined) this.#receiveUnmatched(packet);
    else if (entry instanceof TimeWait) this.#receiveInTimeWait(entry, packet);
    else entry.receive(packet);
  }

  /** An ICMP error that quotes a segment of ours; one that quotes another's is ignored. */
  receiveError(kind: IcmpKind, quote: Quote): void {
    const entry = this.#flows.get(quote.source, quote.sourcePort, quote.destination, quote.destinationPort);
    if (entry && !(entry instanceof TimeWait)) entry.receiveError(kind, quote.sequence);
  }

  /** Forgets everything: nothing is sent, no sink is told, no dial ends. For the end of a world. */
  shutdown(): void {
    for (const [opening, endWatch] of this.#dials) {
      endWatch();
      opening.forget();
    }
    for (const listener of this.#listeners.values()) for (const opening of listener.openings) opening.forget();
    this.#dials.clear();
    this.#connections.forgetAll();
    this.#listeners.clear();
    this.#flows.clear();
  }

  #flowTo(remote: Endpoint, options: TcpDialOptions): Flow {
    const destination = addressId(this.#ip, remote.address);
    checkPort(remote.port);
    const family = familyOf(this.#ip.addresses.text(destination));
    const source = this.#ip.sourceFor(destination);
    // Unless told otherwise a dial binds the address that the route sends from, and no other one's listener is in its way.
    const wanted = options.localAddress ?? (source === undefined ? undefined : this.#ip.addresses.text(source));
    const binding = resolveBinding(this.#ip, wanted, family, options.localPort ?? 0);
    if (binding.port !== 0 && this.#listeners.conflicts(binding)) {
      throw new NetError('EADDRINUSE', `bind EADDRINUSE ${binding.port}`);
    }
    if (source === undefined) throw dialError('ENETUNREACH', remote);
    const local = binding.unspecified ? source : binding.address;
    const localPort = binding.port || this.#freeDialPort(local, binding);
    return { local, localPort, remote: destination, remotePort: remote.port };
  }

  #freeDialPort(local: AddressId, { family }: Binding): number {
    const port = ephemeralPort(this.#ip, (candidate) => {
      return !this.#flows.hasLocal(local, candidate) && !this.#listeners.hasPort(family, candidate);
    });
    if (port === undefined) throw new NetError('EADDRNOTAVAIL', 'connect EADDRNOTAVAIL: no ephemeral port is free');
    return port;
  }

  #freeListenPort({ family }: Binding): number {
    const port = ephemeralPort(this.#ip, (candidate) => {
      return !this.#flows.hasLocalPort(candidate) && !this.#listeners.hasPort(family, candidate);
    });
    if (port === undefined) throw new NetError('EADDRINUSE', 'listen EADDRINUSE: no ephemeral port is free');
    return port;
  }

  #receiveInTimeWait(wait: TimeWait, segment: Packet): void {
    const listener = reopens(wait, segment) ? this.#listenerFor(segment) : undefined;
    if (!listener) {
      this.#connections.receiveInTimeWait(wait, segment);
      return;
    }
    this.#connections.endWait(wait);
    this.#openPassively(listener, segment, wait.successorInitial);
  }

  /** RFC 9293 sections 3.10.7.1 and 3.10.7.2: no connection, perhaps a listener. */
  #receiveUnmatched(segment: Packet): void {
    const { flags } = segment;
    if (flags & RST) return;
    const listener = this.#listenerFor(segment);
    if (!listener || flags & ACK) {
      const reset = resetFor(segment, this.#ip.nextPacketId());
      if (reset) this.#ip.send(reset);
    } else if ((flags & (SYN | FIN)) === SYN) {
      this.#openPassively(listener, segment, this.#initials.next(flowOf(segment), this.#ip.scheduler.now));
    }
  }

  #listenerFor(segment: Packet): Listener | undefined {
    const { addresses } = this.#ip;
    const unspecified = addresses.id(unspecifiedAddress(familyOf(addresses.text(segment.destination))));
    return this.#listeners.find(segment.destination, unspecified, segment.destinationPort);
  }

  #openPassively(listener: Listener, syn: Packet, initial: Sequence): void {
    // Linux drops the SYN of one too many: it will come again.
    if (listener.backlogFull || this.#flows.size >= MAX_FLOWS) return;
    const opening = new Opening(this.#ip, flowOf(syn), initial, {
      opened: (segment) => {
        listener.openings.delete(opening);
        const connection = this.#connections.establish(opening, segment);
        listener.accept(connection);
        connection.begin(segment);
      },
      failed: () => {
        listener.openings.delete(opening);
        this.#flows.delete(opening);
      },
    });
    listener.openings.add(opening);
    this.#flows.set(opening);
    opening.answer(syn);
  }

  #endDial(opening: Opening): void {
    this.#dials.get(opening)?.();
    this.#dials.delete(opening);
  }

  /** Handshakes that are half done are forgotten; the peer's next segment gets a reset, as on Linux. */
  #closeListener(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return;
    for (const opening of listener.openings) {
      opening.forget();
      this.#flows.delete(opening);
    }
    listener.openings.clear();
  }
}

function dialError(code: NetErrorCode, remote: Endpoint): NetError {
  return new NetError(code, `connect ${code} ${formatEndpoint(remote)}`);
}
