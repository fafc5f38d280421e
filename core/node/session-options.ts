import type { Identity } from '../identity/identity.ts';
import type { Role, Servers } from '../plugins/plugin.ts';
import type { Host } from '../ports/index.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import type { SessionMessage } from '../wire/session-message.ts';
import type { Spend } from './inbound-budget.ts';
import type { Keepsakes } from './keepsakes.ts';
import type { Link } from './link/link.ts';

/** What the caller wants of a session. */
export interface DialPolicy {
  /** Which addresses and servers may be used. @default all */
  readonly family?: 4 | 6;
  /** Only paths of this kind: over TCP, or over UDP and relays. @default both */
  readonly transport?: 'stream' | 'datagram';
  /**
   * Does every message arrive, in order, whatever the path? Else a pipe over datagrams may lose and swap some.
   * A pipe that began over TCP ends with its connection, reliable or not.
   * @default false
   */
  readonly reliable?: boolean;
  /**
   * When a relay is ready before any direct path is: `hold` gives the direct ones some time, `at-once` does not. Either
   * way a direct path takes the pipe over when one is found.
   * @default 'hold'
   */
  readonly relay?: 'hold' | 'at-once';
  /** Is what fails early tried once more, with fresh sockets and observations? @default true */
  readonly retry?: boolean;
}

export interface SessionOptions {
  readonly host: Host;
  readonly identity: Identity;
  readonly role: Role;
  readonly id: Uint8Array;
  /** 32 random bytes: our part of the session's keys. */
  readonly share: Uint8Array;
  readonly local: AddressContent;
  readonly remote: AddressContent | undefined;
  readonly remoteKey: Uint8Array;
  readonly servers: Servers;
  readonly bindAddress: string | undefined;
  readonly keepsakes: Keepsakes;
  /** Who was called spends what there is for callers, until a path is proven. @default without end */
  readonly spend?: Spend;
  /** How long a quiet path of datagrams is left alone. */
  readonly keepAliveMs: () => number;
  /** Of a pipe that needs another path; it keeps its keys. @default none: a path that is proven makes one */
  readonly link?: Link;
  /** The link gets new keys all the same: the peer has never used it. @default false */
  readonly anew?: boolean;
  /** Sends a message to the peer over the signal channel; undefined where there is none. */
  readonly post: ((message: SessionMessage) => void) | undefined;
}

export interface SessionWinner {
  readonly link: Link;
  readonly reliable: boolean;
}
