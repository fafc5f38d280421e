import type { Pipe } from '../../core/node/index.ts';
import type { Console } from '../console.ts';
import { abortOnSignals } from '../interrupt.ts';
import { carry } from '../peer/carry.ts';
import { inputError } from '../peer/input-error.ts';
import { endsOf } from '../peer/standard-ends.ts';
import { type PeerOptions, startNode } from '../peer/start-node.ts';

export interface NodeCommandOptions extends PeerOptions {
  readonly name?: string;
  readonly keep?: true;
  readonly allow?: readonly string[];
}

/** `lab node`: waits for a peer and carries standard input and output. @returns the exit code */
export async function node(options: NodeCommandOptions, console: Console): Promise<number> {
  const { name = 'default', keep = false, allow, quiet = false } = options;
  const say = (text: string) => void (quiet || console.err.write(`${text}\n`));
  const interrupt = abortOnSignals();
  const own = await startNode(
    name,
    { ...options, ...(options.name !== undefined && { nickname: options.name }) },
    console,
  );
  const calls = new Calls(allow);
  own.onPipe((pipe) => calls.offer(pipe));
  try {
    await own.nickname?.registered;
    // Always said: without it nobody can call.
    console.err.write(`${own.addressText}\n`);
    say(
      `${name} (${own.id}) waits; connect with: lab connect ${own.nickname ? name : `${own.addressText.slice(0, 12)}…`}`,
    );
    for (;;) {
      const pipe = await calls.next(interrupt.signal);
      say(`${pipe.peerId} is connected by ${pipe.plugin} over ${pipe.protocol.toUpperCase()}`);
      try {
        const { sent, received } = await carry(pipe, own.host.clock, endsOf(keep), interrupt.signal);
        say(`${pipe.peerId} is through: ${sent} bytes sent, ${received} received`);
        if (!keep) return 0;
      } catch (error) {
        if (interrupt.signal.aborted) throw error;
        console.err.write(`${pipe.peerId}: ${(error as Error).message}\n`);
        if (!keep) return 1;
      }
    }
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.exitCode;
    throw inputError(error) ?? error;
  } finally {
    calls.close();
    await own.close();
    process.stdin.destroy();
  }
}

/** Peers that called, one at a time; others are told to come again. */
class Calls {
  readonly #allow: ReadonlySet<string> | undefined;
  #waiting: ((pipe: Pipe) => void) | undefined;
  #closed = false;

  constructor(allow: readonly string[] | undefined) {
    this.#allow = allow && new Set(allow);
  }

  offer(pipe: Pipe): void {
    if (this.#allow && !this.#allow.has(pipe.peerId)) pipe.close('you are not allowed');
    else if (!this.#waiting || this.#closed) pipe.close('busy with another peer');
    else this.#waiting(pipe);
  }

  /** @throws the signal's reason */
  next(signal: AbortSignal): Promise<Pipe> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting = (pipe) => {
        this.#waiting = undefined;
        signal.removeEventListener('abort', abort);
        resolve(pipe);
      };
    });
  }

  close(): void {
    this.#closed = true;
  }
}
