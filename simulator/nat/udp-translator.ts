import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import { NONE } from './pair-index.ts';
import type { TranslationTable } from './translation-table.ts';
import type { Translator } from './translator.ts';

/** RFC 4787: UDP. */
export class UdpTranslator implements Translator {
  readonly table: TranslationTable;
  readonly #timeoutUs: number;
  readonly #outboundRefreshes: boolean;
  readonly #inboundRefreshes: boolean;
  readonly #refusedRefresh: boolean;
  readonly #binds: boolean;

  constructor(behaviour: NatBehaviour, table: TranslationTable) {
    const { udp, inboundSession, limits } = behaviour;
    this.table = table;
    this.#timeoutUs = udp.timeoutMs * 1000;
    this.#outboundRefreshes = udp.refresh !== 'inbound';
    this.#inboundRefreshes = udp.refresh !== 'outbound';
    this.#refusedRefresh = udp.refresh === 'all';
    // Where mapping does not depend on the remote, replies take the same mapping anyway; but they open no new session.
    this.#binds = inboundSession === 'bind' && (!table.isEndpointIndependent || limits.sessionRate > 0);
  }

  outbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const { mappings, sessions } = table;
    const deadline = now + this.#timeoutUs;
    let session = table.session(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    if (session === NONE) {
      const opened = table.open(packet, deadline);
      if (typeof opened === 'string') return opened;
      session = opened;
    }
    // Whatever refreshes the mapping, sending is what opens the filter, so it also keeps it open.
    sessions.deadline[session] = deadline;
    if (!sessions.opened[session]) table.grant(session);
    const mapping = sessions.mapping[session];
    if (this.#outboundRefreshes) mappings.deadline[mapping] = deadline; // RFC 4787 REQ-6
    packet.source = mappings.external[mapping];
    packet.sourcePort = mappings.externalPort[mapping];
    return undefined;
  }

  inbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const { mappings, sessions } = table;
    const mapping = table.mappingAt(packet.destination, packet.destinationPort, packet.source, packet.sourcePort);
    if (mapping === NONE) {
      table.noteStranger(packet, now);
      return 'nat: no mapping';
    }
    const internal = mappings.internal[mapping];
    const internalPort = mappings.internalPort[mapping];
    const session = table.session(internal, internalPort, packet.source, packet.sourcePort);
    const own = session !== NONE && sessions.mapping[session] === mapping;
    const opened = own && sessions.opened[session] === 1;
    if (!opened && !table.admits(mapping, packet.source, packet.sourcePort)) {
      table.noteStranger(packet, now);
      if (this.#refusedRefresh) mappings.deadline[mapping] = now + this.#timeoutUs; // RFC 7857 section 7 forbids it
      return table.filterRule;
    }
    const deadline = now + this.#timeoutUs;
    if (this.#binds && session === NONE) {
      const accepted = table.accept(mapping, packet, deadline);
      if (typeof accepted === 'string') return accepted;
    }
    if (own && (this.#inboundRefreshes || !opened)) sessions.deadline[session] = deadline;
    if (this.#inboundRefreshes) mappings.deadline[mapping] = deadline; // RFC 4787 REQ-6a
    packet.destination = internal;
    packet.destinationPort = internalPort;
    return undefined;
  }
}
