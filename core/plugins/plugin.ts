import type { Endpoint } from '../net/endpoint.ts';
import type { Host } from '../ports/index.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import type { Transport } from './transport.ts';

/** Who started the session: the initiator dials, the responder answers. */
export type Role = 'initiator' | 'responder';

export interface TurnServer {
  readonly endpoint: Endpoint;
  readonly username: string;
  readonly password: string;
}

/** The servers that a node may use. */
export interface Servers {
  readonly stun: readonly Endpoint[];
  readonly turn: readonly TurnServer[];
}

/** All that a plan may depend on. A plan is a pure function of it. */
export interface PlanInput {
  readonly role: Role;
  readonly local: AddressContent;
  /** Undefined when the peer came in without showing its address. */
  readonly remote: AddressContent | undefined;
  readonly servers: Servers;
  /** Can the two ends exchange signal messages in this session? */
  readonly signalling: boolean;
  /** What the pipe is to be carried by. Absent: whatever is found. */
  readonly transport?: 'stream' | 'datagram';
}

export type Plan<P> =
  | { readonly applicable: true; readonly plan: P }
  | { readonly applicable: false; readonly reason: string };

/** Marks what only Attempt.prove makes. */
export const PROVEN = Symbol('proven');

/** Stands for a transport over which both ends have proved their keys: what an attempt is to return. */
export interface ProvenTransport {
  readonly [PROVEN]: true;
}

/** A plugin's own line to the same plugin at the other end, over the signal channel. */
export interface PluginLine {
  /** At most 1,024 bytes. What several plugins say at about the same time travels in one signal message. */
  send(message: Uint8Array): void;
  /**
   * The next message, in order of arrival; messages may get lost, but are never forged.
   * @throws the attempt's abort reason
   */
  receive(): Promise<Uint8Array>;
}

/** One plugin's try in one session, at one end. */
export interface Attempt {
  readonly role: Role;
  readonly local: AddressContent;
  readonly remote: AddressContent | undefined;
  readonly servers: Servers;
  /**
   * The host, for this attempt only: what is opened or scheduled through it is counted, and closed when the attempt
   * ends without having won.
   */
  readonly host: Host;
  /** Local address to bind to; undefined binds to every interface. */
  readonly bindAddress: string | undefined;
  /** Fires when the attempt is over: lost, timed out, or won and the path that it found closed. */
  readonly signal: AbortSignal;
  /** 32 bytes that only this plugin at the two ends of this session knows. */
  readonly secret: Uint8Array;
  readonly line: PluginLine;
  /**
   * Lets both ends prove their keys over a transport and, at the initiator, waits until the session takes this
   * attempt as the winner. Call it for every candidate; the first that resolves is the one to return.
   * @throws if the other end is not the peer, or the transport broke; others may still be tried
   */
  prove(transport: Transport): Promise<ProvenTransport>;
  /** The next transport that the peer opened to our listening port for this attempt. */
  incoming(): Promise<Transport>;
  /** The responder has opened a transport to the initiator's listening port: says which attempt it is for. */
  announce(transport: Transport): void;
  sleep(ms: number): Promise<void>;
  /** What the account is to say beside the outcome, however the attempt ends: what was found out about the network. */
  note(text: string): void;
  /**
   * Something of the plugin's that outlives the attempt: made by the first attempt that asks for it, with the node's own
   * host, shared with all later ones, and closed with the node.
   */
  keep<T extends Keepsake>(make: (host: Host) => T): T;
}

export interface Keepsake {
  /** Frees everything; the node waits for it. */
  close(): Promise<void>;
}

/** Thrown by an attempt that finds out that there is nothing for it to do here: the account says so, and not that it failed. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

/**
 * A traversal strategy. It says what it needs, plans purely, and attempts with I/O. An attempt fails by throwing: the
 * error's text is the reason in the account.
 */
export interface Plugin<P = unknown> {
  /** Unique, lower case with dashes: it names the plugin in scenarios, results and on the wire. */
  readonly name: string;
  /** Does the path run through a relay? A direct path is preferred. */
  readonly path: 'direct' | 'relayed';
  /**
   * Is it to run once for each pair of an address of ours and one of the peer's, of one family, with an address content
   * that holds nothing else, servers of that family, and a line of its own? @default false: it sees to all of them
   */
  readonly perPair?: boolean;
  /** What its pipes are carried by: TCP connections, or datagrams, relayed ones included. @default either */
  readonly transport?: 'stream' | 'datagram';
  /** About how many packets one end sends until it has met the peer, if it can: the cheap are tried first. @default 16 */
  readonly packets?: number;
  plan(input: PlanInput): Plan<P>;
  /** Tries until it has a proven transport, or throws. */
  attempt(plan: P, attempt: Attempt): Promise<ProvenTransport>;
}
