import { DYNAMIC_COUNT, DYNAMIC_FIRST } from '../../nat/port-sampling.ts';
import { type Forecast, forecastSeries } from '../../nat/prediction/forecast.ts';
import { MIN_WINDOW } from '../../nat/prediction/window.ts';
import { stunOverTcp, type TcpMapping } from '../../nat/stun-over-tcp.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { isNetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import { type NatTraits, UNKNOWN_NAT } from '../../wire/address/address-content.ts';
import { isSteady, outwardInterface } from '../own-nat.ts';
import type { Attempt } from '../plugin.ts';
import type { PunchOffer } from '../punch-offer.ts';

const STUN_TIMEOUT_MS = 3000;
const SAMPLES = 3;
const LOOKS = 4;

/** What is known right now of where our SYNs to the peer will come from. */
export interface TcpOutlook {
  readonly offer: PunchOffer;
  /** Local ports of a series, in order; they are not bound yet. */
  readonly slots: readonly number[];
  /** One way from here to a server, about. */
  readonly tripUs: number;
}

/** Looks at the NAT over TCP, whose ports are none of UDP's. */
export class TcpLookout {
  readonly #attempt: Attempt;
  readonly #stun: Endpoint;
  readonly #nat: NatTraits;
  readonly #predicts: boolean;
  /** They keep the mappings alive while we punch. */
  readonly #mappings: TcpMapping[] = [];
  #steady: TcpMapping | undefined;

  constructor(attempt: Attempt, stun: Endpoint, predicts: boolean) {
    this.#attempt = attempt;
    this.#stun = stun;
    this.#nat = outwardInterface(attempt, familyOf(stun.address))?.tcp.nat ?? UNKNOWN_NAT;
    this.#predicts = predicts;
  }

  /** @throws NetError if the server can't be reached */
  async look(round: number): Promise<TcpOutlook> {
    if (this.#predicts && isSteady(this.#nat) === false) return this.#foresee(round);
    this.#steady ??= await this.#ask();
    const { local, mapped } = this.#steady;
    return {
      offer: { round, port: local.port, mapped: [mapped], forecast: { kind: 'steady', endpoint: mapped } },
      slots: [],
      tripUs: this.#tripUs,
    };
  }

  /** A SYN that got lost and went again says too much: the shortest is right. */
  get #tripUs(): number {
    return Math.min(...this.#mappings.map(({ roundTripUs }) => roundTripUs)) / 2;
  }

  close(): void {
    for (const { connection } of this.#mappings) connection.reset();
  }

  async #foresee(round: number): Promise<TcpOutlook> {
    const { random } = this.#attempt.host;
    for (let looks = 1; ; looks++) {
      const first = DYNAMIC_FIRST + random.below(DYNAMIC_COUNT - SAMPLES - MIN_WINDOW);
      const ports = Array.from({ length: SAMPLES }, (_, index) => first + index);
      // All SYNs leave in this instant, in the order of the ports.
      const asked = await Promise.allSettled(ports.map((port) => this.#ask(port)));
      const [failed] = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      if (failed && looks < LOOKS && isNetError(failed, 'EADDRINUSE')) continue;
      const samples = asked.map((one, index) => {
        return { localPort: ports[index]!, mapped: one.status === 'fulfilled' ? one.value.mapped : undefined };
      });
      const mapped = samples[0]!.mapped;
      if (!mapped) throw failed;
      const forecast: Forecast = forecastSeries(samples, this.#nat, MIN_WINDOW);
      const slots = Array.from({ length: MIN_WINDOW }, (_, index) => first + SAMPLES + index);
      return { offer: { round, port: first, mapped: [mapped], forecast }, slots, tripUs: this.#tripUs };
    }
  }

  async #ask(localPort?: number): Promise<TcpMapping> {
    const { bindAddress, host, signal } = this.#attempt;
    const mapping = await stunOverTcp(host, this.#stun, {
      timeoutMs: STUN_TIMEOUT_MS,
      signal,
      ...(bindAddress !== undefined && { localAddress: bindAddress }),
      ...(localPort !== undefined && { localPort }),
    });
    this.#mappings.push(mapping);
    return mapping;
  }
}
