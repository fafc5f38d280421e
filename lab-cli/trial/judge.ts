import type { Node, Pipe } from '../../core/node/index.ts';
import type { Path } from '../../reports/schema.ts';
import type { Side, World } from '../../simulator/index.ts';
import { exchangeMark, MARK_LENGTH } from './mark.ts';
import { PathWatcher } from './path-watcher.ts';

/**
 * Sends a mark through the pipe and waits for its echo.
 * @returns how the mark travelled
 * @throws Error if no echo comes: then the pipe is none
 */
export async function judgePath(world: World, node: Node, pipe: Pipe, [a, b]: readonly [Side, Side]): Promise<Path> {
  const mark = Buffer.from(world.random.fork('judge').bytes(MARK_LENGTH));
  const peers = [a, b].map(({ host }) => host.device.name);
  const shared = a.routers.filter((router) => b.routers.includes(router)).map(({ device }) => device.name);
  const watcher = new PathWatcher(mark, peers, 'core', shared);
  world.trace.observe(watcher);
  const echoed = await exchangeMark(node, pipe, mark);
  if (!echoed || !watcher.path) throw new Error(`the pipe of ${pipe.plugin} carries no messages`);
  return watcher.path;
}
