import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { ICMP, type Packet, type Protocol, type Quote, TCP, UDP } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { MappingId } from './mapping-rows.ts';
import { NONE } from './pair-index.ts';
import { QueryTranslator } from './query-translator.ts';
import type { TranslationTable } from './translation-table.ts';
import type { Translator } from './translator.ts';

export interface IcmpTables {
  readonly udp: TranslationTable;
  readonly tcp: TranslationTable;
  readonly queries: TranslationTable;
}

/**
 * RFC 5508: ICMP. Of an error, the quoted packet tells the mapping; kind and quote stay but for the endpoint that was
 * translated. An error refreshes nothing (REQ-6), unless the box falls short of that.
 */
export class IcmpTranslator implements Translator {
  readonly queries: QueryTranslator;
  readonly #tables: Readonly<Record<Protocol, TranslationTable>>;
  readonly #endsMapping: boolean;
  readonly #refreshesUs: number | undefined;
  readonly #blocked: boolean;

  constructor(behaviour: NatBehaviour, { udp, tcp, queries }: IcmpTables) {
    this.queries = new QueryTranslator(behaviour, queries);
    this.#tables = { [UDP]: udp, [TCP]: tcp, [ICMP]: queries };
    this.#endsMapping = behaviour.icmp.errorEndsMapping;
    this.#refreshesUs = behaviour.udp.refresh === 'all' ? behaviour.udp.timeoutMs * 1000 : undefined;
    this.#blocked = behaviour.blocks.includes('icmp');
  }

  outbound(packet: Packet, now: number): DropReason | undefined {
    if (packet.echo) return this.queries.outbound(packet, now);
    return packet.icmp ? this.#errorOut(packet, packet.icmp.quote, now) : 'icmp: malformed';
  }

  inbound(packet: Packet, now: number): DropReason | undefined {
    if (this.#blocked) return 'policy: icmp blocked';
    if (packet.echo) return this.queries.inbound(packet);
    return packet.icmp ? this.#errorIn(packet, packet.icmp.quote, now) : 'icmp: malformed';
  }

  /** An error from the inside about a packet that came in (REQ-5). */
  #errorOut(packet: Packet, quote: Quote, now: number): DropReason | undefined {
    const { source, sourcePort, destination, destinationPort } = quote;
    const table = this.#tables[quote.protocol];
    const { mappings, sessions } = table;
    const session = table.session(destination, destinationPort, source, sourcePort);
    const mapping =
      session === NONE ? table.mapping(destination, destinationPort, source, sourcePort) : sessions.mapping[session];
    if (mapping === NONE) return 'icmp: no mapping';
    const external = mappings.external[mapping];
    packet.source = external;
    packet.icmp = {
      kind: packet.icmp!.kind,
      quote: { ...quote, destination: external, destinationPort: mappings.externalPort[mapping] },
    };
    this.#touch(quote.protocol, mapping, now);
    return undefined;
  }

  /** An error from the outside about a packet that went out (REQ-4), whoever sends it (RFC 4787 REQ-12a). */
  #errorIn(packet: Packet, quote: Quote, now: number): DropReason | undefined {
    const table = this.#tables[quote.protocol];
    const mapping = table.mappingAt(quote.source, quote.sourcePort, quote.destination, quote.destinationPort);
    const plausible = mapping !== NONE && packet.destination === quote.source;
    if (!plausible || !couldHaveSent(table, mapping, quote)) return 'icmp: no mapping';
    const internal = table.mappings.internal[mapping];
    packet.destination = internal;
    packet.icmp = {
      kind: packet.icmp!.kind,
      quote: { ...quote, source: internal, sourcePort: table.mappings.internalPort[mapping] },
    };
    this.#touch(quote.protocol, mapping, now);
    // RFC 4787 REQ-12 and RFC 5508 REQ-6 forbid it; the boxes that do it are modelled too.
    if (this.#endsMapping) table.endMapping(mapping, 'icmp-error', now);
    return undefined;
  }

  /** What RFC 5508 REQ-6 forbids: the mapping lives on because of an error. */
  #touch(protocol: Protocol, mapping: MappingId, now: number): void {
    if (protocol !== UDP || this.#refreshesUs === undefined) return;
    this.#tables[UDP].mappings.deadline[mapping] = now + this.#refreshesUs;
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
