import type { Clock, Host } from '../ports/index.ts';

/** A host's clock whose idea of the date can be put right. Monotonic time is left alone. */
export class SteeredClock implements Clock {
  /** Added to the host's date, in ms. */
  offsetMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallMs(): number {
    return this.#clock.wallMs() + Math.round(this.offsetMs);
  }

  after(delayMs: number, task: () => void): ReturnType<Clock['after']> {
    return this.#clock.after(delayMs, task);
  }
}

/** The same host with another clock. */
export function withClock(host: Host, clock: Clock): Host {
  const { random, signer, events, udp, tcp, tls } = host;
  return {
    ...{ clock, random, signer, events, udp, tcp },
    ...(tls && { tls }),
    interfaces: () => host.interfaces(),
    defaultGateways: () => host.defaultGateways(),
  };
}
