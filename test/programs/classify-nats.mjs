// Runs in a sandbox of the kernel lab: sets up each NAT that comes as JSON on the command line, asks two programs that
// have nothing in common what it is, and prints their answers, a line of JSON for each NAT. Host b asks coturn by its
// `turnutils_natdiscovery`, host a our own STUN server by `lab nat`.
import { execFile, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { resolveBehaviour } from '../../dist/core/nat/behaviour.js';
import { createRealHost } from '../../dist/core/real/index.js';
import { startStunServer } from '../../dist/core/servers/stun/stun-server.js';
import { compileNetwork, HOSTS, KernelNetwork, SERVERS, Wire, withSystemPath } from '../../dist/kernel-lab/index.js';

const LAB = new URL('../../dist/lab-cli/main.js', import.meta.url).pathname;
const PORT = 3478;
const LIFE_MS = 60_000;
const LINE = { latencyUs: 2000 };
const kinds = new Map(Object.entries(JSON.parse(process.argv[2])));

process.env.PATH = withSystemPath();
const network = await KernelNetwork.open();
const wire = await Wire.open();
wire.carry({ up: LINE, down: LINE });
const {
  stun: [address, alternate],
  turn: TURN_ADDRESS,
  broker: BROKER_ADDRESS,
} = SERVERS[4];
const host = createRealHost();
await startStunServer(host, {
  primary: { address, port: PORT },
  alternate: { address: alternate, port: PORT + 1 },
});
// biome-ignore format: the options of one program, in pairs
spawn('turnserver', [
  '-n', '-L', TURN_ADDRESS, '-L', BROKER_ADDRESS, '-p', String(PORT), '--alt-listening-port', String(PORT + 1),
  '--stun-only', '--no-tls', '--no-dtls', '--no-cli', '--log-file', 'stdout', '--pidfile', '', '--userdb', '/run/coturn',
], { stdio: 'ignore' });
await untilItListens();

for (const [name, { description, lifetimeMs }] of kinds) {
  const nats = [resolveBehaviour(description)];
  const lines = [{ interface: 'eth0', family: 4, nats }];
  const topology = { name: 'separate', isolated: false, a: lines, b: lines };
  const compiled = compileNetwork(topology, { lifeMs: LIFE_MS, start: 0.5 });
  if (compiled.kind === 'unsupported') throw new Error(`${name}: ${compiled.reason}`);
  await network.set(compiled);
  const [ours, theirs] = await Promise.all([askOurs(), lifetimeMs === undefined ? askCoturn() : outlives(lifetimeMs)]);
  process.stdout.write(`${JSON.stringify({ name, ours, theirs })}\n`);
}
process.exit(0);

async function untilItListens() {
  for (let tries = 0; tries < 100; tries++) {
    const up = await host.tcp.dial({ address: BROKER_ADDRESS, port: PORT + 1 }).then(
      (connection) => connection.reset() ?? true,
      () => false,
    );
    if (up) return;
    await setTimeout(100);
  }
  throw new Error('coturn does not listen');
}

async function askOurs() {
  const out = await inHost(HOSTS.a, process.execPath, LAB, 'nat', '--stun', `${address}:${PORT}`, '--json');
  const [{ udp }] = JSON.parse(out).accounts;
  return { mapping: udp.mapping.value, filtering: udp.filtering.value };
}

function askCoturn() {
  return inHost(HOSTS.b, 'turnutils_natdiscovery', '-m', '-f', '-p', String(PORT), TURN_ADDRESS);
}

/** Is a mapping there a second before its time, and gone a second after it? */
async function outlives(lifetimeMs) {
  const alive = [];
  for (const seconds of [lifetimeMs / 1000 - 1, lifetimeMs / 1000 + 1]) {
    const timer = ['-t', '-T', String(seconds)];
    alive.push(await inHost(HOSTS.b, 'turnutils_natdiscovery', ...timer, '-p', String(PORT), TURN_ADDRESS));
  }
  return alive.join('----');
}

async function inHost(namespace, ...command) {
  const { stdout } = await promisify(execFile)('nsenter', [`--net=/run/netns/${namespace}`, ...command], {
    timeout: 60_000,
  });
  return stdout;
}
