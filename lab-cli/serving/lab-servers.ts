import type { Host } from '../../core/ports/index.ts';
import { servePages } from '../../core/real/index.ts';
import type { ServerLink, ServiceName } from '../network/server-link.ts';
import type { Credentials } from './credentials.ts';
import { counter, gauge, METRICS_TYPE, renderMetrics } from './metrics.ts';
import { type Running, starting } from './running.ts';
import type { ServeConfig } from './serve-shape.ts';
import { startMqtt } from './start-mqtt.ts';
import { startNames } from './start-names.ts';
import { startNtp } from './start-ntp.ts';
import { startStun } from './start-stun.ts';
import { startTurn } from './start-turn.ts';
import { at, type Place, placesOf, publicAddress } from './where.ts';

/** All servers of a configuration, running. */
export class LabServers {
  readonly running: readonly Running[];
  readonly places: readonly Place[];
  readonly link: ServerLink;
  #ready = true;

  private constructor(running: readonly Running[], places: readonly Place[], link: ServerLink) {
    this.running = running;
    this.places = places;
    this.link = link;
  }

  /**
   * Starts every server, or none.
   * @throws InputError that names the server, the place and a remedy
   */
  static async start(host: Host, config: ServeConfig, credentials: Credentials, state: string): Promise<LabServers> {
    const places = placesOf(host, config);
    const running: Running[] = [];
    try {
      const { stun, turn, mqtt, names, ntp, metrics } = config;
      if (stun !== 'off') running.push(await startStun(host, places, stun, config));
      if (turn !== 'off') running.push(await startTurn(host, places, turn, config, credentials));
      if (mqtt !== 'off') running.push(...(await startMqtt(host, places, mqtt, credentials)));
      const nicknames = names === 'off' ? undefined : await startNames(host, places, names, state);
      if (nicknames) running.push(nicknames.running);
      if (ntp !== 'off') running.push(await startNtp(host, places, ntp));
      const link = linkOf(running, places, config, credentials);
      const servers = new LabServers(running, places, { ...link, namesKey: nicknames?.publicKey });
      if (metrics !== 'off') running.push(await servers.#watchers(at(metrics.address, metrics.port)));
      return servers;
    } catch (error) {
      await closeAll(running);
      throw error;
    }
  }

  /** Says that it is not ready any more, and then closes everything. */
  async close(): Promise<void> {
    this.#ready = false;
    await closeAll(this.running);
  }

  async #watchers(endpoint: ReturnType<typeof at>): Promise<Running> {
    const startedMs = performance.now();
    const pages = new Map([
      ['/metrics', () => ({ type: METRICS_TYPE, body: renderMetrics(this.#metrics(startedMs)) })],
      ['/live', () => ({ body: 'alive\n' })],
      ['/ready', () => (this.#ready ? { body: 'ready\n' } : { status: 503, body: 'stopping\n' })],
    ]);
    const server = await starting('metrics', endpoint, servePages(endpoint, pages));
    return { name: 'metrics', endpoints: [server.local], metrics: () => [], close: () => server.close() };
  }

  #metrics(startedMs: number) {
    const uptime = (performance.now() - startedMs) / 1000;
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return [
      gauge('uptime_seconds', 'Time since the servers were ready', uptime),
      counter('cpu_seconds', 'Processor time of the process', (user + system) / 1e6),
      gauge('resident_memory_bytes', 'Memory of the process', rss),
      gauge('heap_used_bytes', 'Memory of its objects', heapUsed),
      ...this.running.flatMap((server) => server.metrics()),
    ];
  }
}

/** In the reverse order of starting: whatever watches them goes first. */
async function closeAll(running: readonly Running[]): Promise<void> {
  for (const server of running.toReversed()) await server.close();
}

function linkOf(
  running: readonly Running[],
  places: readonly Place[],
  config: ServeConfig,
  credentials: Credentials,
): Omit<ServerLink, 'namesKey'> {
  const ports = running.map(({ name, endpoints }) => [name as ServiceName, endpoints[0]!.port] as const);
  const addresses = places.map(({ first }) => publicAddress(first, config));
  return { hosts: config.name === undefined ? addresses : [config.name], ports: new Map(ports), credentials };
}
