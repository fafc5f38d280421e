import type { Identity } from '../identity/identity.ts';
import type { Host } from '../ports/index.ts';
import { type Address, parseAddress } from '../wire/address/address.ts';
import { AddressError } from '../wire/address/address-error.ts';
import { withContext } from '../wire/context.ts';
import { decodeEnvelope, type Envelope } from '../wire/signal/envelope.ts';
import { decodeInner, type Inner, SIGNAL_CONTEXT, signedMessage } from '../wire/signal/inner.ts';
import { decodeSignalContent, type SignalContent } from '../wire/signal/signal-content.ts';
import { WireError } from '../wire/wire-error.ts';
import { EnvelopeKey } from './envelope-key.ts';
import { DEFAULT_LEDGER_LIMITS, type LedgerLimits, SenderLedger } from './sender-ledger.ts';
import { type RateLimit, TokenBucket } from './token-bucket.ts';

/** A message that a node signed for this node, taken once. */
export interface SignalMessage {
  /** The sender's public key. */
  readonly from: Uint8Array;
  /** The sender's address, if it came along: its signature is good and its key is the sender's. */
  readonly address?: Address;
  readonly kind: string;
  readonly body: Uint8Array;
  /** By the sender's clock. */
  readonly sentAtMs: number;
  /** Messages of ours that the sender says it has taken. */
  readonly acknowledged: readonly Uint8Array[];
}

/** Hears of every message that its sender may be told we have, with the key that only it and we know. */
export type Taken = (sender: Uint8Array, key: EnvelopeKey, id: Uint8Array) => void;

/**
 * Why a message was not taken, in the order of the checks.
 *
 * - `malformed`: not the bytes of a signal message
 * - `busy`: too many messages by senders whose key is new here
 * - `unreadable`: not encrypted for this node
 * - `wrong-sender`: in the name of another than whose conversation it came in
 * - `expired`: too old, or too far ahead of our clock
 * - `duplicate`: taken before
 * - `rate`: the sender sends too fast
 * - `forged`: not signed by the sender for this node
 * - `bad-address`: the address that came along is none, or is another node's
 * - `full`: no room left to remember the message, so a replay could not be told
 */
export type Refusal =
  | 'malformed'
  | 'busy'
  | 'unreadable'
  | 'wrong-sender'
  | 'expired'
  | 'duplicate'
  | 'rate'
  | 'forged'
  | 'bad-address'
  | 'full';

export interface OpenerLimits extends LedgerLimits {
  /** Added to a message's time to live in both directions, since clocks disagree. @default 600000 */
  readonly clockSkewMs: number;
  /** Messages under a new ephemeral key, from all senders: each costs public-key work. @default 32 at once, 8 a second */
  readonly newcomers: RateLimit;
}

export const DEFAULT_OPENER_LIMITS: OpenerLimits = {
  ...DEFAULT_LEDGER_LIMITS,
  clockSkewMs: 600_000,
  newcomers: { burst: 32, perSecond: 8 },
};

const MAX_CONVERSATIONS = 512;

/** What one ephemeral key was found to be good for. */
interface Conversation {
  readonly key: EnvelopeKey;
  readonly sender: string;
  address: Address | undefined;
}

class Refused extends Error {
  readonly reason: Refusal;

  constructor(reason: Refusal) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Opens what arrives, cheapest check first: bytes, then symmetric cryptography, then the tables, then, within rate
 * limits, public keys. Nothing that a stranger sends makes it forget what it knows of others.
 */
export class SignalOpener {
  readonly #host: Pick<Host, 'clock' | 'signer'>;
  readonly #identity: Identity;
  readonly #limits: OpenerLimits;
  readonly #ledger: SenderLedger;
  readonly #newcomers: TokenBucket;
  readonly #conversations = new Map<string, Conversation>();
  readonly #taken: Taken;

  constructor(
    host: Pick<Host, 'clock' | 'signer'>,
    identity: Identity,
    limits: OpenerLimits = DEFAULT_OPENER_LIMITS,
    taken: Taken = () => {},
  ) {
    this.#taken = taken;
    this.#host = host;
    this.#identity = identity;
    this.#limits = limits;
    this.#ledger = new SenderLedger(limits);
    this.#newcomers = new TokenBucket(limits.newcomers, host.clock.now());
  }

