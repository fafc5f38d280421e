import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { type Packet, type Protocol, TCP, UDP } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { Mapping } from './records.ts';
import type { TranslationTable } from './translation-table.ts';
import type { Translator } from './translator.ts';

/**
 * RFC 5508: ICMP errors. The quoted packet tells the mapping; kind and quote stay but for the endpoint that was
 * translated. An error refreshes nothing (REQ-6).
 */
export class IcmpTranslator implements Translator {
  readonly #udp: TranslationTable;
  readonly #tcp: TranslationTable;
  readonly #endsMapping: boolean;

  constructor(behaviour: NatBehaviour, udp: TranslationTable, tcp: TranslationTable) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.#endsMapping = behaviour.icmp.errorEndsMapping;
  }

  /** An error from the inside about a packet that came in (REQ-5). */
  outbound(packet: Packet): DropReason | undefined {
    if (!packet.icmp) return 'icmp: malformed';
    const { kind, quote } = packet.icmp;
    const { source, sourcePort, destination, destinationPort } = quote;
    const table = this.#tableOf(quote.protocol);
    const mapping =
      table?.session(destination, destinationPort, source, sourcePort)?.mapping ??
      table?.mapping(destination, destinationPort, source, sourcePort);
    if (!mapping) return 'icmp: no mapping';
    packet.source = mapping.external;
    packet.icmp = {
      kind,
      quote: { ...quote, destination: mapping.external, destinationPort: mapping.externalPort },
    };
    return undefined;
  }

  /** An error from the outside about a packet that went out (REQ-4), whoever sends it (RFC 4787 REQ-12a). */
  inbound(packet: Packet, now: number): DropReason | undefined {
    if (!packet.icmp) return 'icmp: malformed';
    const { kind, quote } = packet.icmp;
    const table = this.#tableOf(quote.protocol);
    const mapping = table?.mappingAt(quote.source, quote.sourcePort);
    if (!table || !mapping || !this.#uses(table, mapping, packet)) return 'icmp: no mapping';
    packet.destination = mapping.internal;
    packet.icmp = { kind, quote: { ...quote, source: mapping.internal, sourcePort: mapping.internalPort } };
    // RFC 4787 REQ-12 forbids it; the boxes that do it are modelled too.
    if (this.#endsMapping) table.endMapping(mapping, 'icmp-error', now);
    return undefined;
  }

  /** Could the quoted packet have left by this mapping? */
  #uses(table: TranslationTable, mapping: Mapping, packet: Packet): boolean {
    const { quote } = packet.icmp!;
    if (packet.destination !== quote.source) return false;
    if (mapping.key === table.keyFor(quote.destination, quote.destinationPort)) return true;
    const { internal, internalPort } = mapping;
    return table.session(internal, internalPort, quote.destination, quote.destinationPort)?.mapping === mapping;
  }

  #tableOf(protocol: Protocol): TranslationTable | undefined {
    if (protocol === UDP) return this.#udp;
    return protocol === TCP ? this.#tcp : undefined;
  }
}
