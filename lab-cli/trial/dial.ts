import { ConnectError, type Node, type Pipe } from '../../core/node/index.ts';
import type { Findings } from './findings.ts';

/** What a dial came to, as the engine tells it. */
export interface Dialled extends Pick<Findings, 'plugin' | 'transport' | 'attempts'> {
  readonly upgrade?: NonNullable<Findings['upgrade']>;
  /** Until both ends had proved their keys, or nothing was left to try. */
  readonly tookUs: number;
}

/**
 * Dials a peer and waits for the path that the pipe is left with: a relay may have been there first.
 *
 * @param address as people would send it each other
 * @returns the pipe, if it connected
 */
export async function dialPeer(
  node: Node,
  address: string,
  plugins: readonly string[],
  timeoutMs: number,
): Promise<Dialled & { readonly pipe: Pipe | undefined }> {
  const { clock } = node.host;
  const startUs = clock.now();
  // Alone, a plugin shows what one try of it can do: a second one would meet what the first left in the NATs.
  const retry = plugins.length > 1;
  try {
    const [pipe, first] = await node.connect(address, { plugins, timeoutMs, retry });
    const tookUs = clock.now() - startUs;
    if (pipe.path === 'relayed') await pipe.settled;
    const { plugin, protocol: transport, attempts } = pipe;
    const upgrade = plugin === first ? {} : { upgrade: { from: first, atUs: wonUs(pipe) } };
    return { pipe, plugin, transport, attempts, tookUs, ...upgrade };
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const tookUs = clock.now() - startUs;
    return { pipe: undefined, plugin: null, transport: null, attempts: error.attempts, tookUs };
  }
}

/** When the winner of the race had won it, from the start of the dial. */
function wonUs({ attempts, plugin }: Pipe): number {
  return attempts.find((attempt) => attempt.plugin === plugin)!.atUs;
}
