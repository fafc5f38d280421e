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
    const socket = await this.#bind(localPort);
    return socket && this.#ask(new StunClient(this.#host, socket), socket.local.port, this.#options.server);
  }

  /** One new socket towards several servers, asked in the same instant. @returns what those see that answer, in their order */
  async mapTowards(servers: readonly Endpoint[]): Promise<PortSample[]> {
    const socket = await this.#bind();
    if (!socket) return [];
    const client = new StunClient(this.#host, socket);
    const samples = await Promise.all(servers.map((server) => this.#ask(client, socket.local.port, server)));
    return samples.filter((sample) => sample !== undefined);
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  async #ask(client: StunClient, localPort: number, destination: Endpoint): Promise<PortSample | undefined> {
    const { clock } = this.#host;
    const { rttUs, patienceMs, signal } = this.#options;
    const sentUs = clock.now();
    const result = await client.binding(destination, {
      rtoMs: 50 + (1.5 * rttUs) / 1000,
      maxRequests: MAX_REQUESTS,
      lastWaitFactor: 2,
      deadlineMs: patienceMs,
      ...(signal && { signal }),
    });
    if (result.outcome !== 'response') return undefined;
    const { mapped, requests } = result;
    return { localPort, destination, mapped, sentUs, answeredUs: clock.now(), prompt: requests === 1 };
  }

  /** At a port of our own choice: some systems hand out ports that follow each other, which would look like an offset. */
  async #bind(localPort?: number): Promise<UdpSocket | undefined> {
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
