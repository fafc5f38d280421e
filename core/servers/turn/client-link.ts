import type { Endpoint } from '../../net/endpoint.ts';

/** The way back to a client: its end of the 5-tuple that identifies an allocation. */
export interface ClientLink {
  /** Of the 5-tuple: the server's end is the same for all. */
  readonly key: string;
  readonly remote: Endpoint;
  /** A stream pads ChannelData. */
  readonly stream: boolean;
  /** What may get lost should be dropped rather than queued. */
  readonly congested: boolean;
  send(bytes: Uint8Array): void;
}
