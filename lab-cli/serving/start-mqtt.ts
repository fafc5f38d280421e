import type { Host } from '../../core/ports/index.ts';
import { startMqttServer } from '../../core/servers/mqtt/mqtt-server.ts';
import type { Credentials } from './credentials.ts';
import { gauge } from './metrics.ts';
import { type Running, starting } from './running.ts';
import type { ServiceConfig } from './serve-shape.ts';
import { at, type Place } from './where.ts';

/** One broker, whichever address its clients come by. */
export async function startMqtt(
  host: Host,
  places: readonly Place[],
  { port, anonymous, connections, connectionsPerAddress }: ServiceConfig<'mqtt'>,
  credentials: Credentials,
): Promise<Running> {
  const [first, ...others] = places.map((place) => at(place.first, port));
  const broker = await starting(
    'mqtt',
    first!,
    startMqttServer(host, {
      ...first!,
      limits: { connections, connectionsPerAddress },
      ...(!anonymous && { credentials: [credentials] }),
    }),
  );
  try {
    for (const other of others) await starting('mqtt', other, broker.listen(other));
  } catch (error) {
    await broker.close();
    throw error;
  }
  return {
    name: 'mqtt',
    endpoints: [first!, ...others],
    metrics: () => [gauge('mqtt_connections', 'Connections to the broker', broker.connections)],
    close: () => broker.close(),
  };
}
