import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import { NetError } from '../../net/error.ts';
import { canonicalAddress } from '../../net/ip.ts';
import type { Host, Timer } from '../../ports/index.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { METHOD, TRANSACTION_ID_LENGTH } from '../../wire/stun/message.ts';
import {
  decodeChannelData,
  encodeChannelData,
  FIRST_CHANNEL,
  isChannelData,
  LAST_CHANNEL,
} from '../../wire/turn/channel-data.ts';
import { WireError } from '../../wire/wire-error.ts';
import { readStun, type TurnSession } from './turn-client-session.ts';
import type { TurnTransport } from './turn-client-transport.ts';

/** Permissions last 300 s (RFC 8656 section 9): renewed early enough for a lost packet or two. */
const RENEW_PEERS_MS = 240_000;
/** NATs on the way to the server forget a UDP mapping sooner than any of our timers ends (RFC 8445 section 11: 15 s). */
const KEEPALIVE_MS = 15_000;
/** How long a request to delete the allocation is tried. */
const GOODBYE_MS = 2000;
/** Permissions renewed by one request. */
const PEERS_PER_REQUEST = 32;

interface Channel {
  readonly number: number;
  readonly peer: Endpoint;
  readonly bound: Promise<void>;
  usable: boolean;
}

export interface Granted {
  readonly relayed: Endpoint;
  readonly mapped: Endpoint;
  readonly lifetimeMs: number;
}

/** A relayed transport address at a TURN server. It renews itself until it is closed. */
export class Allocation {
  /** Where peers send to. */
  readonly relayed: Endpoint;
  /** How the server sees us. */
  readonly mapped: Endpoint;
  /** Called for every datagram from a peer with a permission. */
  onData: ((data: Uint8Array, peer: Endpoint) => void) | undefined;
  /** Called once if the allocation ends other than by {@link close}. */
  onClosed: ((reason: Error) => void) | undefined;
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #transport: TurnTransport;
  readonly #session: TurnSession;
  readonly #permitted = new Set<string>();
  readonly #byPeer = new Map<string, Channel>();
  readonly #byNumber = new Map<number, Channel>();
  readonly #timers = new Map<'refresh' | 'peers' | 'keepalive', Timer>();
  #nextChannel = FIRST_CHANNEL;
  #quiet = true;
  #state: 'open' | 'closed' = 'open';

  constructor(host: Pick<Host, 'clock' | 'random'>, transport: TurnTransport, session: TurnSession, granted: Granted) {
    this.#host = host;
    this.#transport = transport;
    this.#session = session;
    this.relayed = granted.relayed;
    this.mapped = granted.mapped;
    transport.onMessage = (bytes) => this.#receive(bytes);
    transport.onError = (error) => this.#onTransportError(error);
    this.#scheduleRefresh(granted.lifetimeMs);
    this.#every('peers', RENEW_PEERS_MS, () => this.#renewPeers());
    if (!transport.stream) this.#every('keepalive', KEEPALIVE_MS, () => this.#keepAlive());
  }

  /**
   * Lets this IP address, with any port, send to us, and us to it. Renewed until the allocation ends.
   *
   * @throws TurnError, NetError
   */
  async permit(address: string): Promise<void> {
    const peer = canonicalAddress(address);
    const known = this.#permitted.has(peer);
    this.#permitted.add(peer);
    try {
      await this.#request(METHOD.createPermission, permissions([address]));
    } catch (error) {
      if (!known) this.#permitted.delete(peer);
      throw error;
    }
  }

