import { type Packet, wireLength } from '../packet.ts';
import type { Device } from './observer.ts';

export interface SentCount {
  packets: number;
  /** On the wire, headers included. */
  bytes: number;
}

/** Totals of a world, kept while it runs. */
export class TraceCounters {
  /** Packets that reached their host. */
  delivered = 0;
  readonly #sent: (SentCount | undefined)[] = [];
  readonly #mappings: (number | undefined)[] = [];
  readonly #drops = new Map<string, number>();

  sent(device: Device, packet: Packet): void {
    const count = (this.#sent[device.index] ??= { packets: 0, bytes: 0 });
    count.packets++;
    count.bytes += wireLength(packet);
  }

  dropped(reason: string): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + 1);
  }

  mappingCreated(device: Device): void {
    this.#mappings[device.index] = this.mappingsOf(device) + 1;
  }

  /** What a device itself put on the network, loopback included; forwarding does not count. */
  sentBy(device: Device): Readonly<SentCount> {
    return this.#sent[device.index] ?? { packets: 0, bytes: 0 };
  }

  /** Mappings that a NAT has created so far. */
  mappingsOf(device: Device): number {
    return this.#mappings[device.index] ?? 0;
  }

  /** Dropped packets by reason, in the order of each reason's first packet. */
  get drops(): ReadonlyMap<string, number> {
    return this.#drops;
  }
}
