import { readFileSync } from 'node:fs';
import { ConnectError } from '../../core/node/index.ts';
import { looksLikeAddress } from '../../core/wire/address/address.ts';
import type { Console } from '../console.ts';
import { abortOnSignals } from '../interrupt.ts';
import { accountLines } from '../peer/account-lines.ts';
import { carry } from '../peer/carry.ts';
import { inputError } from '../peer/input-error.ts';
import { endsOf } from '../peer/standard-ends.ts';
import { type PeerOptions, startNode } from '../peer/start-node.ts';
import { InputError } from '../scenario/problem.ts';

export interface ConnectCommandOptions extends PeerOptions {
  readonly name?: string;
  readonly plugin?: readonly string[];
  readonly timeoutMs?: number;
}

/** `lab connect`: dials a peer and carries standard input and output. @returns the exit code */
export async function connect(peer: string, options: ConnectCommandOptions, console: Console): Promise<number> {
  const { name = 'default', quiet = false, plugin: plugins, timeoutMs } = options;
  const say = (text: string) => void (quiet || console.err.write(`${text}\n`));
  const interrupt = abortOnSignals();
  const { signal } = interrupt;
  const written = (peer.startsWith('@') ? fileText(peer.slice(1)) : peer).trim();
  assertReachable(written, options);
  const own = await startNode(name, options, console);
  try {
    const startUs = own.host.clock.now();
    const [pipe, winner] = await own.connect(written, {
      signal,
      ...(plugins && { plugins }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    const tookMs = (own.host.clock.now() - startUs) / 1000;
    say(`connected to ${pipe.peerId} by ${winner} over ${pipe.protocol.toUpperCase()} in ${tookMs.toFixed(0)} ms`);
    const { sent, received } = await carry(pipe, own.host.clock, endsOf(false), signal);
    say(`${sent} bytes sent, ${received} received`);
    return 0;
  } catch (error) {
    if (signal.aborted) return interrupt.exitCode;
    const wrong = inputError(error);
    if (wrong) throw wrong;
    if (error instanceof ConnectError) {
      console.err.write(`nothing connected:\n${accountLines(error.attempts, console.errColors)}`);
    } else console.err.write(`${(error as Error).message}\n`);
    return 1;
  } finally {
    await own.close();
    process.stdin.destroy();
  }
}

/** @throws InputError for a nickname that nobody can be asked for */
function assertReachable(peer: string, { servers = [] }: PeerOptions): void {
  if (looksLikeAddress(peer) || servers.some(({ namesKey }) => namesKey !== undefined)) return;
  const why =
    servers.length === 0
      ? 'without --servers LINK (or LAB_SERVERS), which `lab serve` prints, nobody can be asked for a nickname'
      : 'none of the --servers has a nickname server';
  throw new InputError(`${peer.length > 64 ? 'this' : `"${peer}"`} is no address of a node, and ${why}`);
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`can't read ${file}: ${(error as Error).message}`);
  }
}
