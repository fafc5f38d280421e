import type { Host, Timer } from '../ports/index.ts';
import { NtpClient, type NtpOptions } from './ntp-client.ts';
import type { SteeredClock } from './steered-clock.ts';

const INTERVAL_MS = 3_600_000;
/** Until the first agreement: half a minute, then twice as long each time. */
const FIRST_RETRY_MS = 30_000;

/**
 * Keeps a clock near what NTP servers agree on. It is a refinement: without it, or while the servers are silent or
 * disagree, the host's own date serves, and everything that looks at dates allows for clocks minutes apart.
 */
export class ClockKeeper {
  readonly #host: Host;
  readonly #clock: SteeredClock;
  readonly #client: NtpClient;
  #timer: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  /** Asks at once, and again every hour. @param host its own clock must not be the steered one */
  constructor(host: Host, clock: SteeredClock, options: NtpOptions) {
    this.#host = host;
    this.#clock = clock;
    this.#client = new NtpClient(host, options);
    void this.#read();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #read(): Promise<void> {
    const { clock } = await this.#client.read();
    if (this.#closed) return;
    if (clock) {
      this.#clock.offsetMs = clock.offsetMs;
      this.#host.events.emit('clock-set', {
        offsetMs: clock.offsetMs,
        errorMs: clock.errorMs,
        servers: clock.agreeing,
      });
    }
    const baseMs = clock ? INTERVAL_MS : this.#retryMs;
    if (!clock) this.#retryMs = Math.min(INTERVAL_MS, this.#retryMs * 2);
    // Nodes that were started together do not ask together for ever.
    const delayMs = baseMs * 0.75 + this.#host.random.below(baseMs / 2);
    this.#timer = this.#host.clock.after(delayMs, () => void this.#read());
  }
}
