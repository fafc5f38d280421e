// The first process of a sandbox: two hosts behind NATs, and a core with the servers' addresses. It starts and kills what
// it is told to, a JSON message a line, and tells what comes of it. When its input ends, everything ends.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolveBehaviour } from '../dist/core/nat/behaviour.js';
import { PRESETS } from '../dist/core/nat/presets.js';
import { compileNetwork, KernelNetwork, Wire, withSystemPath } from '../dist/kernel-lab/index.js';
import { symmetricLink } from '../dist/simulator/index.js';

process.env.PATH = withSystemPath();
const [a, b] = process.argv.slice(2).map((name) => resolveBehaviour(PRESETS[name].behaviour));
// No socket of a trial is silent for longer; conntrack can't keep every timer beyond that.
const lifeMs = 60_000;
const line = (behaviour) => [{ interface: 'eth0', family: 4, nats: [behaviour] }];
const topology = { name: 'separate', isolated: false, a: line(a), b: line(b) };
const compiled = compileNetwork(topology, { lifeMs, start: 0.3 });
if (compiled.kind === 'unsupported') throw new Error(`the kernel can't do this: ${JSON.stringify(compiled)}`);
const network = await KernelNetwork.open();
const wire = await Wire.open();
await network.set(compiled);
const link = symmetricLink({ latencyUs: 20_000 });
wire.carry({ up: link, down: link });

const children = new Map();
const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

function start({ id, where, line, cwd, env }) {
  const enter = where === 'core' ? [] : ['nsenter', `--net=/run/netns/${where}`];
  const [file, ...args] = [...enter, 'sh', '-c', line];
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.set(id, child);
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => tell({ id, stream, text }));
  }
  child.on('close', (code) => tell({ id, code }));
}

tell({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.signal) children.get(message.id)?.kill(message.signal);
  else start(message);
}
process.exit();
