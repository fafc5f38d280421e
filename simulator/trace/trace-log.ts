import type { MappingInfo } from '../nat/environment.ts';
import type { Packet } from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';
import { formatEnd, formatPacket, formatWay, protocolName } from './format-packet.ts';
import type { Device, HostEventDetail, MappingEvent, Observer, PacketEvent } from './observer.ts';

export interface PacketEntry {
  readonly kind: 'packet';
  readonly timeUs: number;
  readonly device: Device;
  readonly event: PacketEvent;
  /** A copy. Its payload is that of the moment it was sent. */
  readonly packet: Packet;
  readonly reason: string;
}

export interface MappingEntry {
  readonly kind: 'mapping';
  readonly timeUs: number;
  readonly device: Device;
  readonly event: MappingEvent;
  readonly mapping: MappingInfo;
}

export interface HostEventEntry {
  readonly kind: 'host-event';
  readonly timeUs: number;
  readonly device: Device;
  readonly name: string;
  readonly detail: HostEventDetail;
}

export type TraceEntry = PacketEntry | MappingEntry | HostEventEntry;

/** Remembers everything, for a replay. */
export class TraceLog implements Observer {
  readonly #entries: TraceEntry[] = [];
  readonly #payloads = new Map<number, Uint8Array>();
  readonly #limit: number;
  #omitted = 0;

  /** @param limit of entries; later ones are only counted @default one million */
  constructor(limit = 1_000_000) {
    this.#limit = limit;
  }

  get entries(): readonly TraceEntry[] {
    return this.#entries;
  }

  /** Entries beyond the limit. */
  get omitted(): number {
    return this.#omitted;
  }

  packet(timeUs: number, device: Device, event: PacketEvent, packet: Packet, reason: string): void {
    if (this.#isFull()) return;
    const payload = this.#payloadOf(event, packet);
    const icmp = packet.icmp && { kind: packet.icmp.kind, quote: { ...packet.icmp.quote } };
    this.#entries.push({ kind: 'packet', timeUs, device, event, packet: { ...packet, payload, icmp }, reason });
  }

  mapping(timeUs: number, device: Device, event: MappingEvent, mapping: MappingInfo): void {
    if (!this.#isFull()) this.#entries.push({ kind: 'mapping', timeUs, device, event, mapping: { ...mapping } });
  }

  hostEvent(timeUs: number, device: Device, name: string, detail: HostEventDetail): void {
    if (!this.#isFull()) this.#entries.push({ kind: 'host-event', timeUs, device, name, detail });
  }

  /** The timeline as text, line by line. */
  *lines(addresses: AddressTable): Generator<string> {
    const last = new Map<number, Packet>();
    const width = Math.max(0, ...this.#entries.map(({ device }) => device.name.length));
    for (const entry of this.#entries) {
      const ms = (entry.timeUs / 1000).toFixed(3).padStart(12);
      yield `${ms} ms  ${entry.device.name.padEnd(width)}  ${describeEntry(entry, last, addresses)}`;
      if (entry.kind === 'packet') last.set(entry.packet.id, entry.packet);
    }
    if (this.#omitted > 0) yield `${this.#omitted} more`;
  }

  #isFull(): boolean {
    const full = this.#entries.length >= this.#limit;
    if (full) this.#omitted++;
    return full;
  }

  /** Whoever receives a payload may write to it, so it is copied where the packet is sent. */
  #payloadOf(event: PacketEvent, packet: Packet): Uint8Array {
    if (packet.fragment) return Uint8Array.from(packet.payload);
    if (event === 'sent') {
      const copy = Uint8Array.from(packet.payload);
      this.#payloads.set(packet.id, copy);
      return copy;
    }
    // A copy may live on after the first one that arrived.
    const sent = this.#payloads.get(packet.id) ?? Uint8Array.from(packet.payload);
    if (event === 'delivered' || event === 'dropped') this.#payloads.delete(packet.id);
    return sent;
  }
}

function describeEntry(entry: TraceEntry, last: ReadonlyMap<number, Packet>, addresses: AddressTable): string {
  switch (entry.kind) {
    case 'packet':
      return describePacket(entry, last.get(entry.packet.id), addresses);
    case 'mapping': {
      const { mapping, event } = entry;
      const internal = formatEnd(mapping.internal, mapping.internalPort, addresses);
      const external = formatEnd(mapping.external, mapping.externalPort, addresses);
      const remote = formatEnd(mapping.remote, mapping.remotePort, addresses);
      return `mapping ${event}: ${protocolName(mapping.protocol)} ${internal} = ${external}, first to ${remote}`;
    }
    case 'host-event': {
      const detail = Object.entries(entry.detail).map(([key, value]) => ` ${key}=${value}`);
      return `${entry.name}${detail.join('')}`;
    }
  }
}

function describePacket(entry: PacketEntry, before: Packet | undefined, addresses: AddressTable): string {
  const { packet, event } = entry;
  const text = `${event.padEnd(10)} ${formatPacket(packet, addresses)} ttl ${packet.ttl}`;
  if (event === 'dropped') return `${text}, because ${entry.reason}`;
  if (event !== 'translated' || before === undefined) return text;
  const quoted = before.icmp && packet.icmp ? `, about ${formatWay(before.icmp.quote, addresses)}` : '';
  return `${text}, was ${formatWay(before, addresses)}${quoted}`;
}
