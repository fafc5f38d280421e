import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Clock, Random, Timer, UdpSocket } from '../../ports/index.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { METHOD, TRANSACTION_ID_LENGTH } from '../../wire/stun/message.ts';
import { encodeChannelData } from '../../wire/turn/channel-data.ts';
import type { ClientLink } from './client-link.ts';
import { isMapped } from './peer-policy.ts';
import { PeerTable } from './peer-table.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

/** Longer datagrams may not fit a Data indication. */
const MAX_RELAYED = 65_400;

interface Service {
  readonly clock: Clock;
  readonly random: Random;
}

/** A relayed transport address and what its client may do with it (RFC 8656 section 3.2). */
export class Allocation {
  readonly link: ClientLink;
  readonly username: string;
  readonly relayed: Endpoint;
  readonly peers: PeerTable;
  readonly #host: Service;
  readonly #options: ResolvedTurnOptions;
  readonly #socket: UdpSocket;
  readonly #onEnd: (allocation: Allocation) => void;
  #timer: Timer | undefined;

  constructor(
    host: Service,
    options: ResolvedTurnOptions,
    link: ClientLink,
    username: string,
    socket: UdpSocket,
    onEnd: (allocation: Allocation) => void,
  ) {
    this.link = link;
    this.username = username;
    this.relayed = socket.local;
    this.peers = new PeerTable(options.maxPeers);
    this.#host = host;
    this.#options = options;
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.onMessage = (data, from) => this.#fromPeer(data, from);
  }

  /** Sets when the allocation ends unless it is refreshed. */
  live(lifetimeMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#host.clock.after(lifetimeMs, () => this.end());
  }

  end(): void {
    this.#timer?.cancel();
    this.#socket.close();
    this.#onEnd(this);
  }

  /** Why this peer is out of bounds, as an error code; undefined if it is not. */
  objection(peer: Endpoint): 403 | 443 | undefined {
    const { address } = peer;
    if (familyOf(address) !== familyOf(this.relayed.address)) return 443;
    // Relaying to the server's own port would let a client talk to the server as the server.
    if (isMapped(address) || sameEndpoint(peer, this.#options.endpoint)) return 403;
    return this.#options.allowPeer(address) ? undefined : 403;
  }

  /** What the client sends to a peer; without a permission it is dropped (RFC 8656 section 11.3). */
  toPeer(data: Uint8Array, peer: Endpoint): void {
    if (peer.port === 0 || sameEndpoint(peer, this.#options.endpoint)) return;
    if (this.peers.permits(peer.address, this.#host.clock.now())) this.#socket.send(data, peer);
  }

  /** What the client sends on a channel. */
  toChannel(data: Uint8Array, channel: number): void {
    const peer = this.peers.peerOf(channel, this.#host.clock.now());
    if (peer) this.toPeer(data, peer);
  }

  #fromPeer(data: Uint8Array, from: Endpoint): void {
    const nowUs = this.#host.clock.now();
    if (data.length > MAX_RELAYED || this.link.congested || !this.peers.permits(from.address, nowUs)) return;
    const channel = this.peers.channelOf(from, nowUs);
    if (channel === undefined) this.link.send(this.#dataIndication(data, from));
    else this.link.send(encodeChannelData(channel, data, this.link.stream));
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
