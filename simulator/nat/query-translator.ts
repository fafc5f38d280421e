import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import { NONE } from './pair-index.ts';
import type { TranslationTable } from './translation-table.ts';

/**
 * RFC 5508 section 3: ICMP queries from inside and the answers to them. The identifier is translated as a port is. A
 * query from outside is for the box itself, whatever its identifier, and so is one that is turned round (REQ-7b wants
 * that of Basic NATs only).
 */
export class QueryTranslator {
  readonly table: TranslationTable;
  readonly #timeoutUs: number;

  constructor({ icmp }: NatBehaviour, table: TranslationTable) {
    this.table = table;
    this.#timeoutUs = icmp.timeoutMs * 1000;
  }

  outbound(packet: Packet, now: number): DropReason | undefined {
    if (packet.echo !== 'request') return 'icmp: no mapping';
    const { table } = this;
    const { mappings, sessions } = table;
    const deadline = now + this.#timeoutUs;
    let session = table.session(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    if (session === NONE) {
      const opened = table.open(packet, deadline);
      if (typeof opened === 'string') return opened;
      session = opened;
    }
    sessions.deadline[session] = deadline;
    if (!sessions.opened[session]) table.grant(session);
    const mapping = sessions.mapping[session];
    packet.source = mappings.external[mapping];
    packet.sourcePort = mappings.externalPort[mapping];
    return undefined;
  }

  inbound(packet: Packet): DropReason | undefined {
    if (packet.echo !== 'reply') return 'icmp: no mapping';
    const { source, sourcePort, destination, destinationPort } = packet;
    const { table } = this;
    const mapping = table.mappingAt(destination, destinationPort, source, sourcePort);
    if (mapping === NONE) return 'icmp: no mapping';
    if (!table.admits(mapping, source, sourcePort)) return table.filterRule;
    packet.destination = table.mappings.internal[mapping];
    packet.destinationPort = table.mappings.internalPort[mapping];
    return undefined;
  }
}
