// `node dist/bench/serve/main.js [seconds]`: the servers of `lab serve` under load, on the loopback.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealHost } from '../../core/real/index.ts';
import { packageRoot } from '../../lab-cli/package-root.ts';
import { flood, MqttTalker, type Places, RelayedPair, stunLoad, type Tally } from './load.ts';

const STUN_PER_SECOND = 5000;
const PAIRS = 250;
const TALKERS = 500;
const CONFIG = `schema: 1
addresses: [127.0.0.1, 127.0.0.2]
credentials: { username: bench, password: bench }
stun: { port: 33478, alternatePort: 33479, requestsPerSecond: 1000000, burst: 1000000 }
turn: { port: 33480, allocationsPerAddress: 1000, privatePeers: true, requestsPerSecond: 1000000, burst: 1000000 }
mqtt: { port: 31883, connections: 2000, connectionsPerAddress: 2000 }
names: off
ntp: off
metrics: { port: 39478 }
`;
const at = (port: number) => ({ address: '127.0.0.1', port });
const places: Places = { stun: at(33478), turn: at(33480), mqtt: at(31883), username: 'bench', password: 'bench' };
const seconds = Number(process.argv[2] ?? 300);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const directory = mkdtempSync(join(tmpdir(), 'lab-load-'));
writeFileSync(join(directory, 'serve.yaml'), CONFIG);
const lab = spawn(process.execPath, [join(packageRoot(), 'dist/lab-cli/main.js'), 'serve', 'serve.yaml'], {
  cwd: directory,
  stdio: 'ignore',
});
const ended = new Promise<number | null>((resolve) => lab.once('exit', resolve));

async function metric(name: string): Promise<number> {
  const text = await (await fetch('http://127.0.0.1:39478/metrics')).text();
  return Number(new RegExp(`^punchlab_${name} (.+)$`, 'm').exec(text)?.[1]);
}

async function ready(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch('http://127.0.0.1:39478/ready').then(
        (page) => page.ok,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error('the servers do not start');
}

await ready();
const host = createRealHost();
const relayed: Tally = { sent: 0, came: 0, lost: 0 };
const messages: Tally = { sent: 0, came: 0, lost: 0 };
const pairs: RelayedPair[] = [];
const talkers: MqttTalker[] = [];
const openPair = (index: number) => RelayedPair.open(host, places, relayed, index % 5 === 0 ? 'tcp' : 'udp');
for (let index = 0; index < PAIRS; index++) pairs.push(await openPair(index));
for (let index = 0; index < TALKERS; index++) talkers.push(await MqttTalker.open(places, messages));
const requests = await stunLoad(host, places, STUN_PER_SECOND);
/** Each of them once in so many milliseconds, one after the other rather than all at once. */
function inTurn(all: readonly { talk(): void }[], everyMs: number): NodeJS.Timeout {
  let next = 0;
  return setInterval(() => {
    for (let count = 0; count < (all.length * 20) / everyMs; count++) all[next++ % all.length]?.talk();
  }, 20);
}
const timers = [inTurn(pairs, 500), inTurn(talkers, 2000)];
const rows: string[] = [];
let noise: { stop(): void } | undefined;
let churned = 0;
const startMs = performance.now();
const startCpu = await metric('cpu_seconds_total');
for (let next = 10; ; ) {
  // Whoever has been there longest goes, and somebody else comes.
  for (let count = 0; count < 5; count++, churned++) {
    pairs.shift()?.close();
    await talkers.shift()?.close();
    pairs.push(await openPair(churned));
    talkers.push(await MqttTalker.open(places, messages));
  }
  const elapsed = (performance.now() - startMs) / 1000;
  if (!noise && elapsed > seconds / 3) noise = await flood(host, places);
  if (elapsed > (2 * seconds) / 3) noise?.stop();
  if (elapsed >= next) {
    next += seconds / 10;
    const memory = [await metric('resident_memory_bytes'), await metric('heap_used_bytes')];
    const [rss, heap] = memory.map((bytes) => (bytes / 2 ** 20).toFixed(0));
    rows.push(
      `| ${elapsed.toFixed(0)} s | ${await metric('turn_allocations')} | ${await metric('mqtt_connections')} | ${rss} MiB | ${heap} MiB |`,
    );
    console.log(rows.at(-1));
  }
  if (elapsed > seconds) break;
  await sleep(1000);
}
const cpu = (await metric('cpu_seconds_total')) - startCpu;
const tookS = (performance.now() - startMs) / 1000;
for (const timer of timers) clearInterval(timer);
await sleep(2000);
requests.stop();
const share = ({ sent, came }: Tally) => `${came} of ${sent} (${((100 * came) / sent).toFixed(2)} %)`;
console.log(`Binding requests answered: ${share(requests.tally)}, ${(requests.tally.sent / tookS).toFixed(0)}/s`);
console.log(`the servers took ${((100 * cpu) / tookS).toFixed(0)} % of a processor`);
console.log(`datagrams relayed: ${share(relayed)}; allocations lost: ${relayed.lost}`);
console.log(`messages through the broker: ${share(messages)}; connections lost: ${messages.lost}`);
console.log(`changed while it ran: ${2 * churned} allocations, ${churned} clients of the broker`);
for (const pair of pairs) pair.close();
await Promise.all(talkers.map((talker) => talker.close()));
await sleep(3000);
console.log(`left: ${await metric('turn_allocations')} allocations, ${await metric('mqtt_connections')} connections`);
lab.kill('SIGTERM');
console.log(`exit code ${await ended}`);
rmSync(directory, { recursive: true, force: true });
