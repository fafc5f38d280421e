import type { Forecast } from '../../nat/prediction/forecast.ts';
import { planOpenings } from '../../nat/prediction/openings.ts';
import type { PortSeries } from '../../nat/prediction/port-series.ts';
import { planSharedOpenings, type SharedCount, sharedCount } from '../../nat/prediction/shared-count.ts';
import { contentionBetween, windowFor } from '../../nat/prediction/window.ts';
import { StunClient } from '../../nat/stun-client.ts';
import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { type NatTraits, UNKNOWN_NAT } from '../../wire/address/address-content.ts';
import { ByteReader } from '../../wire/bytes.ts';
import { isSteady, outwardInterface, presumedEndpoint } from '../own-nat.ts';
import type { Attempt } from '../plugin.ts';
import { decodeOffer, encodeOffer, MAX_ROUNDS, type PunchOffer } from '../punch-offer.ts';
import { looksAlike, mappedEndpoint } from '../punching/mapped-endpoint.ts';
import type { PunchPort } from '../punching/punch-port.ts';
import type { Punch, Puncher } from '../punching/puncher.ts';
import { sharedNetworkTargets, unicast } from '../targets.ts';
import { lookAhead, SAMPLES } from './outlook.ts';

/** A predicted port is right at once or never, since the NAT moves on. */
const PREDICTED_SENDS = 6;
/** From the first packets of a round to the next round; each waits for longer. */
const ROUND_MS = 700;
/** Nothing of the peer has come in by then: our NAT may have forgotten us, or has another address. */
const LOOK_AGAIN_MS = [1000, 2500];
/** A round trip that takes longer says nothing: a packet of it was lost. */
const LONGEST_TRIP_US = 200_000;
/** The longest time from a look at the NAT to the first packet, as long as signals take no longer than packets. */
const LOOK_AGE_MS = 400;
/** An offer for each round, and a correction of each. */
const MAX_OFFERS = 2 * MAX_ROUNDS;

export interface NegotiationOptions {
  readonly attempt: Attempt;
  readonly puncher: Puncher;
  readonly stun: Endpoint;
  /** The socket that serves all destinations. */
  readonly main: UdpSocket;
  /** How long it only answers before it probes on its own. */
  readonly waitMs: number;
}

interface Own {
  readonly offer: PunchOffer;
  /** Fresh ports for this round, in order. */
  readonly slots: readonly PunchPort[];
  /** The peer's offer of this round was there before. */
  readonly answers: boolean;
}

/**
 * Tells the other end what can be foreseen of our ports, hears the same of its own, and opens what follows from both.
 * It takes no agreed instant: who comes first opens its NAT, and repeats until the other one has opened its own.
 */
export class Negotiation {
  readonly #options: NegotiationOptions;
  readonly #client: StunClient;
  readonly #port: PunchPort;
  readonly #nat: NatTraits;
  #round = 1;
  #mapped: Endpoint | undefined;
  #own: Own | undefined;
  #peer: PunchOffer | undefined;
  /** What was opened last. */
  #opened: { own: Own; peer: PunchOffer } | undefined;
  /** Slots of this round that have sent: where they send next can't be foreseen. */
  #used = 0;
  #look: { readonly series: PortSeries; readonly atUs: number; readonly slots: number } | undefined;
  #waiting: boolean;
  #saidUs = 0;
  /** To the server and back. */
  #tripUs = LONGEST_TRIP_US;

  constructor(options: NegotiationOptions) {
    const { attempt, main, puncher, stun, waitMs } = options;
    this.#options = options;
    this.#waiting = waitMs > 0;
    this.#client = new StunClient(attempt.host, main);
    const port = puncher.adopt(main);
    this.#port = port;
    this.#client.onMessage = (data, from) => port.receive(data, from);
    const place = outwardInterface(attempt, familyOf(stun.address));
    this.#nat = place?.udp.nat ?? UNKNOWN_NAT;
    this.#mapped = presumedEndpoint(place, this.#nat, main.local.port);
  }

