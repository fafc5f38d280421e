import { NameClient } from '../../core/names/name-client.ts';
import { NameKeeper } from '../../core/names/name-keeper.ts';
import { NamesError } from '../../core/names/names-error.ts';
import { type Address, AddressError, type Node, parseAddress } from '../../core/node/index.ts';
import type { ServerLink } from '../network/server-link.ts';
import { InputError } from '../scenario/problem.ts';
import { nameServers } from './servers-of.ts';

/**
 * Takes a nickname for a node and keeps it, if there are nickname servers.
 *
 * @returns the keeper, or undefined without a server
 * @throws InputError if the name is no name, or somebody else's
 */
export async function takeName(
  node: Node,
  name: string,
  links: readonly ServerLink[],
): Promise<NameKeeper | undefined> {
  const servers = await nameServers(links);
  if (servers.length === 0) return undefined;
  try {
    const keeper = new NameKeeper(node.host, new NameClient(node.host, { servers }), node.identity, name);
    keeper.publish(node.address);
    await keeper.registered;
    return keeper;
  } catch (error) {
    throw understood(error);
  }
}

/** Whom the text means: an address, or a nickname. @throws InputError */
export async function addressOf(text: string, node: Node, links: readonly ServerLink[]): Promise<Address> {
  try {
    if (text.trim().startsWith('punch1')) return parseAddress(text.trim(), node.host.signer);
    const servers = await nameServers(links);
    if (servers.length > 0) return await new NameClient(node.host, { servers }).resolve(text);
  } catch (error) {
    throw understood(error);
  }
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new InputError(`"${shown}" is no address, and no nickname server is known to ask: see --servers`);
}

function understood(error: unknown): unknown {
  if (error instanceof AddressError) return new InputError(`this is no address: ${error.message}`);
  // What is no name is a RangeError.
  return error instanceof NamesError || error instanceof RangeError ? new InputError(error.message) : error;
}
