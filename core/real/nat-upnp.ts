import { registerBackend } from '../port-mapping/backends.ts';
import type { GatewayClient, Grant, MappingRequest } from '../port-mapping/mapping.ts';
import { MappingError } from '../port-mapping/mapping-error.ts';
import { isRealHost } from './real-host.ts';

/** Ports that are asked for: IGD 1 gives one or none. */
const MAX_PORTS = 4;
const FIRST_PORT = 1024;
const TIMEOUT_MS = 8000;

/** The part of `nat-upnp` 1.1.1 that is used here; it has no types of its own. */
interface NatUpnpClient {
  findGateway(done: (error: Error | null, gateway?: { readonly description: string }) => void): void;
  externalIp(done: (error: Error | null, address?: string) => void): void;
  portMapping(options: object, done: (error: Error | null) => void): void;
  portUnmapping(options: object, done: (error: Error | null) => void): void;
  close(): void;
}

/**
 * The package `nat-upnp` in the place of our own client: UPnP IGD 1 over the system's sockets, IPv4 alone. It searches by
 * itself and believes the first device that answers, so a mapping is only asked for where that is the default gateway.
 */
class NatUpnpBackend implements GatewayClient {
  readonly #gateway: string;

  constructor(gateway: string) {
    this.#gateway = gateway;
  }

  map(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    return withClient(signal, async (client) => {
      await this.#check(client);
      const address = await call<string>((done) => client.externalIp(done));
      return this.#mapOne(client, request, address);
    });
  }

  unmap({ protocol }: MappingRequest, { external }: Grant, signal: AbortSignal): Promise<void> {
    return withClient(signal, async (client) => {
      await this.#check(client);
      await call((done) => client.portUnmapping({ public: external.port, protocol }, done));
    });
  }

  async #check(client: NatUpnpClient): Promise<void> {
    const found = await call<{ readonly description: string }>((done) => client.findGateway(done));
    const host = new URL(found.description).hostname;
    if (host !== this.#gateway) throw new MappingError('no-gateway', `nat-upnp found ${host}, not the default gateway`);
  }

  async #mapOne(client: NatUpnpClient, request: MappingRequest, address: string): Promise<Grant> {
    const { protocol, internal, lifetimeS } = request;
    let port = request.suggestedPort;
    for (let tried = 1; ; tried++) {
      const ends = { public: { port }, private: { host: internal.address, port: internal.port } };
      try {
        await call((done) => client.portMapping({ ...ends, protocol, ttl: lifetimeS, description: 'punchlab' }, done));
        return { method: 'nat-upnp', external: { address, port }, lifetimeS };
      } catch (error) {
        // It does not tell which error the gateway gave.
        if (tried === MAX_PORTS) throw error;
        port = FIRST_PORT + ((port * 7919 + tried) % (65_536 - FIRST_PORT));
      }
    }
  }
}

async function withClient<T>(signal: AbortSignal, use: (client: NatUpnpClient) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  // Loaded by those alone who choose it.
  const name = 'nat-upnp';
  const { default: natUpnp } = (await import(name)) as { default: { createClient(): NatUpnpClient } };
  const client = natUpnp.createClient();
  try {
    return await Promise.race([use(client), ended(signal)]);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof MappingError) throw error;
    throw new MappingError('refused', `nat-upnp: ${(error as Error).message}`);
  } finally {
    client.close();
  }
}

function call<T = void>(start: (done: (error: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}

/** Rejects when the caller gives up, or after as long as the package may take. */
function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new MappingError('no-gateway', 'nat-upnp takes too long')), TIMEOUT_MS);
    timer.unref();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

registerBackend('nat-upnp', (host, gateway) => {
  if (!isRealHost(host)) throw new MappingError('unsupported', 'nat-upnp runs over the system’s own sockets alone');
  return new NatUpnpBackend(gateway);
});
