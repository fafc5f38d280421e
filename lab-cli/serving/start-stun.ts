import type { Host } from '../../core/ports/index.ts';
import { type RunningStunServer, startStunServer } from '../../core/servers/stun/stun-server.ts';
import { counter } from './metrics.ts';
import { type Running, starting } from './running.ts';
import type { ServeConfig, ServiceConfig } from './serve-shape.ts';
import { at, type Place } from './where.ts';

/** A STUN server for each family, on two addresses where there are two (RFC 5780). */
export async function startStun(
  host: Host,
  places: readonly Place[],
  { port, alternatePort, requestsPerSecond, burst }: ServiceConfig<'stun'>,
  config: ServeConfig,
): Promise<Running> {
  const servers: RunningStunServer[] = [];
  const endpoints = places.map(({ first }) => at(first, port));
  const close = () => {
    for (const server of servers) server.close();
  };
  try {
    for (const { first, second } of places) {
      const primary = at(first, port);
      const options = {
        primary,
        alternate: second === undefined ? undefined : at(second, alternatePort),
        publicAddresses: new Map(Object.entries(config.public)),
        requestLimit: { perSecond: requestsPerSecond, burst },
      };
      servers.push(await starting('stun', primary, startStunServer(host, options)));
    }
  } catch (error) {
    close();
    throw error;
  }
  const sum = (name: 'answered' | 'limited' | 'ignored') =>
    servers.reduce((all, { counters }) => all + counters[name], 0);
  return {
    name: 'stun',
    endpoints,
    metrics: () => [
      counter('stun_answered', 'Binding requests that were answered', sum('answered')),
      counter('stun_limited', 'Binding requests of sources that ask too often', sum('limited')),
      counter('stun_ignored', 'What was no Binding request', sum('ignored')),
    ],
    close,
  };
}
