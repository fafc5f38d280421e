import { readFileSync } from 'node:fs';
import type { NodeServers } from '../../core/node/index.ts';
import { createRealHost } from '../../core/real/index.ts';
import { HOSTS, KernelNetwork, SERVERS, Wire } from '../../kernel-lab/index.ts';
import type { Path } from '../../reports/schema.ts';
import { type Findings, noFindings } from '../trial/findings.ts';
import { type ServerSites, startServers } from '../trial/servers.ts';
import { AgentProcess } from './agent-process.ts';
import { CrowdProcess } from './crowd-process.ts';
import type { KernelOutcome, KernelTask } from './messages.ts';
import { Stopwatch } from './stopwatch.ts';
import { warmUp } from './warm-up.ts';
import { WireJudge } from './wire-judge.ts';

interface Traffic {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * Runs trials in a sandbox, one after the other: sets up the network, starts the servers, has the agents connect, and
 * sees how they did. Network, wire and agents stay from trial to trial; servers, nodes and the NATs' memory do not.
 */
export class Director {
  readonly #host = createRealHost();
  readonly #network: KernelNetwork;
  readonly #wire: Wire;
  readonly #pluginFiles: readonly string[];
  #a: AgentProcess;
  #b: AgentProcess;

  private constructor(network: KernelNetwork, wire: Wire, pluginFiles: readonly string[]) {
    this.#network = network;
    this.#wire = wire;
    this.#pluginFiles = pluginFiles;
    this.#a = this.#agent(HOSTS.a);
    this.#b = this.#agent(HOSTS.b);
  }

  /**
   * Starts what stays from trial to trial, and has it warm.
   *
   * @param pluginFiles with plugins of people's own
   */
  static async open(pluginFiles: readonly string[]): Promise<Director> {
    const network = await KernelNetwork.open();
    const director = new Director(network, await Wire.open(), pluginFiles);
    await director.run(warmUp()).catch(() => {}); // What is wrong shows in the trials.
    return director;
  }

  /** @throws Error for what is neither the engine's nor the network's doing */
  async run(task: KernelTask): Promise<KernelOutcome> {
    const watch = new Stopwatch();
    this.#wire.shut();
    this.#reviveAgents();
    await this.#network.set(task.network);
    watch.lap('network');
    const before = this.#traffic();
    const servers = await startServers(this.#sites(task), task.onHttps);
    this.#wire.carry(task.link);
    watch.lap('servers');
    const findings = noFindings('limit');
    const { crowd } = task.network.plan;
    let subscribers: CrowdProcess | undefined;
    try {
      subscribers = crowd && (await CrowdProcess.start(this.#host, crowd));
      await this.#withinLife(task.lifeMs, this.#trial(task, servers.servers, findings, watch));
    } finally {
      await Promise.all([this.#a, this.#b].map((agent) => agent.call('close', {}).catch(() => agent.kill())));
      this.#wire.watch(undefined);
      await Promise.all([servers.close(), subscribers?.close()]);
      watch.lap('closing');
    }
    const { mappings, drops } = await this.#network.counters();
    const after = this.#traffic();
    watch.lap('counting');
    return {
      findings,
      packets: after.packets - before.packets,
      bytes: after.bytes - before.bytes,
      mappings,
      drops,
      took: watch.took,
    };
  }

  async #trial(task: KernelTask, servers: NodeServers, findings: Findings, watch: Stopwatch): Promise<void> {
    const { plugins, dialled, timeLimitMs } = task;
    const [a, b] = await Promise.all([this.#a, this.#b].map((agent) => agent.call('start', { servers, plugins })));
    watch.lap('discovery');
    findings.inferred = { a: a!.inferred, b: b!.inferred };
    const ask = { address: b!.address, plugins: dialled, timeoutMs: timeLimitMs };
    const { tookUs, ...told } = await this.#a.call('dial', ask);
    watch.lap('dial');
    const sent = await Promise.all([this.#a, this.#b].map((agent) => agent.call('signals', {})));
    const signals = sent.reduce((sum, each) => sum + each.sent, 0);
    if (told.plugin === null) {
      const outcome = tookUs >= timeLimitMs * 1000 ? 'deadline' : 'not-connected';
      Object.assign(findings, { ...told, signals, outcome } satisfies Partial<Findings>);
      return;
    }
    const path = await this.#judge(task, told.plugin);
    watch.lap('proof');
    const ended = path
      ? ({ outcome: 'connected', connectUs: tookUs, path } as const)
      : ({ outcome: 'lost', error: `the pipe of ${told.plugin} was proven, and then carried no messages` } as const);
    Object.assign(findings, { ...told, signals, ...ended } satisfies Partial<Findings>);
  }

  /** Has the mark go through the pipe and back, and looks where it passes. Undefined: it did not come back. */
  async #judge({ network }: KernelTask, plugin: string): Promise<Path | undefined> {
    const judge = new WireJudge();
    const { turned } = network.plan.shared ? await this.#network.counters() : { turned: 0 };
    this.#wire.watch((_line, direction, packet) => judge.see(direction, packet));
    const { echoed } = await this.#a.call('mark', { mark: judge.mark.toString('hex') });
    this.#wire.watch(undefined);
    if (!echoed) return undefined;
    if (judge.crossedCore) return judge.path({ turned: 0, translated: false });
    if (!network.plan.shared) throw new Error(`nobody saw how the pipe of ${plugin} carries messages`);
    const after = await this.#network.counters();
    return judge.path({ turned: after.turned - turned, translated: network.plan.translatedInside });
  }

  async #withinLife(lifeMs: number, trial: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lifeMs);
    });
    trial.catch(() => {}); // Given up, it fails when its agents are closed.
    await Promise.race([trial, limit]).finally(() => clearTimeout(timer));
  }

  #sites({ families }: KernelTask): ServerSites {
    const host = this.#host;
    const own = families.map((family) => SERVERS[family]);
    return {
      stun: { host, addresses: own.map(({ stun }) => stun) },
      turn: { host, addresses: own.map(({ turn }) => [turn]) },
      broker: { host, addresses: own.map(({ broker }) => [broker]) },
    };
  }

  #agent(namespace: string): AgentProcess {
    return new AgentProcess(namespace, this.#pluginFiles);
  }

  #reviveAgents(): void {
    if (!this.#a.alive) this.#a = this.#agent(HOSTS.a);
    if (!this.#b.alive) this.#b = this.#agent(HOSTS.b);
  }

  /** What both hosts have sent, as their kernels count. */
  #traffic(): Traffic {
    const [a, b] = [this.#a, this.#b].map(({ pid }) => sentBy(pid));
    return { packets: a!.packets + b!.packets, bytes: a!.bytes + b!.bytes };
  }
}

/** Of a process's network namespace: proc(5), /proc/net/dev. What goes through the port of a bridge is the bridge's. */
function sentBy(pid: number | undefined): Traffic {
  const lines = readFileSync(`/proc/${pid}/net/dev`, 'utf8').split('\n').slice(2, -1);
  const sent = lines.flatMap((line) => {
    const [name, counts] = line.split(':');
    if (/^\s*(lo|port\d+)$/.test(name!)) return [];
    const columns = counts!.trim().split(/\s+/).map(Number);
    return { packets: columns[9]!, bytes: columns[8]! };
  });
  return sent.reduce((sum, each) => ({ packets: sum.packets + each.packets, bytes: sum.bytes + each.bytes }), {
    packets: 0,
    bytes: 0,
  });
}
