import { readFileSync } from 'node:fs';
import { isNetError } from '../../core/net/error.ts';
import type { Host, TlsCertificate, TlsListener } from '../../core/ports/index.ts';
import { type MqttServer, startMqttServer } from '../../core/servers/mqtt/mqtt-server.ts';
import { InputError } from '../scenario/problem.ts';
import type { Credentials } from './credentials.ts';
import { gauge } from './metrics.ts';
import { type Running, starting } from './running.ts';
import type { ServiceConfig } from './serve-shape.ts';
import { at, type Place } from './where.ts';

type TlsConfig = NonNullable<ServiceConfig<'mqtt'>['tls']>;

/** Certificates are replaced some weeks before they end. */
const RENEW_MS = 3_600_000;

/** One broker, whichever address its clients come by, and whether over TLS or not. */
export async function startMqtt(
  host: Host,
  places: readonly Place[],
  { port, anonymous, connections, connectionsPerAddress, tls }: ServiceConfig<'mqtt'>,
  credentials: Credentials,
): Promise<Running[]> {
  const endpoints = port === 'off' ? [] : places.map((place) => at(place.first, port));
  const broker = await startMqttServer(host, {
    plain: false,
    limits: { connections, connectionsPerAddress },
    ...(!anonymous && { credentials: [credentials] }),
  });
  try {
    for (const endpoint of endpoints) await starting('mqtt', endpoint, broker.listen(endpoint));
    const secured = tls ? [await listenTls(host, broker, places, tls)] : [];
    const all = [...(endpoints.length > 0 ? [{ name: 'mqtt', endpoints, close: () => {} }] : []), ...secured];
    return all.map((running, index) => (index === 0 ? withBroker(running, broker) : { ...running, metrics: () => [] }));
  } catch (error) {
    await broker.close();
    throw error;
  }
}

type Listening = Pick<Running, 'name' | 'endpoints' | 'close'>;

function withBroker(listening: Listening, broker: MqttServer): Running {
  return {
    ...listening,
    metrics: () => [gauge('mqtt_connections', 'Connections to the broker', broker.connections)],
    close: async () => {
      await listening.close();
      await broker.close();
    },
  };
}

/** The same broker over TLS; it closes with it. */
async function listenTls(host: Host, broker: MqttServer, places: readonly Place[], tls: TlsConfig): Promise<Listening> {
  const endpoints = places.map(({ first }) => at(first, tls.port));
  const listeners: Pick<TlsListener, 'renew'>[] = [];
  const certificate = readCertificate(tls);
  for (const endpoint of endpoints) {
    try {
      listeners.push(await starting('mqtt over TLS', endpoint, broker.listenTls(endpoint, certificate)));
    } catch (error) {
      if (!(error instanceof InputError) || !isNetError(error.cause) || error.cause.code !== 'EPROTO') throw error;
      throw new InputError(`${tls.certificate} and ${tls.key}: ${error.cause.message}`);
    }
  }
  const renewing = setInterval(() => {
    try {
      const next = readCertificate(tls);
      for (const listener of listeners) listener.renew(next);
    } catch (error) {
      host.events.emit('certificate-unusable', { reason: (error as Error).message });
    }
  }, RENEW_MS);
  renewing.unref();
  return { name: 'mqtts', endpoints, close: () => clearInterval(renewing) };
}

/** @throws InputError */
function readCertificate({ certificate, key }: TlsConfig): TlsCertificate {
  const text = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new InputError(`can't read ${file}: ${(error as Error).message}`);
    }
  };
  return { chain: text(certificate), privateKey: text(key) };
}
