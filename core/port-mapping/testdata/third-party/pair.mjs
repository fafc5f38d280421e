// Two nodes, one in the home of network.sh, one outside beside the servers. Nothing but the gateway's mapping can connect them.
//   pair.mjs DIST at-home stream|datagram...   starts the other part by itself
//   pair.mjs DIST outside
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [dist, place, ...transports] = process.argv.slice(2);
const { Node } = await import(`${dist}/core/node/index.js`);
const { createRealHost } = await import(`${dist}/core/real/index.js`);
const host = createRealHost();
const INET = '11.0.0.1';
const servers = {
  stun: [{ address: INET, port: 3478 }],
  brokers: [{ endpoint: { address: INET, port: 1883 } }],
};

if (place === 'outside') {
  const { startStunServer } = await import(`${dist}/core/servers/stun/stun-server.js`);
  const { startMqttServer } = await import(`${dist}/core/servers/mqtt/mqtt-server.js`);
  await startStunServer(host, { primary: servers.stun[0] });
  await startMqttServer(host, { address: INET, port: 1883 });
  const node = await Node.start(host, { servers });
  node.onPipe((pipe) => pipe.onMessage((message) => void pipe.send(message)));
  console.log(node.addressText);
} else {
  const child = spawn(
    'ip',
    ['netns', 'exec', 'inet', process.execPath, fileURLToPath(import.meta.url), dist, 'outside'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const address = await new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
  const node = await Node.start(host, { servers });
  const result = { external: node.address.interfaces[0]?.external };
  for (const transport of transports) {
    try {
      const [pipe, plugin] = await node.connect(address, { transport, plugins: ['port-mapping'], timeoutMs: 15_000 });
      const echo = new Promise((resolve) => pipe.onMessage((message) => resolve(Buffer.from(message).toString())));
      await pipe.send(Buffer.from(`over ${transport}`));
      result[transport] = [plugin, pipe.protocol, pipe.path, await echo];
      pipe.close();
    } catch (error) {
      result[transport] = `${error} ${JSON.stringify(error.attempts)}`;
    }
  }
  console.log(JSON.stringify(result));
  await node.close();
  child.kill();
  process.exit(0);
}
