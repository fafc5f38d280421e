import { type Node, type Pipe, PipeClosed } from '../../core/node/index.ts';
import type { Path } from '../../reports/schema.ts';
import type { Side, World } from '../../simulator/index.ts';
import { exchangeMark, MARK_LENGTH } from './mark.ts';
import { PathWatcher } from './path-watcher.ts';

/** Both ends had proved their keys, and then nothing came through. */
export class PipeLost extends Error {
  override readonly name = 'PipeLost';
}

/**
 * Sends a mark through the pipe and waits for its echo.
 * @returns how the mark travelled
 * @throws PipeLost if no echo comes: then the pipe is none
 */
export async function judgePath(world: World, node: Node, pipe: Pipe, [a, b]: readonly [Side, Side]): Promise<Path> {
  const mark = Buffer.from(world.random.fork('judge').bytes(MARK_LENGTH));
  const peers = [a, b].map(({ host }) => host.device.name);
  const shared = a.routers.filter((router) => b.routers.includes(router)).map(({ device }) => device.name);
  const watcher = new PathWatcher(mark, peers, 'core', shared);
  world.trace.observe(watcher);
  const { plugin } = pipe;
  const echoed = await exchangeMark(node, pipe, mark).catch((error: unknown) => {
    if (error instanceof PipeClosed) throw new PipeLost(`the pipe of ${plugin} was proven, and then ${error.message}`);
    throw error;
  });
  if (!echoed || !watcher.path) throw new PipeLost(`the pipe of ${plugin} was proven, and then carried no messages`);
  return watcher.path;
}
