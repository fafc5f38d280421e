/** What the caller wants of a session. */
export interface DialPolicy {
  /** Which addresses and servers may be used. @default all */
  readonly family?: 4 | 6;
  /** Only paths of this kind: over TCP, or over UDP and relays. @default both */
  readonly transport?: 'stream' | 'datagram';
  /**
   * Does every message arrive, in order, whatever the path? Else a pipe over datagrams may lose and swap some.
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
