import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { type Packet, RST } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { Mapping, Session } from './records.ts';
import { awaitsAnswer, isBareSyn, isEstablished, observeInbound, observeOutbound } from './tcp-state.ts';
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
  readonly #resetRemoves: boolean;
  readonly #binds: boolean;
  readonly #refusesInbound: boolean;

  constructor(behaviour: NatBehaviour, table: TranslationTable, unsolicited: UnsolicitedSyns) {
    const { tcp, inboundSession, blocks } = behaviour;
    this.table = table;
    this.#unsolicited = unsolicited;
    this.#establishedUs = tcp.establishedMs * 1000;
    this.#transitoryUs = tcp.transitoryMs * 1000;
    this.#simultaneousOpen = tcp.simultaneousOpen;
    this.#resetRemoves = tcp.afterReset === 'remove';
    this.#binds = inboundSession === 'bind';
    this.#refusesInbound = blocks.includes('tcp-in');
  }

  /** Only a SYN opens a session; any other segment without one is astray and dropped. */
  outbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    let session = table.session(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    if (!session) {
      if (!isBareSyn(packet)) return 'tcp: no session';
      const opened = table.open(packet, now + this.#transitoryUs);
      if (typeof opened === 'string') return opened;
      session = opened;
    }
    const { mapping } = session;
    if (!session.opened && !(packet.flags & RST)) table.grant(session);
    if (isBareSyn(packet)) this.#unsolicited.forget(mapping, packet);
    observeOutbound(session, packet);
    this.#refresh(session, packet, now);
    packet.source = mapping.external;
    packet.sourcePort = mapping.externalPort;
    return undefined;
  }

  inbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const syn = isBareSyn(packet);
    if (syn && this.#refusesInbound) return 'policy: tcp-in blocked';
    const mapping = table.mappingAt(packet.destination, packet.destinationPort);
    if (!mapping) return syn ? 'tcp: unsolicited syn' : 'nat: no mapping';
    let session = table.session(mapping.internal, mapping.internalPort, packet.source, packet.sourcePort);
    if (session?.mapping === mapping) {
      // RFC 5382 REQ-2, against which some boxes take the SYN for a stranger.
      if (syn && !this.#simultaneousOpen && awaitsAnswer(session)) return 'tcp: simultaneous open refused';
    } else {
      if (!syn) return 'tcp: no session';
      if (!table.permissions.admits(mapping, packet.source, packet.sourcePort)) return 'tcp: unsolicited syn';
      const accepted = session ? undefined : this.#accept(mapping, packet, now);
      if (typeof accepted === 'string') return accepted;
      session = accepted;
    }
    if (session) {
      observeInbound(session, packet);
      this.#refresh(session, packet, now);
    }
    packet.destination = mapping.internal;
    packet.destinationPort = mapping.internalPort;
    return undefined;
  }

  /**
   * A session for an admitted SYN if its answer would leave by the same mapping. If not, the SYN passes without a
   * session, and the answer is astray.
   */
  #accept(mapping: Mapping, packet: Packet, now: number): Session | DropReason | undefined {
    const { table } = this;
    const returns = this.#binds || mapping.key === table.keyFor(packet.source, packet.sourcePort);
    return returns ? table.accept(mapping, packet, now + this.#transitoryUs) : undefined;
  }

  /** Restarts the session's timer for the state that it is in now (RFC 5382 REQ-5). */
  #refresh(session: Session, packet: Packet, now: number): void {
    const before = session.deadline;
    if (packet.flags & RST) {
      if (this.#resetRemoves) this.table.endSession(session, 'reset', now);
      // RFC 7857 section 2.2 holds it for the transitory time; section 7: an RST never prolongs it.
      else if (now + this.#transitoryUs < before) this.table.hasten(session, now + this.#transitoryUs);
      return;
    }
    const deadline = now + (isEstablished(session) ? this.#establishedUs : this.#transitoryUs);
    if (deadline < before) this.table.hasten(session, deadline);
    else session.deadline = deadline;
  }
}
