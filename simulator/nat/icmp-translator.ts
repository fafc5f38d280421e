import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { type Packet, type Protocol, type Quote, TCP, UDP } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { MappingId } from './mapping-rows.ts';
import { NONE } from './pair-index.ts';
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
    if (!table) return 'icmp: no mapping';
    const { mappings, sessions } = table;
    const session = table.session(destination, destinationPort, source, sourcePort);
    const mapping =
      session === NONE ? table.mapping(destination, destinationPort, source, sourcePort) : sessions.mapping[session];
    if (mapping === NONE) return 'icmp: no mapping';
    const external = mappings.external[mapping];
    packet.source = external;
    packet.icmp = {
      kind,
      quote: { ...quote, destination: external, destinationPort: mappings.externalPort[mapping] },
    };
    return undefined;
  }

  /** An error from the outside about a packet that went out (REQ-4), whoever sends it (RFC 4787 REQ-12a). */
  inbound(packet: Packet, now: number): DropReason | undefined {
    if (!packet.icmp) return 'icmp: malformed';
    const { kind, quote } = packet.icmp;
    const table = this.#tableOf(quote.protocol);
    const mapping = table?.mappingAt(quote.source, quote.sourcePort, quote.destination, quote.destinationPort) ?? NONE;
    const plausible = table && mapping !== NONE && packet.destination === quote.source;
    if (!plausible || !couldHaveSent(table, mapping, quote)) return 'icmp: no mapping';
    const internal = table.mappings.internal[mapping];
    packet.destination = internal;
    packet.icmp = {
      kind,
      quote: { ...quote, source: internal, sourcePort: table.mappings.internalPort[mapping] },
    };
    // RFC 4787 REQ-12 forbids it; the boxes that do it are modelled too.
    if (this.#endsMapping) table.endMapping(mapping, 'icmp-error', now);
    return undefined;
  }

  #tableOf(protocol: Protocol): TranslationTable | undefined {
    if (protocol === UDP) return this.#udp;
    return protocol === TCP ? this.#tcp : undefined;
  }
}

/** Is it a packet that leaves by this mapping? */
function couldHaveSent(table: TranslationTable, mapping: MappingId, quote: Quote): boolean {
  const { mappings, sessions } = table;
  const { destination, destinationPort } = quote;
  if (table.serves(mapping, destination, destinationPort)) return true;
  const session = table.session(
    mappings.internal[mapping],
    mappings.internalPort[mapping],
    destination,
    destinationPort,
  );
  return session !== NONE && sessions.mapping[session] === mapping;
}
