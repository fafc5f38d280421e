import type { Host } from '../../core/ports/index.ts';
import { type NtpServer, startNtpServer } from '../../core/servers/ntp/ntp-server.ts';
import { type Running, starting } from './running.ts';
import type { ServiceConfig } from './serve-shape.ts';
import { at, type Place } from './where.ts';

/** This machine's time, on each address. */
export async function startNtp(host: Host, places: readonly Place[], { port }: ServiceConfig<'ntp'>): Promise<Running> {
  const servers: NtpServer[] = [];
  const endpoints = places.map(({ first }) => at(first, port));
  const close = () => {
    for (const server of servers) server.close();
  };
  try {
    for (const endpoint of endpoints) servers.push(await starting('ntp', endpoint, startNtpServer(host, endpoint)));
  } catch (error) {
    close();
    throw error;
  }
  return { name: 'ntp', endpoints, metrics: () => [], close };
}
