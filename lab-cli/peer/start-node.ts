import { Node, type NodeOptions } from '../../core/node/index.ts';
import { createRealHost } from '../../core/real/index.ts';
import type { Console } from '../console.ts';
import type { ServerLink } from '../network/server-link.ts';
import { InputError } from '../scenario/problem.ts';
import { keptIdentity, keyFile } from './key-store.ts';
import { ProgressEvents } from './progress-events.ts';
import { nodeServers } from './servers-of.ts';

/** What every command that runs a node of this machine takes. */
export interface PeerOptions {
  readonly servers?: readonly ServerLink[];
  /** @default the name's file in the key store */
  readonly key?: string;
  readonly bind?: string;
  readonly port?: number;
  readonly quiet?: true;
  /** Taken if there is a nickname server. @default none */
  readonly nickname?: string;
}

/**
 * A node of this machine, with the identity of this name.
 *
 * @throws InputError if the key or the place to listen can't be had
 */
export async function startNode(
  name: string,
  options: PeerOptions,
  console: Console,
  accept?: NonNullable<NodeOptions['accept']>,
): Promise<Node> {
  const { bind, port, quiet = false, nickname } = options;
  const host = createRealHost({ events: new ProgressEvents(console, quiet) });
  const identity = keptIdentity(options.key ?? keyFile(name), host);
  const servers = await nodeServers(options.servers ?? []);
  const listen = { ...(bind !== undefined && { address: bind }), ...(port !== undefined && { port }) };
  try {
    const named = nickname !== undefined && servers.names.length > 0 && { nickname };
    return await Node.start(host, { identity, servers, listen, ...named, ...(accept && { accept }) });
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'].includes(String(error.code))
    ) {
      throw new InputError(
        `can't listen on ${bind ?? 'this machine'}${port ? `, port ${port}` : ''}: ${error.message}`,
      );
    }
    throw error;
  }
}
