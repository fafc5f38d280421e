import type { Host, UdpSocket } from '../../ports/index.ts';
import { GATEWAY_PORT } from '../../wire/nat-pmp/nat-pmp.ts';
import { type GatewayFault, garbage, whenReady } from './fault.ts';
import { type GatewayProtocol, GatewayState } from './gateway-state.ts';
import type { GatewayTable } from './gateway-table.ts';
import { IgdServer } from './igd-server.ts';
import type { Lease } from './lease-table.ts';
import { answerPmp } from './pmp-responder.ts';
import { startSsdpResponder } from './ssdp-responder.ts';

/** Requests under way: of a gateway that is slow, too. */
const MAX_WAITING = 256;

export interface GatewayOptions {
  /** The gateway's own address on the inside, IPv4. */
  readonly address: string;
  /** Its IPv6 address there, for PCP and pinholes. @default none */
  readonly address6?: string;
  /** May hosts of this address ask? Nobody from outside ever may. */
  readonly isInside: (address: string) => boolean;
  readonly table: GatewayTable;
  readonly protocols: readonly GatewayProtocol[];
  /** @default none */
  readonly faults?: readonly GatewayFault[];
  /** Of the HTTP server. @default 5000 */
  readonly httpPort?: number;
}

const HTTP_PORT = 5000;

/** The port-mapping services of a home router: a program over a Host, so it runs in any world. */
export class Gateway {
  readonly #state: GatewayState;
  readonly #sockets: UdpSocket[] = [];
  readonly #servers: IgdServer[] = [];

  private constructor(state: GatewayState) {
    this.#state = state;
  }

  /** @throws NetError if a port is in use */
  static async start(host: Host, options: GatewayOptions): Promise<Gateway> {
    const { address, address6, isInside, table, protocols, faults = [], httpPort = HTTP_PORT } = options;
    const state = new GatewayState(host, table, new Set(protocols), new Set(faults));
    const gateway = new Gateway(state);
    const addresses = [address, ...(address6 === undefined ? [] : [address6])];
    try {
      if (state.offers('nat-pmp') || state.offers('pcp')) {
        for (const own of addresses) await gateway.#startPmp(own, isInside);
      }
      if (state.offers('igd1') || state.offers('igd2')) {
        for (const own of addresses) {
          const http = { address: own, port: httpPort };
          gateway.#servers.push(await IgdServer.start(host, state, http, isInside));
          gateway.#sockets.push(await startSsdpResponder(host, state, http, isInside));
        }
      }
    } catch (error) {
      gateway.close();
      throw error;
    }
    return gateway;
  }

  /** What it has given away. */
  get leases(): readonly Lease[] {
    return this.#state.leases.all;
  }

  /** The router has rebooted, or got another address: its rules are gone, and the gateway's leases with them. */
  restart(): void {
    this.#state.restart();
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    for (const server of this.#servers) server.close();
    this.#state.restart();
  }

  async #startPmp(address: string, isInside: (address: string) => boolean): Promise<void> {
    const state = this.#state;
    const { host } = state;
    const socket = await host.udp.bind({ address, port: GATEWAY_PORT });
    this.#sockets.push(socket);
    let waiting = 0;
    socket.onMessage = (request, from) => {
      if (!isInside(from.address) || waiting >= MAX_WAITING) return;
      waiting++;
      whenReady(host, state.faults, () => {
        waiting--;
        const answer = state.has('garbage') ? garbage(host) : answerPmp(state, request, from);
        if (answer) socket.send(answer, from);
      });
    };
  }
}
