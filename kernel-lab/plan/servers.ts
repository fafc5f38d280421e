import type { Family } from '../../core/net/endpoint.ts';

/** Where the servers of a trial are. */
export interface ServerAddresses {
  /** RFC 5780 takes two. */
  readonly stun: readonly [string, string];
  readonly turn: string;
  readonly broker: string;
}

/** Documentation addresses (RFC 5737, RFC 3849), all of them the core's own. */
export const SERVERS: Readonly<Record<Family, ServerAddresses>> = {
  4: { stun: ['192.0.2.1', '192.0.2.2'], turn: '192.0.2.3', broker: '192.0.2.4' },
  6: {
    stun: ['2001:db8:0:1::1', '2001:db8:0:1::2'],
    turn: '2001:db8:0:1::3',
    broker: '2001:db8:0:1::4',
  },
};

/** Answers the subscribers of a carrier. */
export const WEB_ADDRESS = '192.0.2.5';

/** Of servers that nodes use. */
export const SERVER_ADDRESSES: readonly string[] = Object.values(SERVERS).flatMap(({ stun, turn, broker }) => [
  ...stun,
  turn,
  broker,
]);
