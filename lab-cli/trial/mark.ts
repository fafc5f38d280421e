import { type Node, type Pipe, SUB_ALL } from '../../core/node/index.ts';

/** How long a pipe has for the mark and its echo: bad links let through one in a hundred, or none for a while. */
const MARK_LIMIT_MS = 100_000;
/** The mark is sent again so long after. */
const MARK_GAP_MS = { reliable: 5000, unreliable: 250 };
/** Bytes that no other packet holds. */
export const MARK_LENGTH = 16;
const ECHO = Buffer.from('echo ');

/** Makes a node send back what comes, so that a pipe is seen to carry messages both ways. */
export function echo(node: Node): void {
  node.onPipe((pipe) => {
    pipe.onMessage((message) => {
      pipe.send(Buffer.concat([ECHO, message])).catch(() => {}); // The trial is over once the other end has closed.
    });
  });
}

/** Sends a mark through a pipe whose other end echoes, for the world to see. @returns whether its echo came */
export async function exchangeMark(node: Node, pipe: Pipe, mark: Uint8Array): Promise<boolean> {
  let echoed = false;
  const waiting = pipe.recv(SUB_ALL).then((message) => {
    echoed = Buffer.from(message).equals(Buffer.concat([ECHO, mark]));
  });
  const gapMs = MARK_GAP_MS[pipe.reliable ? 'reliable' : 'unreliable'];
  for (let waitedMs = 0; waitedMs < MARK_LIMIT_MS && !echoed; waitedMs += gapMs) {
    await pipe.send(mark);
    await Promise.race([waiting, pause(node, gapMs)]);
  }
  return echoed;
}

function pause(node: Node, ms: number): Promise<void> {
  return new Promise((resolve) => {
    node.host.clock.after(ms, resolve);
  });
}
