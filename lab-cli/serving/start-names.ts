import { join } from 'node:path';
import type { Host, TcpListener } from '../../core/ports/index.ts';
import { FileJournal } from '../../core/real/index.ts';
import { startNameServer } from '../../core/servers/names/name-server.ts';
import { keptIdentity } from '../peer/key-store.ts';
import { type Running, starting } from './running.ts';
import type { ServiceConfig } from './serve-shape.ts';
import { at, type Place } from './where.ts';

/** The nickname server; its key and its names outlive it in the state directory. */
export async function startNames(
  host: Host,
  places: readonly Place[],
  { port }: ServiceConfig<'names'>,
  state: string,
): Promise<{ running: Running; publicKey: Uint8Array }> {
  const identity = keptIdentity(join(state, 'names.key'), host);
  const [first, ...others] = places.map((place) => at(place.first, port));
  const journal = new FileJournal(join(state, 'names.journal'));
  const server = await starting('names', first!, startNameServer(host, { ...first!, identity, journal }));
  const listeners: TcpListener[] = [];
  const close = async () => {
    for (const listener of listeners) listener.close();
    await server.close();
  };
  try {
    for (const other of others) {
      const listening = host.tcp.listen(other, (connection) => server.accept(connection));
      listeners.push(await starting('names', other, listening));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const running: Running = { name: 'names', endpoints: [first!, ...others], metrics: () => [], close };
  return { running, publicKey: identity.publicKey };
}
