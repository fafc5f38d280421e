import type { Identity } from '../identity/identity.ts';
import { NameClient, type NameServerConfig } from '../names/name-client.ts';
import { NameKeeper } from '../names/name-keeper.ts';
import type { NatReport } from '../nat/nat-report.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Host, Timer } from '../ports/index.ts';
import { AddressExchange, type RefreshOptions } from '../signal/address-exchange.ts';
import { type BrokerConfig, SignalChannel } from '../signal/signal-channel.ts';
import { SignalError } from '../signal/signal-error.ts';
import { type Address, createAddress, looksLikeAddress, parseAddress } from '../wire/address/address.ts';
import { AddressError } from '../wire/address/address-error.ts';
import { MAX_BROKERS } from '../wire/address/check-content.ts';
import { freshnessOf } from '../wire/address/freshness.ts';
import { describeSelf, type SelfDescription, type SelfOptions } from './self-address.ts';

export interface PresenceOptions extends Omit<SelfOptions, 'stun'> {
  readonly stun: readonly Endpoint[];
  readonly brokers: readonly BrokerConfig[];
  readonly names: readonly NameServerConfig[];
  readonly nickname: string | undefined;
  readonly addressLifetimeMs: number;
  /** We look other than before from outside. */
  readonly changed?: () => void;
  /** Whom to tell our address when asked for it. */
  readonly answer: (peerKey: Uint8Array) => boolean;
}

/** How long brokers may come and go before the address says so, and before we look again how we look from outside. */
const SETTLE_MS = 2000;

/** Where a node is to be found: its address, kept true, its signal channel, its nickname; and where others are. */
export class Presence {
  /** Keeps the node's nickname; undefined if it has none. */
  readonly nickname: NameKeeper | undefined;
  readonly #host: Host;
  readonly #identity: Identity;
  readonly #options: PresenceOptions;
  readonly #names: NameClient | undefined;
  #opening: Promise<SignalChannel> | undefined;
  #channel: SignalChannel | undefined;
  #exchange: AddressExchange | undefined;
  #self!: SelfDescription;
  #address!: Address;
  /** Brokers that we lost: who is back on one may have another address now. */
  readonly #lost = new Set<object>();
  #settling: Timer | undefined;
  #closed = false;

  private constructor(host: Host, identity: Identity, options: PresenceOptions) {
    this.#host = host;
    this.#identity = identity;
    this.#options = options;
    const { names, nickname } = options;
    this.#names = names.length > 0 ? new NameClient(host, { servers: names }) : undefined;
    if (nickname === undefined) return;
    if (!this.#names) throw new RangeError(`no name server to register ${nickname} with`);
    this.nickname = new NameKeeper(host, this.#names, identity, nickname);
  }

  /** @throws RangeError, NameError for options that do not go together */
  static create(host: Host, identity: Identity, options: PresenceOptions): Presence {
    return new Presence(host, identity, options);
  }

  /** Connects to the brokers, and finds out how we look from outside. The nickname is registered later, by itself. */
  async open(): Promise<void> {
    const { brokers, answer } = this.#options;
    if (brokers.length > 0) this.#opening = SignalChannel.open(this.#host, this.#identity, { brokers });
    const [self, channel] = await Promise.all([describeSelf(this.#host, this.#options), this.#opening]);
    this.#self = self;
    this.#channel = channel;
    this.#issue();
    if (!channel) return;
    this.#exchange = new AddressExchange(this.#host, channel, { current: () => this.address, answer });
    channel.onBrokerChange(({ broker, ready }) => {
      if (!ready) this.#lost.add(broker);
      this.#settling ??= this.#host.clock.after(SETTLE_MS, () => void this.#review());
    });
  }

  get channel(): SignalChannel | undefined {
    return this.#channel;
  }

  get report(): NatReport | undefined {
    return this.#self?.report;
  }

  /** Our own address, with the better half of its life before it. */
  get address(): Address {
    const { issuedAtMs } = this.#address;
    if (this.#host.clock.wallMs() - issuedAtMs > this.#options.addressLifetimeMs / 2) this.#issue();
    return this.#address;
  }

  /** Looks again how we look from outside, and tells it if it has changed. */
  async renew(): Promise<void> {
    const self = await describeSelf(this.#host, this.#options);
    // No server answers, which says nothing of the NAT: what was found out before still counts.
    if (this.#closed || (this.#self.report && !self.report)) return;
    const changed = JSON.stringify(self.interfaces) !== JSON.stringify(this.#self.interfaces);
    this.#self = self;
    if (!changed) return;
    this.#issue();
    this.#options.changed?.();
  }

  /**
   * The address of a peer that is given by its address, old or new, or by its nickname.
   * @throws AddressError, NamesError, NameError
   */
  async find(peer: Address | Uint8Array | string): Promise<Address> {
    if (typeof peer === 'string' && this.#names && !looksLikeAddress(peer)) return this.resolve(peer);
    const { signer, clock } = this.#host;
    const address = typeof peer === 'string' || peer instanceof Uint8Array ? parseAddress(peer, signer) : peer;
    if (freshnessOf(address, clock.wallMs()) !== 'expired') return address;
    const fresh = await this.refresh(address).catch((error: SignalError) => error);
    if (!(fresh instanceof Error) && freshnessOf(fresh, clock.wallMs()) !== 'expired') return fresh;
    const why = fresh instanceof Error ? fresh.message : 'the node has no newer one';
    throw new AddressError('expired', `the address has expired, and ${why}: ask for a new one`);
  }

  /** The address behind a nickname. @throws NamesError, NameError */
  async resolve(name: string): Promise<Address> {
    if (!this.#names) throw new RangeError(`no name server to ask for ${name}`);
    return this.#names.resolve(name);
  }

  /** Asks the node at an address for the one that it has now. @throws SignalError */
  async refresh(address: Address, options?: RefreshOptions): Promise<Address> {
    if (!this.#exchange) throw new SignalError('closed', 'the node has no signal channel');
    return this.#exchange.refresh(address, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#settling?.cancel();
    this.nickname?.close();
    this.#exchange?.close();
    await this.#opening?.then((channel) => channel.close());
  }

  async #review(): Promise<void> {
    this.#settling = undefined;
    const back = [...this.#lost].filter((broker) => this.#isReady(broker));
    for (const broker of back) this.#lost.delete(broker);
    if (back.length > 0) await this.renew();
    if (!this.#closed && JSON.stringify(this.#brokers()) !== JSON.stringify(this.#address.brokers)) this.#issue();
  }

  #isReady(broker: object): boolean {
    return this.#channel!.readyBrokers.includes((broker as BrokerConfig).endpoint);
  }

  /** Those that we are on; where there is none, those where we hope to be. */
  #brokers(): readonly Endpoint[] {
    const ready = this.#channel?.readyBrokers ?? [];
    const brokers = ready.length > 0 ? ready : this.#options.brokers.map(({ endpoint }) => endpoint);
    return brokers.slice(0, MAX_BROKERS);
  }

  /** A new address, later than all before, whatever the clock says. */
  #issue(): void {
    const { clock, events } = this.#host;
    const again = this.#address !== undefined;
    const issuedAtMs = Math.max(clock.wallMs(), again ? this.#address.issuedAtMs + 1 : 0);
    const expiresAtMs = issuedAtMs + this.#options.addressLifetimeMs;
    const content = { issuedAtMs, expiresAtMs, interfaces: this.#self.interfaces, brokers: this.#brokers() };
    this.#address = createAddress(content, this.#identity);
    if (again) events.emit('address-changed', { issuedAtMs });
    this.nickname?.publish(this.#address);
  }
}