  /** Runs until the attempt ends. @throws Error if nobody tells how we look from outside; WireError */
  async run(): Promise<void> {
    const { role, line, host } = this.#options.attempt;
    if (this.#mapped) this.#say({ kind: 'steady', endpoint: this.#mapped });
    this.#begin(1);
    for (const waitMs of LOOK_AGAIN_MS) host.clock.after(waitMs, () => void this.#lookAgain().catch(() => {}));
    for (let count = 0; count < MAX_OFFERS; count++) {
      this.#peer = decodeOffer(new ByteReader(await line.receive()));
      if (role === 'responder' && this.#peer.round > this.#round) this.#begin(this.#peer.round);
      this.#advance();
    }
  }

  #begin(round: number): void {
    this.#round = round;
    const { attempt, puncher, main } = this.#options;
    this.#observe().catch((error: Error) => {
      const inside = sharedNetworkTargets(attempt.local, attempt.remote!, main.local.port).length > 0;
      // Who meets inside needs nobody to say how it looks from outside.
      if (inside && !attempt.signal.aborted) this.#say({ kind: 'unpredictable' });
      else puncher.fail(error);
    });
  }

  /** Looks at our own NAT, and tells the peer. */
  async #observe(): Promise<void> {
    const { attempt, stun } = this.#options;
    const round = this.#round;
    const steady = isSteady(this.#nat) ?? (await looksAlike(this.#client, stun, attempt.signal)) ?? true;
    if (!steady) return this.#foresee(round);
    const { clock } = attempt.host;
    const askedUs = clock.now();
    const mapped = await mappedEndpoint(this.#client, stun, attempt.signal);
    this.#tripUs = Math.min(this.#tripUs, clock.now() - askedUs);
    if (round === 1 && this.#mapped && sameEndpoint(this.#mapped, mapped)) {
      this.#advance();
      return;
    }
    this.#mapped = mapped;
    this.#say({ kind: 'steady', endpoint: mapped });
  }

  /** A steady end that nobody answers, and that does not look from outside as it did, says so. */
  async #lookAgain(): Promise<void> {
    const { attempt, puncher, stun } = this.#options;
    if (puncher.hit || this.#own?.offer.forecast.kind !== 'steady') return;
    const mapped = await mappedEndpoint(this.#client, stun, attempt.signal);
    if (sameEndpoint(this.#mapped!, mapped)) return;
    this.#mapped = mapped;
    this.#say({ kind: 'steady', endpoint: mapped });
  }

  async #foresee(round: number): Promise<void> {
    const { attempt, puncher, stun } = this.#options;
    const atUs = attempt.host.clock.now();
    const widthFor = (forecast: Forecast) => this.#widthFor(forecast, atUs);
    // The main port is mapped first, so that the samples are the newest ports.
    const asked = this.#mapped ?? mappedEndpoint(this.#client, stun, attempt.signal);
    const [mapped, outlook] = await Promise.all([asked, lookAhead(attempt, stun, this.#nat, widthFor)]);
    if (round !== this.#round) return;
    this.#mapped = mapped;
    const slots = outlook.slots.map((socket) => {
      const port = puncher.adopt(socket);
      socket.onMessage = (data, from) => port.receive(data, from);
      return port;
    });
    if (outlook.forecast.kind === 'series') this.#look = { series: outlook.forecast.series, atUs, slots: 0 };
    this.#say(outlook.forecast, slots);
  }

  #widthFor(forecast: Forecast, atUs: number): number {
    if (forecast.kind !== 'series' || !this.#look) return windowFor(undefined, LOOK_AGE_MS);
    const own = SAMPLES + this.#look.slots;
    const elapsedMs = (atUs - this.#look.atUs) / 1000;
    return windowFor(contentionBetween(this.#look.series, forecast.series, own, elapsedMs), LOOK_AGE_MS);
  }

  #say(forecast: Forecast, slots: readonly PunchPort[] = []): void {
    const { attempt, main } = this.#options;
    const mapped = this.#mapped ? [this.#mapped] : [];
    const offer = { round: this.#round, port: main.local.port, mapped, forecast };
    this.#own = { offer, slots, answers: this.#peer?.round === this.#round };
    this.#used = 0;
    this.#saidUs = attempt.host.clock.now();
    if (forecast.kind === 'steady') this.#options.puncher.expectStraight();
    attempt.line.send(encodeOffer(offer));
    this.#advance();
  }

  /** Opens what can be opened with what both ends know. */
  #advance(): void {
    const { role } = this.#options.attempt;
    const [own, peer] = [this.#own, this.#peer];
    if (!own || !peer || (this.#opened?.own === own && this.#opened.peer === peer)) return;
    const predicted = own.offer.forecast.kind === 'series' || peer.forecast.kind === 'series';
    if (predicted && own.offer.round !== peer.round) return;
    if (this.#waiting) {
      this.#wait();
      return;
    }
    const stillMs = this.#stillMs(own);
    if (stillMs > 0) {
      this.#options.attempt.host.clock.after(stillMs, () => this.#advance());
      return;
    }
    this.#opened = { own, peer };
    const shared = this.#sharedCount(own, peer);
    // The responder's packets are to leave first, as they do where its offer is an answer. If not, the next one is.
    if (shared && own.answers === (role === 'initiator')) {
      if (role === 'initiator' && this.#round < MAX_ROUNDS) this.#begin(this.#round + 1);
      return;
    }
    if (peer.forecast.kind === 'steady') this.#options.puncher.expectStraight();
    this.#options.puncher.open(this.#punches(own, peer, shared));
    if (predicted && role === 'initiator') this.#planRound();
  }

  /** Both ends find the same: each knows what the other one's address says of its NAT. */
  #sharedCount(own: Own, peer: PunchOffer): SharedCount | undefined {
    const { attempt, stun } = this.#options;
    const family = familyOf(stun.address);
    const theirs = attempt.remote!.interfaces.find(({ address }) => familyOf(address) === family);
    const count = [this.#nat, theirs?.udp.nat].every((nat) => nat?.allocation === 'sequential');
    return count ? sharedCount(own.offer.forecast, peer.forecast) : undefined;
  }

  /**
   * The initiator's NAT may take a first packet amiss that comes before its own: shut its sender out, or give it the port
   * that the initiator was to have. So the responder keeps still for a round trip, about as long as its offer is under
   * way. That costs nothing: what it would send sooner, a filter would drop.
   */
  #stillMs({ offer }: Own): number {
    const { role, host } = this.#options.attempt;
    if (role === 'initiator' || offer.forecast.kind !== 'steady') return 0;
    return (this.#saidUs + this.#tripUs - host.clock.now()) / 1000;
  }

  #wait(): void {
    const { attempt, waitMs } = this.#options;
    attempt.host.clock.after(waitMs, () => {
      this.#waiting = false;
      this.#advance();
    });
  }

  #planRound(): void {
    const round = this.#round;
    if (round >= MAX_ROUNDS) return;
    this.#options.attempt.host.clock.after(ROUND_MS * round, () => {
      if (this.#round === round) this.#begin(round + 1);
    });
  }

  /** In the order in which they must leave. */
  #punches({ offer, slots }: Own, peer: PunchOffer, shared: SharedCount | undefined): Punch[] {
    const { attempt } = this.#options;
    const openings = shared
      ? planSharedOpenings(attempt.role, shared)
      : planOpenings(attempt.role, offer.forecast, peer.forecast);
    const sends = offer.forecast.kind === 'series' || peer.forecast.kind === 'series' ? PREDICTED_SENDS : undefined;
    const foreseen = openings.flatMap(({ slot, target }): Punch[] => {
      const port = slot === 0 ? this.#port : slots[this.#used + slot - 1];
      return port ? [{ port, target, ...(sends !== undefined && { sends }) }] : [];
    });
    this.#used += openings.filter(({ slot }) => slot > 0).length;
    if (this.#look) this.#look = { ...this.#look, slots: this.#used + 1 };
    // A peer that lets anybody in can be reached where servers see it, whatever its ports do.
    const known = [...peer.mapped, ...sharedNetworkTargets(attempt.local, attempt.remote!, peer.port)];
    const punches = [...foreseen, ...known.map((target): Punch => ({ port: this.#port, target }))];
    const [first, ...others] = punches.filter(({ target }) => unicast([target], attempt.local).length > 0);
    return first ? [{ ...first, likely: peer.forecast.kind !== 'unpredictable' }, ...others] : [];
  }
}
