import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { Host, Timer, UdpSocket } from '../ports/index.ts';
import { LIMIT_US, type Probe, planNext, type Request } from './discovery-plan.ts';
import { destination, portSamples } from './discovery-verdict.ts';
import type { PortSample } from './port-report.ts';
import { StunClient } from './stun-client.ts';

export interface ProbingOptions {
  readonly servers: readonly Endpoint[];
  readonly signal: AbortSignal | undefined;
  /** Called once, with how the first answer showed the socket. Nothing else is mapped from it until this is done. */
  readonly reached: (sample: PortSample, rttUs: number) => Promise<unknown>;
}

/** Sends from one socket what {@link planNext} says until it says `done`. */
export class Probing {
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #options: ProbingOptions;
  readonly #localPort: number;
  readonly #client: StunClient;
  readonly #startUs: number;
  readonly #probes: Probe[] = [];
  #reached = false;
  #sampling = false;
  #timer: Timer | undefined;
  #done: (() => void) | undefined;

  constructor(host: Pick<Host, 'clock' | 'random'>, socket: UdpSocket, options: ProbingOptions) {
    this.#host = host;
    this.#options = options;
    this.#localPort = socket.local.port;
    this.#client = new StunClient(host, socket);
    this.#startUs = host.clock.now();
  }

  /** @throws NetError ECANCELED */
  async run(): Promise<readonly Probe[]> {
    const { signal } = this.#options;
    const stop = () => this.#finish();
    signal?.addEventListener('abort', stop);
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      if (signal?.aborted) this.#finish();
      else this.#advance();
    });
    signal?.removeEventListener('abort', stop);
    if (signal?.aborted) throw new NetError('ECANCELED');
    return this.#probes;
  }

  #advance(): void {
    if (!this.#done) return;
    this.#timer?.cancel();
    const nowUs = this.#host.clock.now();
    const progress = { servers: this.#options.servers, probes: this.#probes, sampling: this.#sampling };
    const next = planNext(progress, this.#startUs, nowUs);
    if (next.step === 'done') this.#finish();
    else if (next.step === 'wait') {
      this.#timer = this.#host.clock.after((next.untilUs - nowUs) / 1000, () => this.#advance());
    } else {
      for (const request of next.requests) this.#send(request);
      this.#advance();
    }
  }

  /** Each probe is a transaction of its own, sent once: so each answer says which probe it is for. */
  #send(request: Request): void {
    const probe: Probe = { ...request, sentUs: this.#host.clock.now(), answer: undefined };
    this.#probes.push(probe);
    const once = { rtoMs: LIMIT_US / 1000, maxRequests: 1, lastWaitFactor: 1 };
    const change = { changeAddress: request.kind === 'change-both', changePort: request.kind.startsWith('change') };
    const to = destination({ servers: this.#options.servers, probes: this.#probes }, request);
    void this.#client.binding(to, { ...once, ...change }).then((result) => {
      if (result.outcome !== 'response' && result.outcome !== 'error') return;
      probe.answer = result;
      if (!this.#reached && result.outcome === 'response') this.#sample(result.rttUs);
      this.#advance();
    });
  }

  #sample(rttUs: number): void {
    const [first] = portSamples({ servers: this.#options.servers, probes: this.#probes }, this.#localPort);
    if (!first) return;
    this.#reached = true;
    this.#sampling = true;
    const goOn = () => {
      this.#sampling = false;
      this.#advance();
    };
    this.#options.reached(first, rttUs).then(goOn, goOn); // Whoever samples hears of what goes wrong.
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#client.close();
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}
