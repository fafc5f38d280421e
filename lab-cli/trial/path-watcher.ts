import type { Path } from '../../reports/schema.ts';
import type { Device, Observer, PacketEvent } from '../../simulator/index.ts';
import type { Packet } from '../../simulator/packet.ts';

/**
 * Decides from where packets travelled, and from nothing that the engine says, how a pipe runs: it looks for a mark in
 * the packets of the whole network, and notes whom they passed.
 */
export class PathWatcher implements Observer {
  readonly #mark: Buffer;
  readonly #peers: ReadonlySet<string>;
  readonly #core: string;
  readonly #shared: ReadonlySet<string>;
  #arrived = false;
  #relayed = false;
  #crossedCore = false;
  #translated = false;
  #turnedRound = false;

  /**
   * @param mark bytes that no other packet holds
   * @param peers names of the two peers' devices
   * @param core name of the core router
   * @param shared names of the NATs that both peers are behind: what one of them translates between the two, and does
   *   not cross the core, it has turned round
   */
  constructor(mark: Buffer, peers: readonly string[], core: string, shared: readonly string[]) {
    this.#mark = mark;
    this.#peers = new Set(peers);
    this.#core = core;
    this.#shared = new Set(shared);
  }

  /** Undefined as long as the mark has not arrived. */
  get path(): Path | undefined {
    if (!this.#arrived) return undefined;
    if (this.#relayed) return 'relayed';
    if (this.#crossedCore) return 'direct';
    if (this.#turnedRound) return 'hairpin';
    // Straight from one to the other behind a carrier's NAT, but out of a home's or into one.
    return this.#translated ? 'direct' : 'lan';
  }

  packet(_timeUs: number, device: Device, event: PacketEvent, packet: Packet): void {
    if (!this.#marked(packet.payload)) return;
    if (event === 'delivered') {
      if (this.#peers.has(device.name)) this.#arrived = true;
      else this.#relayed = true;
    } else if (event === 'translated') {
      this.#translated = true;
      if (this.#shared.has(device.name)) this.#turnedRound = true;
    } else if (event === 'forwarded' && device.name === this.#core) this.#crossedCore = true;
  }

  mapping(): void {}

  hostEvent(): void {}

  #marked(payload: Uint8Array): boolean {
    if (payload.length < this.#mark.length) return false;
    return Buffer.from(payload.buffer, payload.byteOffset, payload.length).includes(this.#mark);
  }
}
