// Runs in a sandbox of the kernel lab: two hosts behind IPv6 firewalls that answer an unsolicited SYN by ICMP. Each dials the
// other alone, so that both firewalls remember SYNs that came to nothing; then both dial until they are connected. Prints
// what came of it as JSON.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { resolveBehaviour } from '../../dist/core/nat/behaviour.js';
import { compileNetwork, HOSTS, KernelNetwork, Wire, withSystemPath } from '../../dist/kernel-lab/index.js';

const PORT = 5000;
const TRY_MS = 1000;
const TOGETHER_MS = 15_000;
const LINE = { latencyUs: 20_000 };
const tcp = { unsolicited: 'icmp', icmpDelayMs: 0, afterReset: 'remove' };
const firewall = resolveBehaviour({ translation: 'none', firewall: true, tcp });

process.env.PATH = withSystemPath();
const lines = [{ interface: 'eth0', family: 6, nats: [firewall] }];
const topology = { name: 'separate', isolated: false, a: lines, b: lines };
const compiled = compileNetwork(topology, { lifeMs: 60_000, start: 0 });
const network = await KernelNetwork.open();
const wire = await Wire.open();
await network.set(compiled);
wire.carry({ up: LINE, down: LINE });
const [a, b] = await Promise.all([addressOf(HOSTS.a), addressOf(HOSTS.b)]);

const alone = [await dial(HOSTS.b, b, a, 0), await dial(HOSTS.a, a, b, 0)];
const together = await Promise.all([dial(HOSTS.a, a, b, TOGETHER_MS), dial(HOSTS.b, b, a, TOGETHER_MS)]);
process.stdout.write(JSON.stringify({ alone, together }));
process.exit(0);

async function addressOf(host) {
  const [device] = JSON.parse(
    await inHost(host, 'ip', '-6', '-json', 'addr', 'show', 'dev', 'eth0', 'scope', 'global'),
  );
  return device.addr_info[0].local;
}

/** Dials again, after a random while, until that connects or the time is over. @returns how the last try ended */
function dial(host, localAddress, remote, forMs) {
  const body = `
    const { connect } = require('node:net');
    const endMs = Date.now() + ${forMs};
    const attempt = () => {
      const socket = connect({ host: '${remote}', port: ${PORT}, localAddress: '${localAddress}', localPort: ${PORT} });
      const timer = setTimeout(() => socket.destroy(Object.assign(new Error(), { code: 'silence' })), ${TRY_MS});
      // For a while, so that the other one knows as well.
      socket.on('connect', () => clearTimeout(timer) ?? setTimeout(() => end('connected'), ${TRY_MS}));
      socket.on('error', ({ code }) => {
        clearTimeout(timer);
        if (Date.now() >= endMs) end(code);
        setTimeout(attempt, Math.random() * 100);
      });
    };
    const end = (what) => { process.stdout.write(what); process.exit(); };
    attempt();`;
  return inHost(host, process.execPath, '-e', body);
}

async function inHost(namespace, ...command) {
  const { stdout } = await promisify(execFile)('nsenter', [`--net=/run/netns/${namespace}`, ...command]);
  return stdout;
}
