import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { sandboxCommand, whyNoIpv6, whyNoKernelLab, withSystemPath } from '../../kernel-lab/index.ts';
import type { RunWorld } from '../run/run-world.ts';
import { InputError } from '../scenario/problem.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import { familiesOf } from '../trial/servers.ts';
import { lifeMs } from './kernel-task.ts';
import { KernelWorker } from './kernel-worker.ts';

/** Building and clearing a network on a busy machine. */
const SLACK_MS = 60_000;

/**
 * Sandboxes of this machine's kernel, each with its own network that it keeps from trial to trial.
 *
 * @param pluginFiles with plugins of people's own
 * @throws InputError that says what to install where something is missing
 */
export async function kernelWorld(
  { timeLimitMs, cells }: ResolvedScenario,
  pluginFiles: readonly string[],
): Promise<RunWorld> {
  process.env.PATH = withSystemPath();
  const hasIpv6 = cells.some((cell) => familiesOf(cell).includes(6));
  const reason = (await whyNoKernelLab()) ?? (hasIpv6 ? whyNoIpv6() : undefined);
  if (reason !== undefined) throw new InputError(reason);
  const director = fileURLToPath(new URL('./director-main.js', import.meta.url));
  const sandbox = await sandboxCommand(process.execPath, [director, ...pluginFiles]);
  return {
    name: 'kernel',
    versions: { linux: release() },
    patienceMs: lifeMs(timeLimitMs) + SLACK_MS,
    startWorker: (work, _shard, halt) => new KernelWorker(sandbox, work, halt),
  };
}
