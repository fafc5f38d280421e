import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { TranslationTable } from './translation-table.ts';
import type { Translator } from './translator.ts';

/** RFC 4787: UDP. */
export class UdpTranslator implements Translator {
  readonly table: TranslationTable;
  readonly #timeoutUs: number;
  readonly #outboundRefreshes: boolean;
  readonly #inboundRefreshes: boolean;
  readonly #binds: boolean;

  constructor(behaviour: NatBehaviour, table: TranslationTable) {
    const { udp, inboundSession } = behaviour;
    this.table = table;
    this.#timeoutUs = udp.timeoutMs * 1000;
    this.#outboundRefreshes = udp.refresh !== 'inbound';
    this.#inboundRefreshes = udp.refresh !== 'outbound';
    // Where mapping does not depend on the remote, replies take the same mapping anyway.
    this.#binds = inboundSession === 'bind' && udp.mapping !== 'endpoint-independent';
  }

  outbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const deadline = now + this.#timeoutUs;
    const session =
      table.session(packet.source, packet.sourcePort, packet.destination, packet.destinationPort) ??
      table.open(packet, deadline);
    if (typeof session === 'string') return session;
    // Whatever refreshes the mapping, sending is what opens the filter, so it also keeps it open.
    session.deadline = deadline;
    if (!session.opened) table.grant(session);
    const { mapping } = session;
    if (this.#outboundRefreshes) mapping.deadline = deadline; // RFC 4787 REQ-6
    packet.source = mapping.external;
    packet.sourcePort = mapping.externalPort;
    return undefined;
  }

  inbound(packet: Packet, now: number): DropReason | undefined {
    const { table } = this;
    const mapping = table.mappingAt(packet.destination, packet.destinationPort);
    if (!mapping) return 'nat: no mapping';
    const session = table.session(mapping.internal, mapping.internalPort, packet.source, packet.sourcePort);
    const own = session?.mapping === mapping ? session : undefined;
    if (!own?.opened && !table.permissions.admits(mapping, packet.source, packet.sourcePort)) {
      return table.permissions.refusal; // and refreshes nothing: RFC 7857 section 7
    }
    const deadline = now + this.#timeoutUs;
    if (this.#binds) {
      if (own && !own.opened) own.deadline = deadline;
      const bound = session ?? table.accept(mapping, packet, deadline);
      if (typeof bound === 'string') return bound;
    }
    if (this.#inboundRefreshes) {
      mapping.deadline = deadline; // RFC 4787 REQ-6a
      if (own) own.deadline = deadline;
    }
    packet.destination = mapping.internal;
    packet.destinationPort = mapping.internalPort;
    return undefined;
  }
}
