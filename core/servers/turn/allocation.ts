import { type Endpoint, type Family, sameEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Clock, Random, Timer, UdpSocket } from '../../ports/index.ts';
import { TokenBucket } from '../../signal/token-bucket.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { METHOD, TRANSACTION_ID_LENGTH } from '../../wire/stun/message.ts';
import { encodeChannelData } from '../../wire/turn/channel-data.ts';
import type { ClientLink } from './client-link.ts';
import { isMapped, isOwnService } from './peer-policy.ts';
import { PeerTable } from './peer-table.ts';
import type { TurnCounters } from './turn-counters.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

/** Longer datagrams may not fit a Data indication. */
const MAX_RELAYED = 65_400;

interface Service {
  readonly clock: Clock;
  readonly random: Random;
}

/** Relayed transport addresses, of one family or both, and what their client may do with them (RFC 8656 section 3.2). */
export class Allocation {
  readonly link: ClientLink;
  readonly username: string;
  readonly peers: PeerTable;
  readonly #host: Service;
  readonly #options: ResolvedTurnOptions;
  readonly #counters: TurnCounters;
  readonly #sockets: Map<Family, UdpSocket>;
  readonly #onEnd: (allocation: Allocation) => void;
  readonly #budget: TokenBucket | undefined;
  #timer: Timer | undefined;

  constructor(
    host: Service,
    options: ResolvedTurnOptions,
    counters: TurnCounters,
    link: ClientLink,
    username: string,
    sockets: readonly UdpSocket[],
    onEnd: (allocation: Allocation) => void,
  ) {
    this.link = link;
    this.username = username;
    this.peers = new PeerTable(options.maxPeers);
    this.#host = host;
    this.#options = options;
    this.#counters = counters;
    this.#sockets = new Map(sockets.map((socket) => [familyOf(socket.local.address), socket]));
    const { maxBytesPerSecond: perSecond } = options;
    // At least one datagram of any length.
    if (perSecond > 0) {
      this.#budget = new TokenBucket({ perSecond, burst: Math.max(perSecond, 0xffff) }, host.clock.now());
    }
    this.#onEnd = onEnd;
    for (const socket of sockets) socket.onMessage = (data, from) => this.#fromPeer(data, from);
  }

  /** At most one of each family, IPv4 first. */
  get relayed(): readonly Endpoint[] {
    return [...this.#sockets.values()].map(({ local }) => this.#options.addresses.outer(local));
  }

  has(family: Family): boolean {
    return this.#sockets.has(family);
  }

  /** Sets when the allocation ends unless it is refreshed. */
  live(lifetimeMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#host.clock.after(lifetimeMs, () => this.end());
  }

  end(): void {
    this.#timer?.cancel();
    for (const socket of this.#sockets.values()) socket.close();
    this.#onEnd(this);
  }

  /** Ends one family's relayed address, and with the last one the allocation (RFC 8656 section 8.2). */
  endFamily(family: Family): void {
    if (this.#sockets.size === 1) {
      this.end();
      return;
    }
    this.#sockets.get(family)?.close();
    this.#sockets.delete(family);
  }

  /** Why this peer is out of bounds, as an error code; undefined if it is not. */
  objection(named: Endpoint): 403 | 443 | undefined {
    const peer = this.#options.addresses.inner(named);
    const { address } = peer;
    if (!this.has(familyOf(address))) return 443;
    // A permission names no port: there the port is looked at when something is sent.
    if (isMapped(address) || (peer.port !== 0 && isOwnService(peer, this.#options))) return 403;
    return this.#options.allowPeer(address) || this.#options.relayAddresses.includes(address) ? undefined : 403;
  }

  /** What the client sends to a peer; without a permission it is dropped (RFC 8656 section 11.3). */
  toPeer(data: Uint8Array, named: Endpoint): void {
    const peer = this.#options.addresses.inner(named);
    const nowUs = this.#host.clock.now();
    const socket = this.#sockets.get(familyOf(peer.address));
    if (!socket || peer.port === 0 || isOwnService(peer, this.#options) || sameEndpoint(peer, socket.local)) return;
    if (!this.peers.permits(named.address, nowUs) || !this.#affords(data, nowUs)) return;
    this.#counters.relayed('to-peer', data.length);
    socket.send(data, peer);
  }

  /** What the client sends on a channel. */
  toChannel(data: Uint8Array, channel: number): void {
    const peer = this.peers.peerOf(channel, this.#host.clock.now());
    if (peer) this.toPeer(data, peer);
  }

  #fromPeer(data: Uint8Array, source: Endpoint): void {
    const from = this.#options.addresses.outer(source);
    const nowUs = this.#host.clock.now();
    if (data.length > MAX_RELAYED || this.link.congested || !this.peers.permits(from.address, nowUs)) return;
    if (!this.#affords(data, nowUs)) return;
    this.#counters.relayed('from-peer', data.length);
    const channel = this.peers.channelOf(from, nowUs);
    if (channel === undefined) this.link.send(this.#dataIndication(data, from));
    else this.link.send(encodeChannelData(channel, data, this.link.stream));
  }

  #affords(data: Uint8Array, nowUs: number): boolean {
    if (!this.#budget || this.#budget.take(nowUs, data.length)) return true;
    this.#counters.overBudget++;
    return false;
  }

  #dataIndication(data: Uint8Array, from: Endpoint): Buffer {
    return encodeMessage({
      messageClass: 'indication',
      method: METHOD.data,
      transactionId: this.#host.random.bytes(TRANSACTION_ID_LENGTH),
      attributes: [
        { type: 'xor-peer-address', value: from },
        { type: 'data', value: data },
      ],
    });
  }
}
