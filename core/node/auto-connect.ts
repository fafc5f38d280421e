import type { Address } from '../wire/address/address.ts';
import type { Node } from './node.ts';
import type { ConnectOptions } from './node-options.ts';
import type { Pipe } from './pipe.ts';

/** Connects a node to a peer: see {@link Node.connect}. */
export function autoConnect(
  node: Node,
  peer: Address | Uint8Array | string,
  options?: ConnectOptions,
): Promise<[Pipe, string]> {
  return node.connect(peer, options);
}
