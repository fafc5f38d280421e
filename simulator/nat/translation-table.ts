import type { Dependence } from '../../core/nat/behaviour.ts';
import type { AddressId, Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { MappingInfo } from './environment.ts';
import { firstToExpire } from './eviction.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { ExternalClaims } from './external-claims.ts';
import type { ExternalIndex } from './external-index.ts';
import type { ExternalEndpoint } from './external-ports.ts';
import { FixedMappings } from './fixed-mappings.ts';
import { dependentKey, endpointKey } from './keys.ts';
import { type MappingId, MappingRows } from './mapping-rows.ts';
import { NONE, PairIndex } from './pair-index.ts';
import { type SessionId, SessionRows } from './session-rows.ts';
import type { RemovalReason, TableParts } from './table-parts.ts';

/** Sessions of one protocol: more than one trial can make, few enough to hold in memory. */
const SESSION_LIMIT = 1 << 20;

/** The mapping of a remote endpoint alone. */
const OWN: Dependence = 'address-and-port-dependent';

/**
 * The mappings and sessions of one protocol. A session is the traffic between an internal and a remote endpoint; it
 * belongs to one mapping, and while it lives all that the internal endpoint sends there leaves by that mapping.
 */
export class TranslationTable {
  readonly mappings = new MappingRows();
  readonly sessions = new SessionRows(this.mappings);
  readonly #parts: TableParts;
  // (internal endpoint, what the mapping sees of the remote)
  readonly #mappingIndex = new PairIndex();
  readonly #externalIndex: ExternalIndex;
  readonly #claims: ExternalClaims;
  readonly #fixed = new FixedMappings(this.mappings);
  // (internal endpoint, remote endpoint)
  readonly #sessionIndex = new PairIndex();
  readonly #mappingExpiry = new ExpiryIndex<MappingId>(this.mappings);
  readonly #sessionExpiry = new ExpiryIndex<SessionId>(this.sessions);

  constructor(parts: TableParts) {
    this.#parts = parts;
    const { overlapping, strangers } = parts;
    this.#claims = new ExternalClaims(this.mappings, overlapping, strangers, (...asked) => this.admits(...asked));
    this.#externalIndex = this.#claims.index;
  }

  /** The live mappings in order of creation. */
  list(): MappingInfo[] {
    const live = [...this.#mappingIndex.values(), ...this.#fixed.values()].sort((a, b) => this.mappings.byAge(a, b));
    return live.map((mapping) => this.#describe(mapping));
  }

  /** The live sessions in no particular, but reproducible, order: each as its mapping, with its own remote endpoint. */
  listSessions(): MappingInfo[] {
    const { mapping, remote, remotePort } = this.sessions;
    return [...this.#sessionIndex.values()].map((session) => ({
      ...this.#describe(mapping[session]),
      remote: remote[session] as AddressId,
      remotePort: remotePort[session],
    }));
  }

  /** Has every internal endpoint one mapping at all times, whatever the remote? */
  get isEndpointIndependent(): boolean {
    return this.#parts.rule.isEndpointIndependent && !this.#claims.canCollide;
  }

  /** The session between two endpoints, or {@link NONE}. */
  session(internal: AddressId, internalPort: number, remote: AddressId, remotePort: number): SessionId {
    return this.#sessionIndex.get(endpointKey(internal, internalPort), endpointKey(remote, remotePort));
  }

  /** The mapping that an internal endpoint's own traffic to the remote uses, or {@link NONE}. */
  mapping(internal: AddressId, internalPort: number, remote: AddressId, remotePort: number): MappingId {
    const endpoint = endpointKey(internal, internalPort);
    const fixed = this.#fixed.of(endpoint);
    if (fixed !== NONE) return fixed;
    if (this.#claims.canCollide) {
      const own = this.#mappingIndex.get(endpoint, dependentKey(OWN, remote, remotePort));
      if (own !== NONE) return own;
    }
    const { rule } = this.#parts;
    if (rule.changesOnCollision) {
      const changed = this.#mappingIndex.get(endpoint, dependentKey(rule.secondary, remote, remotePort));
      if (changed !== NONE) return changed;
    }
    return this.#mappingIndex.get(endpoint, dependentKey(rule.inForce, remote, remotePort));
  }

  /** Does what the mapping's internal endpoint sends to the remote leave by it? */
  serves(mapping: MappingId, remote: AddressId, remotePort: number): boolean {
    const { internal, internalPort } = this.mappings;
    return this.mapping(internal[mapping], internalPort[mapping], remote, remotePort) === mapping;
  }

  /** The mapping that a remote endpoint reaches at an external one, or {@link NONE}. */
  mappingAt(external: AddressId, externalPort: number, remote: AddressId, remotePort: number): MappingId {
    return this.#externalIndex.find(external, externalPort, remote, remotePort);
  }

  /** Does the filter let the remote send to the mapping? */
  admits(mapping: MappingId, remote: AddressId, remotePort: number): boolean {
    if (this.mappings.fixed[mapping]) return true;
    return this.#parts.permissions.admits(mapping, this.mappings.internal[mapping], remote, remotePort);
  }

  /** The rule by which {@link admits} says no. */
  get filterRule(): DropReason {
    return this.#parts.permissions.refusal;
  }

  /** Notes an inbound packet that was not admitted. */
  noteStranger(packet: Packet, now: number): void {
    this.#claims.noteStranger(packet, now);
  }

  /** A new session for an outbound packet, on the mapping there is or on a new one. */
  open(packet: Packet, deadline: number): SessionId | DropReason {
    if (this.#sessionIndex.size >= SESSION_LIMIT) return 'nat: session limit';
    const { source, sourcePort, destination, destinationPort } = packet;
    if (!this.#parts.rate.spend(source, this.#parts.environment.now())) return 'nat: session rate';
    const known = this.mapping(source, sourcePort, destination, destinationPort);
    const mapping =
      known === NONE
        ? this.#create(packet, this.#parts.rule.inForce, deadline)
        : this.#claims.mayServe(known, endpointKey(destination, destinationPort), this.#parts.environment.now())
          ? known
          : this.#create(packet, OWN, deadline);
    return typeof mapping === 'string' ? mapping : this.#join(mapping, destination, destinationPort, deadline);
  }

  /** A new session for an inbound packet that was admitted. */
  accept(mapping: MappingId, packet: Packet, deadline: number): SessionId | DropReason {
    if (this.#sessionIndex.size >= SESSION_LIMIT) return 'nat: session limit';
    return this.#join(mapping, packet.source, packet.sourcePort, deadline);
  }

  /** Notes that the inside has sent on the session, which opens the filter. */
  grant(session: SessionId): void {
    const { mapping, remote, remotePort, opened } = this.sessions;
    const internal = this.mappings.internal[mapping[session]];
    opened[session] = 1;
    this.#parts.permissions.grant(mapping[session], internal, remote[session], remotePort[session]);
  }

  /** Gives a session an earlier deadline; for a later one a plain write will do. */
  hasten(session: SessionId, deadline: number): void {
    this.sessions.deadline[session] = deadline;
    this.#sessionExpiry.hasten(session);
  }

  endSession(session: SessionId, reason: RemovalReason, at: number): void {
    this.#sessionExpiry.remove(session);
    this.#leave(session, reason, at);
  }

  endMapping(mapping: MappingId, reason: RemovalReason, at: number): void {
    if (this.mappings.fixed[mapping]) return;
    const { endsWithSessions } = this.#parts;
    if (!endsWithSessions) this.#mappingExpiry.remove(mapping);
    this.#endMapping(mapping, reason, at);
  }

  /** Leads an external endpoint to an internal one whoever sends. @returns false if one of them is in use */
  fix(internal: AddressId, internalPort: number, endpoint: ExternalEndpoint, now: number): boolean {
    const { ports, environment } = this.#parts;
    if (this.#fixed.of(endpointKey(internal, internalPort)) !== NONE) return false;
    if (!ports.isFree(endpoint, internal, now)) return false;
    const mapping = this.#fixed.add(internal, internalPort, endpoint);
    this.#externalIndex.add(mapping);
    ports.take(endpoint);
    environment.mappingCreated(this.#describe(mapping));
    return true;
  }

  /** Ends what {@link fix} has made. */
  unfix(endpoint: ExternalEndpoint, at: number): void {
    const mapping = this.#fixed.remove(endpoint);
    if (mapping !== NONE) this.#endMapping(mapping, 'withdrawn', at);
  }

  /** Ends what is over at `now`. */
  expire(now: number): void {
    for (let due = this.#sessionExpiry.takeDue(now); due !== undefined; due = this.#sessionExpiry.takeDue(now)) {
      this.#leave(due, 'expired', this.sessions.deadline[due]);
    }
    for (let due = this.#mappingExpiry.takeDue(now); due !== undefined; due = this.#mappingExpiry.takeDue(now)) {
      this.#endMapping(due, 'expired', this.mappings.deadline[due]);
    }
  }

  #create(packet: Packet, wanted: Dependence, deadline: number): MappingId | DropReason {
    const { ports, quota, environment } = this.#parts;
    const endpoint = this.#endpointFor(packet);
    if (typeof endpoint === 'string') return endpoint;
    const key = dependentKey(this.#ruleFor(packet, endpoint, wanted), packet.destination, packet.destinationPort);
    const mapping = this.mappings.add(packet, endpoint, key, deadline);
    this.#mappingIndex.set(this.mappings.internalKey(mapping), key, mapping);
    this.#externalIndex.add(mapping);
    if (!this.#parts.endsWithSessions) this.#mappingExpiry.add(mapping);
    ports.take(endpoint);
    quota.add(packet.source);
    environment.mappingCreated(this.#describe(mapping));
    return mapping;
  }

  /** An external endpoint that nothing forbids, if need be that of a mapping that makes way for it. */
  #endpointFor({ source, sourcePort, destination, destinationPort }: Packet): ExternalEndpoint | DropReason {
    const { ports, quota, environment, evicts } = this.#parts;
    const refusal = quota.refusal(source);
    if (refusal) {
      const ofSource = refusal === 'nat: per-host limit';
      if (!evicts || !this.#evict(ofSource ? source : undefined) || quota.refusal(source)) return refusal;
    }
    const now = environment.now();
    const exceptions = this.#claims.exceptions(endpointKey(destination, destinationPort), now);
    const choose = () => ports.choose(source, sourcePort, now, exceptions);
    const evictAndChoose = (host?: AddressId) => (evicts && this.#evict(host) ? choose() : undefined);
    return choose() ?? evictAndChoose(source) ?? evictAndChoose() ?? 'nat: no free port';
  }

  /** Makes room. @returns whether there was a mapping to end */
  #evict(host?: AddressId): boolean {
    const liveMappings = this.#mappingIndex.values();
    const liveSessions = this.#sessionIndex.values();
    const { mappings, sessions } = this;
    const { endsWithSessions } = this.#parts;
    const mapping = firstToExpire({ mappings, sessions, liveMappings, liveSessions, endsWithSessions }, host);
    if (mapping !== NONE) this.endMapping(mapping, 'evicted', this.#parts.environment.now());
    return mapping !== NONE;
  }

  /** What a new mapping depends on, now that its endpoint is known. */
  #ruleFor({ sourcePort, destination, destinationPort }: Packet, endpoint: ExternalEndpoint, wanted: Dependence) {
    const { ports, rule } = this.#parts;
    if (wanted === OWN || !ports.collided(sourcePort, endpoint)) return wanted;
    const remoteKey = endpointKey(destination, destinationPort);
    if (this.#claims.isOccupied(endpoint.external, sourcePort, remoteKey, this.#parts.environment.now())) return OWN;
    return rule.changesOnCollision ? rule.secondary : wanted;
  }

  #join(mapping: MappingId, remote: AddressId, remotePort: number, deadline: number): SessionId {
    const session = this.sessions.add(mapping, remote, remotePort, deadline);
    this.#sessionIndex.set(this.mappings.internalKey(mapping), endpointKey(remote, remotePort), session);
    this.#sessionExpiry.add(session);
    this.#externalIndex.claim(mapping, endpointKey(remote, remotePort));
    return session;
  }

  /** Ends a session that is out of the expiry index. */
  #leave(session: SessionId, reason: RemovalReason, at: number): void {
    const mapping = this.#forget(session);
    if (this.mappings.fixed[mapping]) return;
    if (this.#parts.endsWithSessions && this.mappings.firstSession[mapping] === NONE) {
      this.#discard(mapping, reason, at);
    }
  }

  /** Ends a mapping that is out of the expiry index, and its sessions. */
  #endMapping(mapping: MappingId, reason: RemovalReason, at: number): void {
    const { firstSession } = this.mappings;
    while (firstSession[mapping] !== NONE) {
      this.#sessionExpiry.remove(firstSession[mapping]);
      this.#forget(firstSession[mapping]);
    }
    this.#discard(mapping, reason, at);
  }

  #forget(session: SessionId): MappingId {
    const { mapping, remote, remotePort, opened } = this.sessions;
    const owner = mapping[session];
    if (opened[session]) {
      const internal = this.mappings.internal[owner];
      this.#parts.permissions.revoke(owner, internal, remote[session], remotePort[session]);
    }
    this.#sessionIndex.delete(this.mappings.internalKey(owner), this.sessions.remoteKey(session));
    this.#externalIndex.disclaim(owner, this.sessions.remoteKey(session));
    this.sessions.remove(session);
    return owner;
  }

  #discard(mapping: MappingId, reason: RemovalReason, at: number): void {
    const { ports, quota, environment } = this.#parts;
    const info = this.#describe(mapping);
    this.#mappingIndex.delete(this.mappings.internalKey(mapping), this.mappings.key[mapping]);
    this.#externalIndex.remove(mapping);
    if (!this.mappings.fixed[mapping]) quota.remove(info.internal);
    this.mappings.remove(mapping);
    if (reason === 'evicted') ports.free(info);
    else ports.release(info, info.internal, at);
    environment.mappingRemoved(info, reason);
  }

  #describe(mapping: MappingId): MappingInfo {
    return this.mappings.describe(mapping, this.#parts.protocol);
  }
}
