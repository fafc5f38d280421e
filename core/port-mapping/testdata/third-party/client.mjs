// Our client in the home of network.sh: has ports mapped, lets somebody outside send to them, and gives them back.
import { execFile } from 'node:child_process';

const [dist, ...wishes] = process.argv.slice(2);
const { createRealHost } = await import(`${dist}/core/real/index.js`);
const { PortMapper } = await import(`${dist}/core/port-mapping/port-mapper.js`);
const host = createRealHost();
const pause = (ms) => new Promise((resolve) => host.clock.after(ms, resolve));

/** Sends from outside by the shell's own sockets: through the real NAT, past the real firewall. */
function sendFromOutside(protocol, { address, port }) {
  const script = `echo hello >/dev/${protocol}/${address}/${port}`;
  return new Promise((resolve) => {
    execFile('ip', ['netns', 'exec', 'inet', 'timeout', '2', 'bash', '-c', script], () => resolve());
  });
}

async function listen(protocol, family, heard) {
  if (protocol === 'udp') {
    const socket = await host.udp.bind({ family });
    socket.onMessage = () => heard();
    return { port: socket.local.port, close: () => socket.close() };
  }
  const listener = await host.tcp.listen({ family }, (connection) => {
    heard();
    connection.reset();
  });
  return { port: listener.local.port, close: () => listener.close() };
}

/** Another host of the home, at the second address of this one, has the port already. */
async function occupy(protocol, port) {
  const mapper = new PortMapper(host, { methods: ['igd2', 'igd1'], lifetimeS: 600 });
  const signal = new AbortController().signal;
  const { external } = await mapper.open({ protocol, port, address: '10.0.1.3', signal });
  if (external.port !== port) throw new Error(`the other host got port ${external.port}`);
  return mapper;
}

for (const wish of wishes) {
  const [method, protocol, family, taken] = wish.split('/');
  const ways = method === 'nat-upnp' ? { backend: method } : { methods: [method] };
  const mapper = new PortMapper(host, { ...ways, lifetimeS: 600 });
  let received = 0;
  let other;
  const open = await listen(protocol, Number(family), () => received++);
  const result = { wish };
  try {
    const signal = new AbortController().signal;
    if (taken) other = await occupy(protocol, open.port);
    const address = family === '4' ? '10.0.1.2' : undefined;
    const lease = await mapper.open({ protocol, port: open.port, family: Number(family), address, signal });
    const { external, grant } = lease;
    await sendFromOutside(protocol, external);
    await pause(100);
    const while_ = received;
    await mapper.close();
    await sendFromOutside(protocol, external);
    await pause(100);
    Object.assign(result, { method: grant.method, external: external.address, samePort: external.port === open.port });
    Object.assign(result, { lifetimeS: grant.lifetimeS, received: while_, receivedAfterwards: received - while_ });
  } catch (error) {
    result.error = String(error);
  }
  console.log(JSON.stringify(result));
  await mapper.close();
  await other?.close();
  open.close();
}
