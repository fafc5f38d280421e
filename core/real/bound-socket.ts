import * as net from 'node:net';
import { familyOf } from '../net/ip.ts';
import { netError } from './node-error.ts';

/** A local port that is taken, and neither listens nor dials yet. */
export type BoundSocket = object;

type BoundSocketClass = new (options: {
  readonly host: string;
  readonly port: number;
  readonly ipv6Only: boolean;
  readonly reusePort: boolean;
}) => BoundSocket;

/** From Node 24.19 and 26.4 on. */
const { BoundSocket } = net as { readonly BoundSocket?: BoundSocketClass };

/**
 * Takes a port so that others of ours who take it likewise can have it at the same time: one listens, the others dial.
 *
 * @returns undefined where Node or the system can't (SO_REUSEPORT)
 * @throws NetError
 */
export function bindShared(host: string, port: number): BoundSocket | undefined {
  if (!BoundSocket) return undefined;
  try {
    return new BoundSocket({ host, port, ipv6Only: familyOf(host) === 6, reusePort: true });
  } catch (cause) {
    const error = netError(cause);
    if (error.code === 'EINVAL') return undefined; // ENOTSUP
    throw error;
  }
}
