import type { Identity } from '../identity/identity.ts';
import type { NameServerConfig } from '../names/name-client.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Plugin, TurnServer } from '../plugins/plugin.ts';
import type { BrokerConfig } from '../signal/signal-channel.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import type { DialPolicy } from './session-options.ts';

export interface NodeServers {
  /** Two addresses and two ports each (RFC 5780), or plain ones. @default none */
  readonly stun?: readonly Endpoint[];
  /** Each with its credentials. @default none */
  readonly turn?: readonly TurnServer[];
  /** The node's key decides at which two of them it is to be found (rendezvous hashing). @default none */
  readonly brokers?: readonly BrokerConfig[];
  /** NTP servers that put the node's date right, in the background. More than half must agree. @default none */
  readonly ntp?: readonly Endpoint[];
  /** More than half of them must agree. @default none */
  readonly names?: readonly NameServerConfig[];
}

export interface NodeOptions {
  /** @default a new one */
  readonly identity?: Identity;
  /** To be registered with the name servers, and kept. @default none */
  readonly nickname?: string;
  /** Whole seconds, after which nobody goes by an address of ours any more. @default 604800000, a week */
  readonly addressLifetimeMs?: number;
  /** @default none: only direct connections to known ports work */
  readonly servers?: NodeServers;
  /** @default every registered plugin */
  readonly plugins?: readonly Plugin[];
  /** Where to listen; sockets are bound to this address, too. @default every interface, an ephemeral port */
  readonly listen?: { readonly address?: string; readonly port?: number };
  /**
   * How long a quiet pipe over datagrams is left alone before a packet keeps the mappings of NATs alive. A NAT whose
   * mappings live shorter needs less, one that was measured to keep them for long allows more: see
   * {@link keepAliveFor}. `measured`: the node measures that in the background, which takes minutes and some packets,
   * whenever it has come to be elsewhere, and goes by 15000 until it knows. @default 15000
   */
  readonly keepAliveMs?: number | 'measured';
  /**
   * Decides whom to let call, before anything is done for the caller. Its key is not proven yet where it comes without
   * an address. @default everybody
   */
  readonly accept?: (peerKey: Uint8Array, address: AddressContent | undefined) => boolean;
}

export interface ConnectOptions extends DialPolicy {
  /** Names. @default all plugins of the node */
  readonly plugins?: readonly string[];
  /** When to give up, if something may still connect by then. @default 19000 */
  readonly timeoutMs?: number;
  /** Gives up with its reason. @default none */
  readonly signal?: AbortSignal;
}
