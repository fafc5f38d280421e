import type { Host } from '../ports/index.ts';
import type { GatewayClient } from './mapping.ts';
import { MappingError } from './mapping-error.ts';

/** Another way to have mappings made than our own clients, such as a library. */
export type PortMappingBackend = (host: Host, gateway: string, from: string) => GatewayClient;

const backends = new Map<string, PortMappingBackend>();

/** Makes a back end available by name. What needs real sockets registers itself where there are some. */
export function registerBackend(name: string, backend: PortMappingBackend): void {
  backends.set(name, backend);
}

/** @throws MappingError if there is none of this name here */
export function createBackend(name: string, host: Host, gateway: string, from: string): GatewayClient {
  const backend = backends.get(name);
  if (!backend) throw new MappingError('unsupported', `the back end ${name} needs real sockets`);
  return backend(host, gateway, from);
}
