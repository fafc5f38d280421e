import type { PortMappingFault, PortMappingProtocol } from '../../nat/behaviour.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host, UdpSocket } from '../../ports/index.ts';
import { GATEWAY_PORT } from '../../wire/nat-pmp/nat-pmp.ts';
import { garbage, whenReady } from './fault.ts';
import type { GatewayNetwork } from './gateway-network.ts';
import { GatewayState } from './gateway-state.ts';
import type { GatewayTable } from './gateway-table.ts';
import { IgdServer } from './igd-server.ts';
import type { Lease } from './lease-table.ts';
import { answerPmp } from './pmp-responder.ts';
import { startSsdpResponder } from './ssdp-responder.ts';

/** Requests under way: of a gateway that is slow, too. */
const MAX_WAITING = 256;

export interface GatewayOptions {
  /** The inside: nobody else may ask. IPv6 ones are for PCP and pinholes. */
  readonly networks: readonly GatewayNetwork[];
  readonly table: GatewayTable;
  readonly protocols: readonly PortMappingProtocol[];
  /** @default none */
  readonly faults?: readonly PortMappingFault[];
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
    const { networks, table, protocols, faults = [], httpPort = HTTP_PORT } = options;
    const state = new GatewayState(host, table, new Set(protocols), new Set(faults));
    const gateway = new Gateway(state);
    try {
      if (state.offers('nat-pmp') || state.offers('pcp')) {
        for (const network of networks) await gateway.#startPmp(network);
      }
      if (state.offers('igd1') || state.offers('igd2')) {
        for (const network of networks) gateway.#servers.push(await IgdServer.start(host, state, network, httpPort));
        for (const family of [4, 6] as const) {
          const of = networks.filter(({ address }) => familyOf(address) === family);
          if (of.length > 0) gateway.#sockets.push(await startSsdpResponder(host, state, of, httpPort));
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

  async #startPmp(network: GatewayNetwork): Promise<void> {
    const state = this.#state;
    const { host } = state;
    const socket = await host.udp.bind({ address: network.address, port: GATEWAY_PORT });
    this.#sockets.push(socket);
    let waiting = 0;
    socket.onMessage = (request, from) => {
      if (!network.contains(from.address) || waiting >= MAX_WAITING) return;
      waiting++;
      whenReady(host, state.faults, () => {
        waiting--;
        const answer = state.has('garbage') ? garbage(host) : answerPmp(state, request, from);
        if (answer) socket.send(answer, from);
      });
    };
  }
}
