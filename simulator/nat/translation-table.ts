import type { Dependence } from '../../core/nat/behaviour.ts';
import type { AddressId, Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { NatEnvironment } from './environment.ts';
import { ExpiryIndex } from './expiry-index.ts';
import type { ExternalPorts } from './external-ports.ts';
import { dependentKey, endpointKey } from './keys.ts';
import { PairTable } from './pair-table.ts';
import type { Permissions } from './permissions.ts';
import type { Quota } from './quota.ts';
import { describe, Mapping, Session } from './records.ts';

/** Sessions of one protocol: more than one trial can make, few enough to hold in memory. */
const SESSION_LIMIT = 1 << 20;

type RemovalReason = Parameters<NatEnvironment['mappingRemoved']>[1];

export interface TableParts {
  readonly mapping: Dependence;
  /** Does a mapping end with its last session (TCP), or by a timer of its own (UDP)? */
  readonly endsWithSessions: boolean;
  readonly permissions: Permissions;
  readonly ports: ExternalPorts;
  readonly quota: Quota;
  readonly environment: NatEnvironment;
}

/**
 * The mappings and sessions of one protocol. A session is the traffic between an internal and a remote endpoint; it
 * belongs to one mapping, and while it lives all that the internal endpoint sends there leaves by that mapping.
 */
export class TranslationTable {
  readonly permissions: Permissions;
  readonly #parts: TableParts;
  // (internal endpoint, what the mapping sees of the remote)
  readonly #mappings = new PairTable<Mapping>();
  // (internal endpoint, remote endpoint)
  readonly #sessions = new PairTable<Session>();
  readonly #mappingExpiry = new ExpiryIndex<Mapping>();
  readonly #sessionExpiry = new ExpiryIndex<Session>();
  #nextId = 0;

  constructor(parts: TableParts) {
    this.#parts = parts;
    this.permissions = parts.permissions;
  }

  /** Live mappings in order of creation. */
  mappings(): Mapping[] {
    return [...this.#mappings.values()].sort((a, b) => a.id - b.id);
  }

  session(internal: AddressId, internalPort: number, remote: AddressId, remotePort: number): Session | undefined {
    return this.#sessions.get(endpointKey(internal, internalPort), endpointKey(remote, remotePort));
  }

  /** The mapping that an internal endpoint's own traffic to the remote uses. */
  mapping(internal: AddressId, internalPort: number, remote: AddressId, remotePort: number): Mapping | undefined {
    return this.#mappings.get(endpointKey(internal, internalPort), this.keyFor(remote, remotePort));
  }

  mappingAt(external: AddressId, externalPort: number): Mapping | undefined {
    return this.#parts.ports.owner(external, externalPort);
  }

  keyFor(remote: AddressId, remotePort: number): number {
    return dependentKey(this.#parts.mapping, remote, remotePort);
  }

  /** A new session for an outbound packet, on the mapping there is or on a new one. */
  open(packet: Packet, deadline: number): Session | DropReason {
    if (this.#sessions.size >= SESSION_LIMIT) return 'nat: session limit';
    const { source, sourcePort, destination, destinationPort } = packet;
    const mapping = this.mapping(source, sourcePort, destination, destinationPort) ?? this.#create(packet, deadline);
    return typeof mapping === 'string' ? mapping : this.#join(mapping, destination, destinationPort, deadline);
  }

  /** A new session for an inbound packet that was admitted. */
  accept(mapping: Mapping, packet: Packet, deadline: number): Session | DropReason {
    if (this.#sessions.size >= SESSION_LIMIT) return 'nat: session limit';
    return this.#join(mapping, packet.source, packet.sourcePort, deadline);
  }

  /** Notes that the inside has sent on the session. */
  grant(session: Session): void {
    session.opened = true;
    this.permissions.grant(session);
  }

  /** Gives a session an earlier deadline; for a later one a plain write will do. */
  hasten(session: Session, deadline: number): void {
    session.deadline = deadline;
    this.#sessionExpiry.hasten(session);
  }

  endSession(session: Session, reason: RemovalReason, at: number): void {
    this.#sessionExpiry.remove(session);
    this.#leave(session);
    const { mapping } = session;
    if (this.#parts.endsWithSessions && mapping.sessions === undefined) this.#discard(mapping, reason, at);
  }

  endMapping(mapping: Mapping, reason: RemovalReason, at: number): void {
    for (let session = mapping.sessions; session; session = mapping.sessions) {
      this.#sessionExpiry.remove(session);
      this.#leave(session);
    }
    if (mapping.expirySlot >= 0) this.#mappingExpiry.remove(mapping);
    this.#discard(mapping, reason, at);
  }

  /** Ends what is over at `now`. */
  expire(now: number): void {
    for (let session = this.#sessionExpiry.takeDue(now); session; session = this.#sessionExpiry.takeDue(now)) {
      this.#leave(session);
      const { mapping, deadline } = session;
      if (this.#parts.endsWithSessions && mapping.sessions === undefined) this.#discard(mapping, 'expired', deadline);
    }
    for (let mapping = this.#mappingExpiry.takeDue(now); mapping; mapping = this.#mappingExpiry.takeDue(now)) {
      this.endMapping(mapping, 'expired', mapping.deadline);
    }
  }

  #create(packet: Packet, deadline: number): Mapping | DropReason {
    const { ports, quota, environment } = this.#parts;
    const refusal = quota.refusal(packet.source);
    if (refusal) return refusal;
    const endpoint = ports.choose(packet.source, packet.sourcePort, environment.now());
    if (!endpoint) return 'nat: no free port';
    const key = this.keyFor(packet.destination, packet.destinationPort);
    const mapping = new Mapping(this.#nextId++, key, packet, endpoint.external, endpoint.externalPort);
    this.#mappings.set(endpointKey(mapping.internal, mapping.internalPort), key, mapping);
    ports.take(mapping);
    quota.add(mapping.internal);
    if (!this.#parts.endsWithSessions) {
      mapping.deadline = deadline;
      this.#mappingExpiry.add(mapping);
    }
    environment.mappingCreated(describe(mapping));
    return mapping;
  }

  #discard(mapping: Mapping, reason: RemovalReason, at: number): void {
    const { ports, quota, environment } = this.#parts;
    this.#mappings.delete(endpointKey(mapping.internal, mapping.internalPort), mapping.key);
    ports.release(mapping, at);
    quota.remove(mapping.internal);
    environment.mappingRemoved(describe(mapping), reason);
  }

  #join(mapping: Mapping, remote: AddressId, remotePort: number, deadline: number): Session {
    const session = new Session(mapping, remote, remotePort);
    session.deadline = deadline;
    session.next = mapping.sessions;
    if (session.next) session.next.previous = session;
    mapping.sessions = session;
    this.#sessions.set(endpointKey(mapping.internal, mapping.internalPort), endpointKey(remote, remotePort), session);
    this.#sessionExpiry.add(session);
    return session;
  }

  #leave(session: Session): void {
    const { mapping, previous, next } = session;
    if (next) next.previous = previous;
    if (previous) previous.next = next;
    else mapping.sessions = next;
    this.#sessions.delete(
      endpointKey(mapping.internal, mapping.internalPort),
      endpointKey(session.remote, session.remotePort),
    );
    if (session.opened) this.permissions.revoke(session);
  }
}
