import { Segment, SimHost, World } from '../../../simulator/index.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { formatEndpoint } from '../../net/endpoint.ts';
import type { Host } from '../../ports/index.ts';
import { Gateway, type GatewayOptions } from '../../servers/gateway/gateway.ts';
import type { GatewayTable } from '../../servers/gateway/gateway-table.ts';

export const GATEWAY = '10.0.1.1';
export const GATEWAY6 = '2001:db8:1::1';
export const CLIENT = '10.0.1.2';
export const CLIENT6 = '2001:db8:1::2';
export const NEIGHBOUR = '10.0.1.3';
export const EXTERNAL = '203.0.113.7';
const LINK = { up: { latencyUs: 200 }, down: { latencyUs: 0 } };

/** A router's rules, kept in memory. */
export class MemoryTable implements GatewayTable {
  external: string | undefined = EXTERNAL;
  /** Ports that the router itself uses. */
  readonly occupied = new Set<number>();
  readonly rules = new Map<string, string>();
  readonly pinholes = new Set<string>();

  externalAddress(): string | undefined {
    return this.external;
  }

  map(protocol: 'udp' | 'tcp', externalPort: number, internal: Endpoint): boolean {
    if (this.occupied.has(externalPort)) return false;
    this.rules.set(`${protocol} ${externalPort}`, formatEndpoint(internal));
    return true;
  }

  unmap(protocol: 'udp' | 'tcp', externalPort: number): void {
    this.rules.delete(`${protocol} ${externalPort}`);
  }

  openPinhole(protocol: 'udp' | 'tcp', internal: Endpoint): boolean {
    this.pinholes.add(`${protocol} ${formatEndpoint(internal)}`);
    return true;
  }

  closePinhole(protocol: 'udp' | 'tcp', internal: Endpoint): void {
    this.pinholes.delete(`${protocol} ${formatEndpoint(internal)}`);
  }
}

export interface Home {
  readonly world: World;
  readonly table: MemoryTable;
  readonly router: SimHost;
  readonly client: SimHost;
  readonly neighbour: SimHost;
  startGateway(options?: Partial<GatewayOptions>): Promise<Gateway>;
}

/** Runs a test's body in a home with a router, a client and a neighbour, in virtual time; nothing may be left open. */
export async function atHome<T>(body: (home: Home) => Promise<T>, seed = '1'): Promise<T> {
  const world = new World({ seed });
  const segment = new Segment(world);
  const plug = (name: string, addresses: readonly string[]) => {
    const host = new SimHost(world, name);
    const on = host.attach(segment, {
      addresses: addresses.map((each) => `${each}/${each.includes(':') ? 64 : 24}`),
      link: LINK,
    });
    if (addresses[0] === GATEWAY) return host;
    host.network.addRoute('0.0.0.0/0', on, GATEWAY);
    if (addresses.length > 1) host.network.addRoute('::/0', on, GATEWAY6);
    return host;
  };
  const router = plug('router', [GATEWAY, GATEWAY6]);
  const client = plug('client', [CLIENT, CLIENT6]);
  const neighbour = plug('neighbour', [NEIGHBOUR]);
  const table = new MemoryTable();
  const gateways: Gateway[] = [];
  const startGateway = async (options: Partial<GatewayOptions> = {}) => {
    const gateway = await Gateway.start(router, {
      networks: [
        { address: GATEWAY, contains: (address) => address.startsWith('10.0.1.') },
        { address: GATEWAY6, contains: (address) => address.startsWith('2001:db8:1:') },
      ],
      table,
      protocols: ['igd1', 'igd2', 'nat-pmp', 'pcp'],
      ...options,
    });
    gateways.push(gateway);
    return gateway;
  };
  const run = await world.run(
    async () => {
      const result = await body({ world, table, router, client, neighbour, startGateway });
      for (const gateway of gateways) gateway.close();
      return result;
    },
    { limitUs: 40_000_000_000, maxEvents: 1_000_000 },
  );
  if (run.outcome === 'crashed') throw run.error;
  if (run.outcome !== 'done') throw new Error(`the world ended ${run.outcome}`);
  return run.value;
}

export function sleepOn(host: Host, ms: number): Promise<void> {
  return new Promise((resolve) => {
    host.clock.after(ms, resolve);
  });
}
