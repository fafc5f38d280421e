import type { Endpoint } from '../../net/endpoint.ts';
import type { Host, TcpConnection, TcpListener } from '../../ports/index.ts';
import { HttpCollector, type HttpMessage } from '../../wire/igd/http-message.ts';
import { decodeSoap, encodeSoap, encodeSoapFault } from '../../wire/igd/soap.ts';
import { formatHttpHead } from '../../wire/ssdp/http-head.ts';
import { WireError } from '../../wire/wire-error.ts';
import { garbage, whenReady } from './fault.ts';
import { FIREWALL_ACTIONS } from './firewall-actions.ts';
import type { GatewayNetwork } from './gateway-network.ts';
import type { GatewayState } from './gateway-state.ts';
import { type Action, hasAction, IgdError, IP_ACTIONS, type Results } from './igd-actions.ts';
import {
  controlPath,
  describeIgd,
  describeService,
  descriptionPath,
  type IgdVersion,
  igdVersions,
  SERVER,
  SERVICE,
} from './igd-description.ts';

const MAX_BODY = 8192;
const MAX_CONNECTIONS = 32;
/** For the whole request, however slowly it drips. */
const REQUEST_MS = 5000;

interface Reply {
  readonly status: '200 OK' | '404 Not Found' | '405 Method Not Allowed' | '500 Internal Server Error';
  readonly body: string;
}

interface Route {
  readonly version: IgdVersion;
  readonly service: keyof typeof SERVICE;
  readonly actions: ReadonlyMap<string, (action: Action) => Results>;
}

const NO_ACTIONS: Route['actions'] = new Map();

/** The description and the actions of an Internet gateway device, one request a connection. */
export class IgdServer {
  readonly #host: Host;
  readonly #state: GatewayState;
  readonly #network: GatewayNetwork;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #connections = new Set<TcpConnection>();
  #listener: TcpListener | undefined;

  private constructor(host: Host, state: GatewayState, network: GatewayNetwork) {
    this.#host = host;
    this.#state = state;
    this.#network = network;
    this.#routes = routesOf(state);
  }

  /** @throws NetError */
  static async start(host: Host, state: GatewayState, network: GatewayNetwork, port: number): Promise<IgdServer> {
    const server = new IgdServer(host, state, network);
    server.#listener = await host.tcp.listen({ address: network.address, port }, (connection) =>
      server.#accept(connection),
    );
    return server;
  }

  close(): void {
    this.#listener?.close();
    for (const connection of this.#connections) connection.reset();
  }

  #accept(connection: TcpConnection): void {
    if (this.#connections.size >= MAX_CONNECTIONS || !this.#network.contains(connection.remote.address)) {
      connection.reset();
      return;
    }
    this.#connections.add(connection);
    const timer = this.#host.clock.after(REQUEST_MS, () => connection.reset());
    const collector = new HttpCollector('empty', MAX_BODY);
    let answered = false;
    connection.start({
      data: (bytes) => {
        if (answered) return;
        const message = collect(collector, bytes);
        if (message === undefined) return;
        answered = true;
        if (message === 'malformed') connection.reset();
        else whenReady(this.#host, this.#state.faults, () => this.#reply(connection, message));
      },
      end: () => {
        if (!answered) connection.reset();
      },
      closed: () => {
        timer.cancel();
        this.#connections.delete(connection);
      },
      drained: () => {},
    });
  }

  #reply(connection: TcpConnection, message: HttpMessage): void {
    if (this.#state.has('garbage')) connection.send(garbage(this.#host));
    else {
      const { status, body } = this.#answer(message, connection.remote);
      const head = formatHttpHead(`HTTP/1.1 ${status}`, [
        ['Content-Type', 'text/xml; charset="utf-8"'],
        ['Content-Length', String(Buffer.byteLength(body))],
        ['Connection', 'close'],
        ['Server', SERVER],
        ['Ext', ''],
      ]);
      connection.send(Buffer.from(head + body));
    }
    connection.end();
  }

  #answer({ startLine, body }: HttpMessage, from: Endpoint): Reply {
    const [method, path = ''] = startLine.split(' ');
    if (method === 'GET') return this.#describe(path);
    const route = this.#routes.get(path);
    if (!route) return { status: '404 Not Found', body: '' };
    if (method !== 'POST') return { status: '405 Method Not Allowed', body: '' };
    return this.#act(route, body.toString('utf8'), from);
  }

  #describe(path: string): Reply {
    const version = igdVersions(this.#state).find((each) => descriptionPath(each) === path);
    if (version !== undefined) return { status: '200 OK', body: describeIgd(version) };
    const route = this.#routes.get(path.replace(/\.xml$/, ''));
    if (!route) return { status: '404 Not Found', body: '' };
    const names = [...route.actions.keys()].filter((name) => route.service !== 'ip' || hasAction(name, route.version));
    return { status: '200 OK', body: describeService(names) };
  }

  #act({ version, service, actions }: Route, xml: string, from: Endpoint): Reply {
    try {
      const { name, values } = decodeSoap(xml);
      const run = service === 'ip' && !hasAction(name, version) ? undefined : actions.get(name);
      if (!run) throw new IgdError(401, 'Invalid Action');
      const results = run({ state: this.#state, values, from, version });
      const type = `urn:schemas-upnp-org:service:${SERVICE[service]}:${service === 'ip' ? version : 1}`;
      return { status: '200 OK', body: encodeSoap(type, `${name}Response`, results) };
    } catch (error) {
      if (!(error instanceof IgdError || error instanceof WireError)) throw error;
      const fault = error instanceof IgdError ? error : new IgdError(402, 'Invalid Args');
      return {
        status: '500 Internal Server Error',
        body: encodeSoapFault({ code: fault.code, description: fault.message }),
      };
    }
  }
}

function routesOf(state: GatewayState): Map<string, Route> {
  const routes = new Map<string, Route>();
  const add = (route: Route) => routes.set(controlPath(route.version, route.service), route);
  for (const version of igdVersions(state)) {
    add({ version, service: 'ip', actions: IP_ACTIONS });
    add({ version, service: 'common', actions: NO_ACTIONS });
    if (version === 2) add({ version, service: 'firewall', actions: FIREWALL_ACTIONS });
  }
  return routes;
}

/** Undefined: more has to come. */
function collect(collector: HttpCollector, bytes: Uint8Array): HttpMessage | 'malformed' | undefined {
  try {
    return collector.take(bytes);
  } catch (error) {
    if (error instanceof WireError) return 'malformed';
    throw error;
  }
}
