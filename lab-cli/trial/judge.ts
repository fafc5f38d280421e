import type { Node, Pipe } from '../../core/node/index.ts';
import { SUB_ALL } from '../../core/node/index.ts';
import type { Path } from '../../reports/schema.ts';
import type { Side, World } from '../../simulator/index.ts';
import { PathWatcher } from './path-watcher.ts';

/** How long a pipe has for the mark and its echo: bad links let through one in a hundred, or none for a while. */
const MARK_LIMIT_MS = 100_000;
/** The mark is sent again so long after. */
const MARK_GAP_MS = { reliable: 5000, unreliable: 250 };
const MARK_LENGTH = 16;
const ECHO = Buffer.from('echo ');

/** Makes a node send back what comes, so that a pipe is seen to carry messages both ways. */
export function echo(node: Node): void {
  node.onPipe((pipe) => {
    pipe.onMessage((message) => {
      pipe.send(Buffer.concat([ECHO, message])).catch(() => {}); // The trial is over once the other end has closed.
    });
  });
}

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
  let echoed = false;
  const waiting = pipe.recv(SUB_ALL).then((message) => {
    echoed = Buffer.from(message).equals(Buffer.concat([ECHO, mark]));
  });
  const gapMs = MARK_GAP_MS[pipe.reliable ? 'reliable' : 'unreliable'];
  for (let waitedMs = 0; waitedMs < MARK_LIMIT_MS && !echoed; waitedMs += gapMs) {
    await pipe.send(mark);
    await Promise.race([waiting, pause(node, gapMs)]);
  }
  if (!echoed || !watcher.path) throw new Error(`the pipe of ${pipe.plugin} carries no messages`);
  return watcher.path;
}

function pause(node: Node, ms: number): Promise<void> {
  return new Promise((resolve) => {
    node.host.clock.after(ms, resolve);
  });
}
