import type { NatBehaviour, TcpBehaviour } from '../../core/nat/behaviour.ts';
import { type Packet, RST } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { MappingId } from './mapping-rows.ts';
import { NONE } from './pair-index.ts';
import type { SessionId } from './session-rows.ts';
import { awaitsAnswer, isBareSyn, isClosing, isEstablished, observeInbound, observeOutbound } from './tcp-state.ts';
import type { TranslationTable } from './translation-table.ts';
import type { Translator } from './translator.ts';
import type { UnsolicitedSyns } from './unsolicited-syns.ts';

/** RFC 5382 and 7857: TCP, session by session. A mapping lives as long as one of its sessions does. */
export class TcpTranslator implements Translator {
  readonly table: TranslationTable;
  readonly #unsolicited: UnsolicitedSyns;
  readonly #establishedUs: number;
  readonly #transitoryUs: number;
  readonly #simultaneousOpen: boolean;
  readonly #closingUs: number;
  readonly #afterReset: TcpBehaviour['afterReset'];
  readonly #binds: boolean;
  readonly #refusesInbound: boolean;

  constructor(behaviour: NatBehaviour, table: TranslationTable, unsolicited: UnsolicitedSyns) {
    const { tcp, inboundSession, blocks } = behaviour;
    this.table = table;
    this.#unsolicited = unsolicited;
    this.#establishedUs = tcp.establishedMs * 1000;
    this.#transitoryUs = tcp.transitoryMs * 1000;
    this.#simultaneousOpen = tcp.simultaneousOpen;
    this.#closingUs = tcp.closingMs * 1000;
    this.#afterReset = tcp.afterReset;
    this.#binds = inboundSession === 'bind';
    this.#refusesInbound = blocks.includes('tcp-in');
  }

  /** Only a SYN opens a session; any other segment without one is astray and dropped. */
  outbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const { mappings, sessions } = table;
    const syn = isBareSyn(packet);
    let session = table.session(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    if (session === NONE) {
      if (!syn) return 'tcp: no session';
      const opened = table.open(packet, now + this.#transitoryUs);
      if (typeof opened === 'string') return opened;
      session = opened;
    }
    const mapping = sessions.mapping[session];
    const external = mappings.external[mapping];
    const externalPort = mappings.externalPort[mapping];
    if (!sessions.opened[session] && !(packet.flags & RST)) table.grant(session);
    if (syn) this.#unsolicited.forget(external, externalPort, packet.destination, packet.destinationPort);
    if (!this.#ignores(packet)) observeOutbound(sessions, session, packet);
    this.#refresh(session, packet, now);
    packet.source = external;
    packet.sourcePort = externalPort;
    return undefined;
  }

  inbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const { mappings, sessions } = table;
    const syn = isBareSyn(packet);
    if (syn && this.#refusesInbound) return 'policy: tcp-in blocked';
    const mapping = table.mappingAt(packet.destination, packet.destinationPort, packet.source, packet.sourcePort);
    if (mapping === NONE) return syn ? 'tcp: unsolicited syn' : 'nat: no mapping';
    const internal = mappings.internal[mapping];
    const internalPort = mappings.internalPort[mapping];
    let session = table.session(internal, internalPort, packet.source, packet.sourcePort);
    if (session !== NONE && sessions.mapping[session] === mapping) {
      // RFC 5382 REQ-2, against which some boxes take the SYN for a stranger's.
      const simultaneous = syn && awaitsAnswer(sessions.state[session]);
      if (simultaneous && !this.#simultaneousOpen) return 'tcp: simultaneous open refused';
    } else {
      if (!syn) return 'tcp: no session';
      if (!table.admits(mapping, packet.source, packet.sourcePort)) return 'tcp: unsolicited syn';
      const accepted = session === NONE ? this.#accept(mapping, packet, now) : NONE;
      if (typeof accepted === 'string') return accepted;
      session = accepted;
    }
    if (session !== NONE) {
      if (!this.#ignores(packet)) observeInbound(sessions, session, packet);
      this.#refresh(session, packet, now);
    }
    packet.destination = internal;
    packet.destinationPort = internalPort;
    return undefined;
  }

  /**
   * A session for an admitted SYN if its answer would leave by the same mapping. If not, the SYN passes without a
   * session, and the answer is astray.
   */
  #accept(mapping: MappingId, packet: Packet, now: number): SessionId | DropReason {
    const { table } = this;
    const returns = this.#binds || table.serves(mapping, packet.source, packet.sourcePort);
    return returns ? table.accept(mapping, packet, now + this.#transitoryUs) : NONE;
  }

  /** Is it an RST to a box that does not know what one is? */
  #ignores(packet: Packet): boolean {
    return (packet.flags & RST) !== 0 && this.#afterReset === 'ignore';
  }

  /** Restarts the session's timer for the state that it is in now (RFC 5382 REQ-5, RFC 7857 section 2.1). */
  #refresh(session: SessionId, packet: Packet, now: number): void {
    const { table } = this;
    const { deadline } = table.sessions;
    if (packet.flags & RST && this.#afterReset !== 'ignore') {
      const closing = now + this.#closingUs;
      if (this.#afterReset === 'remove') table.endSession(session, 'reset', now);
      // RFC 7857 section 2.2 holds it for the closing time; section 7: an RST never prolongs it.
      else if (closing < deadline[session]) table.hasten(session, closing);
      return;
    }
    const next = now + this.#idleUs(table.sessions.state[session]);
    if (next < deadline[session]) table.hasten(session, next);
    else deadline[session] = next;
  }

  #idleUs(state: number): number {
    if (isEstablished(state)) return this.#establishedUs;
    return isClosing(state) ? this.#closingUs : this.#transitoryUs;
  }
}
