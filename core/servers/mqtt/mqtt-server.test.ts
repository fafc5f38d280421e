import { expect, test } from 'vitest';
import { isNetError } from '../../net/error.ts';
import { createRealHost } from '../../real/index.ts';
import { mqttServerSuite } from './mqtt-server.suite.ts';
import { startMqttServer } from './mqtt-server.ts';

mqttServerSuite('real sockets', async () => ({
  hosts: [createRealHost(), createRealHost()],
  addresses: ['127.0.0.1', '127.0.0.1'],
  silent: () => Promise.reject(new Error('nothing here is silent')),
  run: (body) => body(),
  close: async () => {},
}));

test('a port in use is an error, and leaves nothing behind', async () => {
  const host = createRealHost();
  const first = await startMqttServer(host, { address: '127.0.0.1', port: 0 });
  const second = await startMqttServer(host, first.local).catch((error: unknown) => error);
  expect(isNetError(second, 'EADDRINUSE')).toBe(true);
  await first.close();
});
