import { createHash } from 'node:crypto';
import type { MappingInfo } from '../nat/environment.ts';
import { type IcmpKind, type Packet, TCP } from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';
import type { Device, HostEventDetail, MappingEvent, PacketEvent } from './observer.ts';

/** One call of the hash costs more than hashing 1 KB, so records are gathered first. */
const BUFFER_BYTES = 16_384;
/** No record without its text or payload is longer. */
const RECORD_BYTES = 96;

const PACKET_CODES: Record<PacketEvent, number> = {
  sent: 1,
  forwarded: 2,
  translated: 3,
  delivered: 4,
  dropped: 5,
  duplicated: 6,
  fragmented: 7,
  joined: 8,
};
const MAPPING_CODES: Record<MappingEvent, number> = {
  created: 16,
  expired: 17,
  reset: 18,
  'icmp-error': 19,
  flushed: 20,
  evicted: 21,
  withdrawn: 22,
};
const HOST_EVENT_CODE = 32;
const ICMP_CODES: Record<IcmpKind, number> = {
  'network-unreachable': 1,
  'host-unreachable': 2,
  'port-unreachable': 3,
  'fragmentation-needed': 4,
  'administratively-prohibited': 5,
  'time-exceeded': 6,
  'parameter-problem': 7,
};

/**
 * SHA-256 over everything that happened, in order. Two runs with the same hash have sent the same bytes at the same
 * times along the same ways. A payload is folded in where the packet is sent: nothing may write to it later.
 */
export class TraceHash {
  readonly #hash = createHash('sha256');
  readonly #addresses: AddressTable;
  readonly #bytes = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, BUFFER_BYTES);
  #used = 0;
  #digest: string | undefined;

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  packet(timeUs: number, device: Device, event: PacketEvent, packet: Packet, reason: string): void {
    let at = this.#open(timeUs, device, PACKET_CODES[event], packet.protocol);
    const view = this.#view;
    view.setUint32(at, packet.id, true);
    view.setUint32(at + 4, packet.source, true);
    view.setUint32(at + 8, packet.destination, true);
    view.setUint32(at + 12, packet.sourcePort * 65_536 + packet.destinationPort, true);
    view.setUint32(at + 16, packet.ttl * 65_536 + packet.payload.length, true);
    at += 20;
    if (packet.protocol === TCP) {
      view.setUint32(at, packet.flags, true);
      view.setUint32(at + 4, packet.sequence, true);
      view.setUint32(at + 8, packet.acknowledgement, true);
      view.setUint32(at + 12, packet.window, true);
      at += 16;
    } else if (packet.icmp) {
      const { kind, quote } = packet.icmp;
      view.setUint32(at, ICMP_CODES[kind] * 65_536 + quote.protocol, true);
      view.setUint32(at + 4, quote.source, true);
      view.setUint32(at + 8, quote.destination, true);
      view.setUint32(at + 12, quote.sourcePort * 65_536 + quote.destinationPort, true);
      view.setUint32(at + 16, quote.sequence, true);
      at += 20;
    } else if (packet.echo) {
      view.setUint32(at, (packet.echo === 'request' ? 65_536 : 0) + packet.sequence, true);
      at += 4;
    } else if (packet.fragment) {
      view.setUint32(at, packet.fragment.offset * 2 + (packet.fragment.more ? 1 : 0), true);
      at += 4;
    }
    this.#used = at;
    if (event === 'sent') this.#append(packet.payload);
    else if (event === 'dropped') this.#text(reason);
  }

  mapping(timeUs: number, device: Device, event: MappingEvent, mapping: MappingInfo): void {
    const at = this.#open(timeUs, device, MAPPING_CODES[event], mapping.protocol);
    const view = this.#view;
    view.setUint32(at, mapping.internal, true);
    view.setUint32(at + 4, mapping.external, true);
    view.setUint32(at + 8, mapping.remote, true);
    view.setUint32(at + 12, mapping.internalPort * 65_536 + mapping.externalPort, true);
    view.setUint32(at + 16, mapping.remotePort, true);
    this.#used = at + 20;
  }

  hostEvent(timeUs: number, device: Device, name: string, detail: HostEventDetail): void {
    this.#used = this.#open(timeUs, device, HOST_EVENT_CODE, 0);
    this.#text(name);
    this.#text(JSON.stringify(detail));
  }

  /** Hexadecimal. Closes the hash: what happens later no longer counts. */
  digest(): string {
    if (this.#digest === undefined) {
      this.#flush();
      // Records hold address numbers; what the numbers stand for belongs to the hash as well.
      for (const text of this.#addresses.texts()) this.#hash.update(`${text}\n`);
      this.#digest = this.#hash.digest('hex');
    }
    return this.#digest;
  }

  /** Starts a record. @returns where its body begins */
  #open(timeUs: number, device: Device, code: number, protocol: number): number {
    if (this.#used + RECORD_BYTES > BUFFER_BYTES) this.#flush();
    const at = this.#used;
    this.#view.setFloat64(at, timeUs, true);
    this.#view.setUint32(at + 8, device.index * 65_536 + code * 256 + protocol, true);
    return at + 12;
  }

  #text(text: string): void {
    const longest = 2 + 3 * text.length;
    if (longest > BUFFER_BYTES) {
      const bytes = Buffer.from(text);
      this.#append(Buffer.from([bytes.length & 0xff, bytes.length >>> 8]));
      this.#append(bytes);
      return;
    }
    if (this.#used + longest > BUFFER_BYTES) this.#flush();
    const written = this.#bytes.write(text, this.#used + 2);
    this.#view.setUint16(this.#used, written, true);
    this.#used += 2 + written;
  }

  #append(bytes: Uint8Array): void {
    if (this.#used + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#hash.update(bytes);
      return;
    }
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #flush(): void {
    if (this.#digest === undefined) this.#hash.update(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }
}