  /** The message, or why it was not taken. Never throws, whatever the bytes. */
  open(bytes: Uint8Array): SignalMessage | Refusal {
    try {
      return this.#open(decodeEnvelope(bytes));
    } catch (error) {
      if (error instanceof Refused) return error.reason;
      if (error instanceof WireError) return 'malformed';
      throw error;
    }
  }

  #open(envelope: Envelope): SignalMessage {
    if (envelope.type !== 'message') refuse('malformed');
    const name = textOf(envelope.ephemeralKey);
    const known = this.#conversations.get(name);
    const key = known?.key ?? this.#newKey(envelope.ephemeralKey);
    const plaintext = key.open(envelope) ?? refuse('unreadable');
    const inner = decodeInner(plaintext);
    const sender = textOf(inner.senderKey);
    if (known && known.sender !== sender) refuse('wrong-sender');
    const content = decodeSignalContent(inner.content);
    this.#checkFreshness(content);
    if (this.#ledger.knows(sender, textOf(content.id))) {
      // The receipt was lost, or a second broker is slower. In a new conversation it may be somebody else who asks.
      if (known) this.#taken(inner.senderKey, key, content.id);
      refuse('duplicate');
    }
    // Nobody but the sender can spend its allowance: before this the conversation was proved to be the sender's.
    if (known && !this.#ledger.mayProceed(sender, this.#host.clock.now())) refuse('rate');
    this.#checkSignature(envelope, inner);
    if (!known && !this.#ledger.mayProceed(sender, this.#host.clock.now())) refuse('rate');
    const address = this.#address(known, inner, content);
    this.#admit(sender, content);
    this.#keep(name, { key, sender, address: address ?? known?.address });
    this.#taken(inner.senderKey, key, content.id);
    const { kind, body, sentAtMs, acknowledged = [] } = content;
    return { from: inner.senderKey, ...(address && { address }), kind, body, sentAtMs, acknowledged };
  }

  #newKey(ephemeralKey: Uint8Array): EnvelopeKey {
    if (!this.#newcomers.take(this.#host.clock.now())) refuse('busy');
    try {
      const secret = this.#identity.sharedSecret(ephemeralKey);
      return new EnvelopeKey(secret, ephemeralKey, this.#identity.publicKey);
    } catch (error) {
      if (error instanceof RangeError) refuse('malformed');
      throw error;
    }
  }

  #checkFreshness(content: SignalContent): void {
    const toleranceMs = content.ttlMs + this.#limits.clockSkewMs;
    if (Math.abs(this.#host.clock.wallMs() - content.sentAtMs) > toleranceMs) refuse('expired');
    if (content.sentAtMs + toleranceMs <= this.#ledger.forgottenMs) refuse('expired');
  }

  #checkSignature({ ephemeralKey }: Envelope, { senderKey, signature, content }: Inner): void {
    const message = signedMessage(this.#identity.publicKey, ephemeralKey, senderKey, content);
    if (!this.#host.signer.verify(signature, withContext(SIGNAL_CONTEXT, message), senderKey)) refuse('forged');
  }

  #address(known: Conversation | undefined, { senderKey }: Inner, content: SignalContent): Address | undefined {
    if (!content.address) return undefined;
    if (known?.address && Buffer.compare(known.address.bytes, content.address) === 0) return known.address;
    try {
      const address = parseAddress(content.address, this.#host.signer);
      return Buffer.compare(address.publicKey, senderKey) === 0 ? address : refuse('bad-address');
    } catch (error) {
      if (error instanceof AddressError) refuse('bad-address');
      throw error;
    }
  }

  #admit(sender: string, { id, sentAtMs, ttlMs }: SignalContent): void {
    const { clock } = this.#host;
    const expiresMs = sentAtMs + ttlMs + this.#limits.clockSkewMs;
    if (!this.#ledger.admit(sender, textOf(id), expiresMs, clock.now(), clock.wallMs())) refuse('full');
  }

  /** The conversation that was quiet longest makes room: it costs its sender one more ECDH, nothing else. */
  #keep(name: string, conversation: Conversation): void {
    this.#conversations.delete(name);
    if (this.#conversations.size >= MAX_CONVERSATIONS) {
      this.#conversations.delete(this.#conversations.keys().next().value!);
    }
    this.#conversations.set(name, conversation);
  }
}

function refuse(reason: Refusal): never {
  throw new Refused(reason);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
