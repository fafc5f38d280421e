import { type NatBehaviour, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { PRESETS } from '../../core/nat/presets.ts';
import { ConnectError, Node, type Plugin } from '../../core/node/index.ts';
import type { Path } from '../../reports/schema.ts';
import { type LinkModel, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { startGateways } from '../trial/gateways.ts';
import { startInfrastructure } from '../trial/infrastructure.ts';
import { judgePath } from '../trial/judge.ts';
import { echo } from '../trial/mark.ts';

/** Longer than TIME-WAIT, than a lingering pipe and than whatever repeats itself. */
const SETTLED_MS = 700_000;
const CONNECT_LIMIT_MS = 60_000;
const LIMITS = { limitUs: 3_600_000_000, maxEvents: 5_000_000 };

/** Two nodes with one plugin each, and what is between them. */
export interface Scene {
  /** Presets of the NATs in front of who dials and who is dialled. */
  readonly pair: readonly [string, string];
  /** The plugin as each end has it. */
  readonly plugins: readonly [Plugin, Plugin];
  readonly seed?: string;
  /** Of each peer's link, both ways. @default 20 ms, nothing lost */
  readonly link?: LinkModel;
  /** When the caller calls it off. @default never */
  readonly abortAfterMs?: number;
}

export interface SceneEnd {
  /** What came of the world: anything but `done` is a bug of somebody's. */
  readonly world: 'done' | 'deadline' | 'limit' | 'stalled' | 'crashed';
  readonly error?: unknown;
  readonly connected: boolean;
  /** Why it did not connect, as the plugin's own account has it. */
  readonly reason: string;
  readonly path: Path | null;
  readonly tookMs: number;
  /** That the two peers sent, from the dial on. */
  readonly packets: number;
  /** Sockets that the two hosts still had long after everything was closed. */
  readonly socketsLeft: number;
  readonly traceHash: string;
}

/** Full cones open ports when asked, as home routers do, so that a plugin that asks has somebody to ask. */
function natOf(name: string): NatBehaviour {
  const { behaviour } = PRESETS[name]!;
  return resolveBehaviour(name === 'full-cone' ? { ...behaviour, portMapping: { protocols: ['pcp'] } } : behaviour);
}

/** Plays a scene to its end: connect, talk, close, and wait for whatever was left behind. */
export async function play(scene: Scene): Promise<SceneEnd> {
  const world = new World({ seed: scene.seed ?? 'conformance' });
  const topology = new Topology(world);
  const link = symmetricLink(scene.link ?? { latencyUs: 20_000 });
  const [a, b] = scene.pair.map((name, index) => {
    return topology.side('ab'[index]!, { nats: [natOf(name)], link });
  }) as [ReturnType<Topology['side']>, ReturnType<Topology['side']>];
  const hosts = [a.host, b.host];
  const sent = () => hosts.reduce((sum, { device }) => sum + world.trace.counters.sentBy(device).packets, 0);
  const found = { connected: false, reason: '', path: null as Path | null, tookMs: 0, packets: 0 };
  const run = await world.run(async () => {
    const servers = await startInfrastructure(topology);
    await startGateways([a, b]);
    const [from, to] = await Promise.all([
      Node.start(a.host, { servers, plugins: [scene.plugins[0]] }),
      Node.start(b.host, { servers, plugins: [scene.plugins[1]] }),
    ]);
    echo(to);
    const startUs = world.now;
    const before = sent();
    const abort = new AbortController();
    if (scene.abortAfterMs !== undefined) a.host.clock.after(scene.abortAfterMs, () => abort.abort());
    try {
      const [pipe] = await from.connect(to.addressText, { timeoutMs: CONNECT_LIMIT_MS, signal: abort.signal });
      found.connected = true;
      found.tookMs = (world.now - startUs) / 1000;
      found.path = await judgePath(world, from, pipe, [a, b]);
      pipe.close();
    } catch (error) {
      if (!(error instanceof ConnectError) && !abort.signal.aborted) throw error;
      found.reason = error instanceof ConnectError ? (error.attempts[0]?.reason ?? error.message) : 'called off';
      found.tookMs ||= (world.now - startUs) / 1000;
    }
    found.packets = sent() - before;
    await Promise.all([from.close(), to.close()]);
    await new Promise<void>((resolve) => void a.host.clock.after(SETTLED_MS, resolve));
  }, LIMITS);
  return {
    world: run.outcome,
    ...(run.outcome === 'crashed' && { error: run.error }),
    ...found,
    socketsLeft: hosts.reduce((sum, host) => sum + host.audit().udpSockets + host.audit().tcpSockets, 0),
    traceHash: world.trace.hash.digest(),
  };
}
