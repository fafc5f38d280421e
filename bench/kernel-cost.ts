import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sandboxCommand, whyNoKernelLab, withSystemPath } from '../kernel-lab/index.ts';
import { kernelTask } from '../lab-cli/kernel/kernel-task.ts';
import type { FromDirector, KernelOutcome, KernelTask } from '../lab-cli/kernel/messages.ts';
import { Workload } from '../lab-cli/pool/workload.ts';
import type { ResolvedScenario } from '../lab-cli/scenario/types.ts';

/** What the trials of a scenario took on the kernel's NATs. */
export interface KernelCost {
  readonly outcomes: readonly KernelOutcome[];
  /** From the first task to the last answer, sandboxes being warm. */
  readonly wallMs: number;
  /** Of all processes in all sandboxes, warming up included. */
  readonly cpuMs: number;
}

/**
 * Runs every trial that the kernel can run.
 *
 * @param workers sandboxes at a time
 * @throws Error that says what is missing where there is no kernel lab
 */
export async function kernelCost(scenario: ResolvedScenario, workers: number): Promise<KernelCost> {
  process.env.PATH = withSystemPath();
  const why = await whyNoKernelLab();
  if (why !== undefined) throw new Error(why);
  const tasks = tasksOf(scenario);
  const file = fileURLToPath(new URL('../lab-cli/kernel/director-main.js', import.meta.url));
  const sandbox = await sandboxCommand(process.execPath, [file]);
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const sandboxes = Array.from({ length: workers }, () =>
    spawn(sandbox.file, sandbox.args, { stdio: [...stdio], serialization: 'advanced' }),
  );
  try {
    await Promise.all(sandboxes.map(answer)); // ready
    const startMs = performance.now();
    const outcomes: KernelOutcome[] = [];
    await Promise.all(
      sandboxes.map(async (director) => {
        for (let task = tasks.shift(); task; task = tasks.shift()) {
          director.send(task);
          const told = await answer(director);
          if (told.kind === 'done') outcomes.push(told.outcome);
          else if (told.kind === 'failed') console.error(told.error);
        }
      }),
    );
    const wallMs = performance.now() - startMs;
    return { outcomes, wallMs, cpuMs: sandboxes.reduce((sum, { pid }) => sum + cpuMsBelow(pid!), 0) };
  } finally {
    for (const director of sandboxes) director.kill('SIGKILL');
  }
}

function tasksOf(scenario: ResolvedScenario): KernelTask[] {
  const work = new Workload(scenario, { index: 1, count: 1 });
  const all = Array.from({ length: work.size }, (_, index) => kernelTask(work.at(index)));
  return all.filter((task): task is KernelTask => !('reason' in task));
}

function answer(director: ChildProcess): Promise<FromDirector> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a sandbox has ended'));
    director.once('exit', ended);
    director.once('message', (message: FromDirector) => {
      director.off('exit', ended);
      resolve(message);
    });
  });
}

/** User and system time of a process, of all that it has waited for, and of what runs below it: proc(5), /proc/pid/stat. */
function cpuMsBelow(root: number): number {
  const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;
  const stats = readdirSync('/proc').flatMap((pid) => {
    try {
      const text = readFileSync(`/proc/${Number(pid)}/stat`, 'utf8');
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      return [{ pid: Number(pid), parent: fields[1]!, ticks: fields.slice(11, 15).reduce((sum, each) => sum + each) }];
    } catch {
      return []; // no process, or not any more
    }
  });
  const tree = stats.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...stats.filter(({ parent }) => parent === pid));
  return (tree.reduce((sum, { ticks }) => sum + ticks, 0) * 1000) / ticksPerSecond;
}
