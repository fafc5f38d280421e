import type { Endpoint } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import { familyOf } from '../net/ip.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import type { PortSample } from './port-report.ts';
import { DYNAMIC_COUNT, DYNAMIC_FIRST, type PortSource } from './port-sampling.ts';
import { StunClient } from './stun-client.ts';

export interface UdpPortSourceOptions {
  readonly server: Endpoint;
  readonly bindAddress: string | undefined;
  /** To the server, so that requests are repeated no sooner than answers can be there. */
  readonly rttUs: number;
  /** How long an answer is waited for. */
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
}

const MAX_REQUESTS = 5;

/** New UDP sockets towards one server. */
export class UdpPortSource implements PortSource {
  readonly #host: Pick<Host, 'clock' | 'random' | 'udp'>;
  readonly #options: UdpPortSourceOptions;
  readonly #sockets: UdpSocket[] = [];

  constructor(host: Pick<Host, 'clock' | 'random' | 'udp'>, options: UdpPortSourceOptions) {
    this.#host = host;
    this.#options = options;
  }

  async map(localPort?: number): Promise<PortSample | undefined> {
    const { clock } = this.#host;
    const { server, rttUs, patienceMs, signal } = this.#options;
    const socket = await this.#bind(localPort);
    if (!socket) return undefined;
    const sentUs = clock.now();
    const client = new StunClient(this.#host, socket);
    const result = await client.binding(server, {
      rtoMs: 50 + (1.5 * rttUs) / 1000,
      maxRequests: MAX_REQUESTS,
      lastWaitFactor: 2,
      deadlineMs: patienceMs,
      ...(signal && { signal }),
    });
    if (result.outcome !== 'response') return undefined;
    const prompt = result.requests === 1;
    return {
      localPort: socket.local.port,
      destination: server,
      mapped: result.mapped,
      sentUs,
      answeredUs: clock.now(),
      prompt,
    };
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  /** At a port of our own choice: some systems hand out ports that follow each other, which would look like an offset. */
  async #bind(localPort: number | undefined): Promise<UdpSocket | undefined> {
    const port = localPort ?? DYNAMIC_FIRST + this.#host.random.below(DYNAMIC_COUNT);
    const { server, bindAddress } = this.#options;
    const where = { family: familyOf(server.address), ...(bindAddress !== undefined && { address: bindAddress }) };
    try {
      const socket = await this.#host.udp.bind({ ...where, port });
      this.#sockets.push(socket);
      return socket;
    } catch (error) {
      if (!isNetError(error)) throw error;
      return undefined;
    }
  }
}
