import type { Endpoint } from '../net/endpoint.ts';
import type { NetError } from '../net/error.ts';

/** Who hears of what happens on a transport. */
export interface TransportSink {
  /** One whole message. The bytes are the receiver's to keep. */
  message(bytes: Uint8Array): void;
  /** Last call ever. Without an error the other end closed in good order. */
  closed(error?: NetError): void;
  /** There is room to send again after `send` answered false. */
  drained(): void;
  /** The peer has just been heard this way: what had no answer may have come too early, and is worth repeating now. */
  reached?(): void;
  /** What is sent from now on takes another way. @param interrupted what was sent lately may have gone nowhere */
  rerouted?(interrupted: boolean): void;
  /** A message came from a place where the peer was not known to be: it may be anybody's. */
  stray?(bytes: Uint8Array, from: Endpoint): void;
}

/** A way to a peer that may come to be somewhere else, as when its NAT forgets a mapping and makes another. */
export interface Reroute {
  /** Where the peer is. */
  readonly place: Endpoint;
  /** Sends one message to another place than the peer's. */
  sendTo(message: Uint8Array, to: Endpoint): void;
  /** The peer is there from now on. */
  moveTo(to: Endpoint): void;
}

/**
 * A way to carry messages to one other machine. Message boundaries are kept whatever lies beneath. Nobody has proved
 * anything about who is at the other end yet: see Attempt.prove.
 */
export interface Transport {
  readonly protocol: 'udp' | 'tcp';
  /** True: every message arrives, in order, or the transport closes. False: messages may get lost or swapped. */
  readonly reliable: boolean;
  /** The longest message in bytes. */
  readonly maxMessage: number;
  /** Absent where the peer can't move: a connection, or a relay that knows it by its address. */
  readonly reroute?: Reroute;
  /** The peer has proved its key: the limits that hold for strangers end. */
  trust(): void;
  /** Starts reading, or hands the transport to another sink. */
  start(sink: TransportSink): void;
  /**
   * Sends one message. False: the buffer is full, wait for {@link TransportSink.drained}.
   * @throws RangeError if the message is longer than `maxMessage`
   */
  send(message: Uint8Array): boolean;
  /** Stops and restarts reading, where the transport can push back. */
  pause(): void;
  resume(): void;
  /** Closes after what is queued has gone. */
  end(): void;
  /** Closes at once. */
  abort(): void;
}
