import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';

export const PERMISSION_MS = 300_000; // RFC 8656 section 9: exactly this
export const CHANNEL_MS = 600_000; // RFC 8656 section 12

interface Channel {
  readonly number: number;
  readonly peer: Endpoint;
  endUs: number;
}

/** Whom one allocation may talk to, and by which channel. Entries end by the time that they are asked about. */
export class PeerTable {
  readonly #limit: number;
  /** When the permission for an IP address ends; the port does not matter (RFC 8656 section 9). */
  readonly #permissions = new Map<string, number>();
  readonly #byNumber = new Map<number, Channel>();
  readonly #byPeer = new Map<string, Channel>();

  /** @param limit of permissions, and likewise of channels */
  constructor(limit: number) {
    this.#limit = limit;
  }

  permits(address: string, nowUs: number): boolean {
    return (this.#permissions.get(address) ?? Number.NEGATIVE_INFINITY) > nowUs;
  }

  /** Installs or refreshes all permissions, or none if there are too many. */
  permit(addresses: readonly string[], nowUs: number): boolean {
    for (const [address, endUs] of this.#permissions) {
      if (endUs <= nowUs) this.#permissions.delete(address);
    }
    const fresh = new Set(addresses.filter((address) => !this.#permissions.has(address)));
    if (this.#permissions.size + fresh.size > this.#limit) return false;
    for (const address of addresses) this.#permissions.set(address, nowUs + PERMISSION_MS * 1000);
    return true;
  }

  /** The peer that a channel is bound to. */
  peerOf(number: number, nowUs: number): Endpoint | undefined {
    const channel = this.#byNumber.get(number);
    return channel && channel.endUs > nowUs ? channel.peer : undefined;
  }

  /** The channel that a peer is bound to. */
  channelOf(peer: Endpoint, nowUs: number): number | undefined {
    const channel = this.#byPeer.get(formatEndpoint(peer));
    return channel && channel.endUs > nowUs ? channel.number : undefined;
  }

  /** Binds or refreshes a channel that does not clash with another one; false if there are too many. */
  bind(number: number, peer: Endpoint, nowUs: number): boolean {
    for (const channel of [...this.#byNumber.values()]) {
      if (channel.endUs <= nowUs) this.#remove(channel);
    }
    const known = this.#byNumber.get(number);
    if (!known && this.#byNumber.size >= this.#limit) return false;
    const channel = known ?? { number, peer, endUs: 0 };
    channel.endUs = nowUs + CHANNEL_MS * 1000;
    this.#byNumber.set(number, channel);
    this.#byPeer.set(formatEndpoint(peer), channel);
    return true;
  }

  #remove(channel: Channel): void {
    this.#byNumber.delete(channel.number);
    this.#byPeer.delete(formatEndpoint(channel.peer));
  }
}
