import type { AddressId } from '../packet.ts';
import type { ExpiryColumns } from './expiry-index.ts';
import { endpointKey } from './keys.ts';
import type { MappingId, MappingRows } from './mapping-rows.ts';
import { NONE } from './pair-index.ts';
import { column, Rows, resized } from './rows.ts';

/** A session by its row. */
export type SessionId = number;

/** The sessions of one protocol: each is the traffic between one mapping and one remote endpoint. */
export class SessionRows extends Rows implements ExpiryColumns<SessionId> {
  mapping = column(Int32Array);
  remote = column(Int32Array);
  remotePort = column(Uint16Array);
  /** Microseconds. */
  deadline = column(Float64Array);
  /** 1 once the inside has sent on it: only then does the filter admit this remote because of it. */
  opened = column(Uint8Array);
  /** TCP: what was seen of the connection, in the bits of `tcp-state.ts`. */
  state = column(Uint8Array);
  /** TCP: sequence numbers of the SYNs. */
  outboundSyn = column(Uint32Array);
  inboundSyn = column(Uint32Array);
  #previous = column(Int32Array);
  #next = column(Int32Array);
  #expirySlot = column(Int32Array);
  readonly #mappings: MappingRows;

  constructor(mappings: MappingRows) {
    super();
    this.#mappings = mappings;
  }

  /** A new session, at the head of its mapping's list. */
  add(mapping: MappingId, remote: AddressId, remotePort: number, deadline: number): SessionId {
    const session = this.allocate();
    const next = this.#mappings.firstSession[mapping];
    this.mapping[session] = mapping;
    this.remote[session] = remote;
    this.remotePort[session] = remotePort;
    this.deadline[session] = deadline;
    this.opened[session] = 0;
    this.state[session] = 0;
    this.#previous[session] = NONE;
    this.#next[session] = next;
    if (next !== NONE) this.#previous[next] = session;
    this.#mappings.firstSession[mapping] = session;
    return session;
  }

  remove(session: SessionId): void {
    const previous = this.#previous[session];
    const next = this.#next[session];
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else this.#mappings.firstSession[this.mapping[session]] = next;
    this.release(session);
  }

  remoteKey(session: SessionId): number {
    return endpointKey(this.remote[session], this.remotePort[session]);
  }

  deadlineOf(session: SessionId): number {
    return this.deadline[session];
  }

  slotOf(session: SessionId): number {
    return this.#expirySlot[session];
  }

  setSlot(session: SessionId, slot: number): void {
    this.#expirySlot[session] = slot;
  }

  protected override resize(capacity: number): void {
    this.mapping = resized(this.mapping, capacity);
    this.remote = resized(this.remote, capacity);
    this.remotePort = resized(this.remotePort, capacity);
    this.deadline = resized(this.deadline, capacity);
    this.opened = resized(this.opened, capacity);
    this.state = resized(this.state, capacity);
    this.outboundSyn = resized(this.outboundSyn, capacity);
    this.inboundSyn = resized(this.inboundSyn, capacity);
    this.#previous = resized(this.#previous, capacity);
    this.#next = resized(this.#next, capacity);
    this.#expirySlot = resized(this.#expirySlot, capacity);
  }
}
