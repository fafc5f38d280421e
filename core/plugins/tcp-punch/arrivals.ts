import type { TcpConnection } from '../../ports/index.ts';
import type { Attempt, ProvenTransport } from '../plugin.ts';
import { StreamTransport } from '../stream-transport.ts';

/** The peer, and perhaps strangers, each of whom costs a handshake. */
const MAX_ARRIVALS = 8;

/** Who comes in while we punch: the first that proves to be the peer is taken. */
export class Arrivals {
  readonly #attempt: Attempt;
  readonly #untilUs: number;
  readonly #proven: Promise<ProvenTransport>;
  #resolve!: (transport: ProvenTransport) => void;
  #left = MAX_ARRIVALS;

  constructor(attempt: Attempt, untilUs: number) {
    this.#attempt = attempt;
    this.#untilUs = untilUs;
    this.#proven = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  add(connection: TcpConnection): void {
    if (this.#left-- <= 0) {
      connection.reset();
      return;
    }
    this.#attempt.prove(new StreamTransport(connection)).then(this.#resolve, () => {}); // A stranger: the next, please.
  }

  /** @throws Error when the time is over, or the signal's reason */
  proven(signal: AbortSignal): Promise<ProvenTransport> {
    const { clock } = this.#attempt.host;
    return new Promise((resolve, reject) => {
      const over = () => reject(new Error('nobody came in'));
      const timer = clock.after(Math.max(0, this.#untilUs - clock.now()) / 1000, over);
      signal.addEventListener(
        'abort',
        () => {
          timer.cancel();
          reject(signal.reason);
        },
        { once: true },
      );
      this.#proven.then((transport) => {
        timer.cancel();
        resolve(transport);
      });
    });
  }
}