  /**
   * Binds a channel, which carries data with 4 bytes more instead of 36, and permits the peer.
   *
   * @throws TurnError, NetError
   */
  bindChannel(peer: Endpoint): Promise<void> {
    const key = formatEndpoint(peer);
    const known = this.#byPeer.get(key);
    if (known) return known.bound;
    if (this.#nextChannel > LAST_CHANNEL) return Promise.reject(new NetError('ENOBUFS', 'no channel number is left'));
    const number = this.#nextChannel++;
    const bound = this.#bind(number, peer);
    const channel: Channel = { number, peer, bound, usable: false };
    this.#byPeer.set(key, channel);
    this.#byNumber.set(number, channel);
    bound.then(
      () => {
        channel.usable = true;
      },
      () => {
        this.#byPeer.delete(key);
        this.#byNumber.delete(number);
      },
    );
    return bound;
  }

  /**
   * Sends a datagram to a peer with a permission, by its channel if one is bound; without a permission the server drops
   * it.
   *
   * @throws RangeError if the data exceeds what a STUN message holds
   */
  send(data: Uint8Array, peer: Endpoint): void {
    if (this.#state !== 'open') return;
    this.#quiet = false;
    const channel = this.#byPeer.get(formatEndpoint(peer));
    if (channel?.usable) {
      this.#transport.sendData(encodeChannelData(channel.number, data, this.#transport.stream));
      return;
    }
    const attributes: Attribute[] = [
      { type: 'xor-peer-address', value: peer },
      { type: 'data', value: data },
    ];
    this.#transport.sendData(this.#indication(METHOD.send, attributes));
  }

  /** Deletes the allocation at the server; nothing is sent or delivered any more. Closing twice does nothing. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#stop();
    const goodbye = this.#session.request(METHOD.refresh, [{ type: 'lifetime', value: 0 }], { deadlineMs: GOODBYE_MS });
    const done = () => this.#transport.close();
    // Whatever the server answers or does not: it forgets the allocation now, or when its lifetime ends.
    goodbye.then(done, done);
  }

  #request(method: number, attributes: readonly Attribute[]): Promise<ReceivedMessage> {
    if (this.#state !== 'open') return Promise.reject(new NetError('ECANCELED', 'the allocation is closed'));
    return this.#session.request(method, attributes);
  }

  async #bind(number: number, peer: Endpoint): Promise<void> {
    await this.#request(METHOD.channelBind, [
      { type: 'channel-number', value: number },
      { type: 'xor-peer-address', value: peer },
    ]);
  }

  #receive(bytes: Uint8Array): void {
    if (isChannelData(bytes)) {
      this.#onChannelData(bytes);
      return;
    }
    const message = readStun(bytes);
    if (!message || this.#session.receive(message) || this.#state !== 'open') return;
    if (message.messageClass !== 'indication' || message.method !== METHOD.data) return;
    const peer = attributeOf(message, 'xor-peer-address');
    const data = attributeOf(message, 'data');
    if (peer && data && this.#isPeer(peer)) this.onData?.(data, peer);
  }

  /** Only from whom we let in, or asked to have let in (RFC 8656 section 11.4): the answer may be overtaken. */
  #isPeer({ address }: Endpoint): boolean {
    return this.#permitted.has(address) || [...this.#byPeer.values()].some(({ peer }) => peer.address === address);
  }

  #onChannelData(bytes: Uint8Array): void {
    if (this.#state !== 'open') return;
    try {
      const { channel, data } = decodeChannelData(bytes);
      // The peer's first datagrams may overtake the answer to our ChannelBind.
      const peer = this.#byNumber.get(channel)?.peer;
      if (peer) this.onData?.(data, peer);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  /** A broken stream is the end. A socket's error may be about one lost datagram: a request will show. */
  #onTransportError(error: NetError): void {
    if (this.#transport.stream) this.#end(error);
    const waiting = this.#session.busy;
    this.#session.fail(error);
    if (this.#state === 'open' && !waiting) void this.#refresh();
  }

  async #refresh(): Promise<void> {
    this.#timers.get('refresh')?.cancel();
    await this.#orEnd(async () => {
      const message = await this.#request(METHOD.refresh, []);
      this.#scheduleRefresh(1000 * (attributeOf(message, 'lifetime') ?? 0));
    });
  }

  /** A minute before the end, or half-way if the lifetime is short. */
  #scheduleRefresh(lifetimeMs: number): void {
    if (this.#state !== 'open') return;
    const delayMs = Math.max(lifetimeMs - 60_000, lifetimeMs / 2, 1000);
    this.#timers.set(
      'refresh',
      this.#host.clock.after(delayMs, () => void this.#refresh()),
    );
  }

  async #renewPeers(): Promise<void> {
    await this.#orEnd(async () => {
      const addresses = [...this.#permitted];
      for (let from = 0; from < addresses.length; from += PEERS_PER_REQUEST) {
        await this.#request(METHOD.createPermission, permissions(addresses.slice(from, from + PEERS_PER_REQUEST)));
      }
      for (const { usable, number, peer } of [...this.#byNumber.values()]) {
        if (usable) await this.#bind(number, peer);
      }
    });
  }

  #keepAlive(): void {
    if (this.#quiet) this.#transport.send(this.#indication(METHOD.binding, []));
    this.#quiet = true;
  }

  /** What can't be renewed would go silent some time later: better an end that is heard. */
  async #orEnd(renew: () => Promise<void>): Promise<void> {
    try {
      await renew();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #end(reason: Error): void {
    if (this.#state !== 'open') return;
    this.#stop();
    this.#transport.close();
    this.onClosed?.(reason);
  }

  #stop(): void {
    this.#state = 'closed';
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #every(name: 'peers' | 'keepalive', intervalMs: number, task: () => void): void {
    const again = () => {
      this.#timers.set(name, this.#host.clock.after(intervalMs, again));
      task();
    };
    this.#timers.set(name, this.#host.clock.after(intervalMs, again));
  }

  #indication(method: number, attributes: readonly Attribute[]): Buffer {
    const transactionId = this.#host.random.bytes(TRANSACTION_ID_LENGTH);
    return encodeMessage({ messageClass: 'indication', method, transactionId, attributes });
  }
}

function permissions(addresses: readonly string[]): Attribute[] {
  return addresses.map((address) => ({ type: 'xor-peer-address', value: { address, port: 0 } }));
}
