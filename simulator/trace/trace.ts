import type { MappingInfo } from '../nat/environment.ts';
import type { Packet } from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { Device, HostEventDetail, MappingEvent, Observer, PacketEvent } from './observer.ts';
import { TraceCounters } from './trace-counters.ts';
import { TraceHash } from './trace-hash.ts';

const NO_DETAIL: HostEventDetail = {};

/** Where devices report what happens. It stamps the time and tells the hash, the counters and the observers. */
export class Trace {
  readonly hash: TraceHash;
  readonly counters = new TraceCounters();
  readonly #scheduler: Scheduler;
  readonly #observers: Observer[] = [];

  constructor(scheduler: Scheduler, addresses: AddressTable) {
    this.#scheduler = scheduler;
    this.hash = new TraceHash(addresses);
  }

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  sent(device: Device, packet: Packet): void {
    const now = this.#scheduler.now;
    this.hash.packet(now, device, 'sent', packet, '');
    this.counters.sent(device, packet);
    for (const observer of this.#observers) observer.packet(now, device, 'sent', packet, '');
  }

  forwarded(device: Device, packet: Packet): void {
    this.#passed(device, 'forwarded', packet);
  }

  translated(device: Device, packet: Packet): void {
    this.#passed(device, 'translated', packet);
  }

  delivered(device: Device, packet: Packet): void {
    this.counters.delivered++;
    this.#passed(device, 'delivered', packet);
  }

  /** A link made a copy of a packet. */
  duplicated(device: Device, copy: Packet): void {
    this.#passed(device, 'duplicated', copy);
  }

  /** A packet was cut. @param piece any fragment but the first */
  fragmented(device: Device, piece: Packet): void {
    this.#passed(device, 'fragmented', piece);
  }

  /** Fragments became one packet again. @param piece any of them but the first */
  joined(device: Device, piece: Packet): void {
    this.#passed(device, 'joined', piece);
  }

  dropped(device: Device, packet: Packet, reason: string): void {
    const now = this.#scheduler.now;
    this.hash.packet(now, device, 'dropped', packet, reason);
    this.counters.dropped(reason);
    for (const observer of this.#observers) observer.packet(now, device, 'dropped', packet, reason);
  }

  mapping(device: Device, event: MappingEvent, mapping: MappingInfo): void {
    const now = this.#scheduler.now;
    this.hash.mapping(now, device, event, mapping);
    if (event === 'created') this.counters.mappingCreated(device);
    for (const observer of this.#observers) observer.mapping(now, device, event, mapping);
  }

  hostEvent(device: Device, name: string, detail: HostEventDetail = NO_DETAIL): void {
    const now = this.#scheduler.now;
    this.hash.hostEvent(now, device, name, detail);
    for (const observer of this.#observers) observer.hostEvent(now, device, name, detail);
  }

  #passed(device: Device, event: Exclude<PacketEvent, 'sent' | 'dropped'>, packet: Packet): void {
    const now = this.#scheduler.now;
    this.hash.packet(now, device, event, packet, '');
    for (const observer of this.#observers) observer.packet(now, device, event, packet, '');
  }
}
