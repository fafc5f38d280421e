import { withSystemPath } from '../../kernel-lab/index.ts';
import { Director } from './director.ts';
import type { FromDirector, KernelTask } from './messages.ts';

// The first process of a sandbox. What goes wrong here ends it, and with it all that runs in the sandbox.

process.env.PATH = withSystemPath();
process.on('disconnect', () => process.exit());

function tell(message: FromDirector): void {
  process.send?.(message);
}

const director = await Director.open(process.argv.slice(2)).catch((error: Error) => {
  // The last words of a sandbox, in one line.
  process.stderr.write(`${error.message.trim().split('\n').join('; ')}\n`, () => process.exit(1));
  return new Promise<never>(() => {});
});
process.on('message', async (task: KernelTask) => {
  try {
    tell({ kind: 'done', outcome: await director.run(task) });
  } catch (error) {
    tell({ kind: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
tell({ kind: 'ready' });
