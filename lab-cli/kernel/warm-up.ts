import { resolveBehaviour } from '../../core/nat/behaviour.ts';
import { registry } from '../../core/node/index.ts';
import { compileNetwork } from '../../kernel-lab/index.ts';
import type { KernelTask } from './messages.ts';

const LINE = { latencyUs: 1000 };
const LIFE_MS = 20_000;

/**
 * A trial whose outcome nobody reads. Without it the first one of a sandbox would pay for programs that have just started:
 * on a busy machine that is seconds, in which discovery gives up.
 */
export function warmUp(): KernelTask {
  const plugins = registry.names().map((name) => ({ name, options: {} }));
  const nats = [resolveBehaviour({ filtering: 'endpoint-independent' })];
  const lines = [{ interface: 'eth0', family: 4, nats }] as const;
  const topology = { name: 'separate', isolated: false, a: lines, b: lines } as const;
  const network = compileNetwork(topology, { lifeMs: LIFE_MS, start: 0 });
  if (network.kind === 'unsupported') throw new Error(network.reason);
  return {
    network,
    link: { up: LINE, down: LINE },
    families: [4],
    onHttps: false,
    plugins,
    dialled: plugins.map(({ name }) => name),
    timeLimitMs: LIFE_MS,
    lifeMs: LIFE_MS,
  };
}
