import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { Random } from '../../ports/index.ts';
import { attributeOf } from '../../wire/stun/attribute.ts';
import { decodeMessage, type ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { encodeMessage } from '../../wire/stun/encode-message.ts';
import { verifyIntegrity } from '../../wire/stun/integrity.ts';
import { METHOD, TRANSACTION_ID_LENGTH, transactionKey } from '../../wire/stun/message.ts';
import { WireError } from '../../wire/wire-error.ts';
import type { Role } from '../plugin.ts';

/** Places that one port probes: those that the peer named or that were predicted, and those that its probes came from. */
const MAX_TARGETS = 128;
/** Places that the peer's probes came from: each may be one mapping of its NAT. */
const MAX_HEARD = 16;

export interface ProberOptions {
  readonly role: Role;
  /** Known to the peer alone: probes without it are ignored. */
  readonly key: Uint8Array;
  readonly random: Random;
  /** What {@link Prober.spray} sends: one request for all the ports of an attempt, of which there may be hundreds. */
  readonly sprayed: () => ProbeRequest;
  readonly send: (data: Uint8Array, to: Endpoint, ttl?: number) => void;
  /**
   * Packets went to `to`, and the answers came from `from`: both NATs let them through. Where the two differ, the
   * answerer's NAT maps every destination anew (RFC 8445 section 7.2.5.2.1 would not take such a path).
   */
  readonly found: (to: Endpoint, from: Endpoint) => void;
  /** The peer's probe came from there, for the first time. `predicted`: it was a guess of ours. */
  readonly heard: (from: Endpoint, predicted: boolean) => void;
}

/** A check that is ready to be sent. */
export interface ProbeRequest {
  readonly bytes: Buffer;
  readonly transaction: string;
}

/** A Binding request under the session's key. */
export function probeRequest({ role, key, random }: Pick<ProberOptions, 'role' | 'key' | 'random'>): ProbeRequest {
  const transactionId = random.bytes(TRANSACTION_ID_LENGTH);
  const attributes = [{ type: 'username', value: role } as const];
  const message = { messageClass: 'request', method: METHOD.binding, transactionId, attributes } as const;
  return { bytes: encodeMessage(message, { key, integrity: 'sha256' }), transaction: transactionKey(message) };
}

interface Target {
  readonly endpoint: Endpoint;
  /** The same bytes every time: a retransmission keeps its transaction id (RFC 8489 section 6.2.1). */
  readonly request: Buffer;
  /** Requests left to send. */
  left: number;
  found: boolean;
}

/**
 * Connectivity checks between two peers, shaped like those of RFC 8445 section 7 but without its roles and priorities:
 * STUN Binding requests under a key of this session, answered with what the answerer saw. STUN is also what NATs that
 * look into packets leave alone.
 */
export class Prober {
  readonly #options: ProberOptions;
  readonly #targets: Target[] = [];
  readonly #byTransaction = new Map<string, Target>();
  readonly #heard: Endpoint[] = [];

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Is the peer expected there, or has a probe with the right key come from there? */
  knows(from: Endpoint): boolean {
    return this.#hasHeard(from) || this.#targets.some(({ endpoint }) => sameEndpoint(endpoint, from));
  }

  #hasHeard(from: Endpoint): boolean {
    return this.#heard.some((endpoint) => sameEndpoint(endpoint, from));
  }

  /**
   * Probes a place now, and by {@link probe}, unless it is known or there are too many.
   * @param sends how often in all @default without end
   */
  open(endpoint: Endpoint, sends: number = Number.POSITIVE_INFINITY): void {
    const known = this.#targets.some((target) => sameEndpoint(target.endpoint, endpoint));
    const target = known ? undefined : this.#add(endpoint, sends);
    if (target) this.#send(target);
  }

  /**
   * Probes a place once, and keeps nothing of it: of the thousands of places that may be tried so, one will answer.
   * @param ttl for a packet that only opens our own NATs
   */
  spray(endpoint: Endpoint, ttl?: number): void {
    this.#options.send(this.#options.sprayed().bytes, endpoint, ttl);
  }

  #add(endpoint: Endpoint, left: number): Target | undefined {
    const known = this.#targets.find((target) => sameEndpoint(target.endpoint, endpoint));
    if (known || this.#targets.length >= MAX_TARGETS) return known;
    const { bytes, transaction } = probeRequest(this.#options);
    const target: Target = { endpoint, request: bytes, left, found: false };
    this.#targets.push(target);
    this.#byTransaction.set(transaction, target);
    return target;
  }

  /** Probes every place once more. */
  probe(): void {
    for (const target of this.#targets) if (!target.found && target.left > 0) this.#send(target);
  }

  #send(target: Target): void {
    target.left--;
    this.#options.send(target.request, target.endpoint);
  }

  /** A STUN message that came in. What does not carry the key is ignored. */
  receive(data: Uint8Array, from: Endpoint): void {
    let message: ReceivedMessage;
    try {
      message = decodeMessage(data);
    } catch (error) {
      if (error instanceof WireError) return;
      throw error;
    }
    if (message.method !== METHOD.binding) return;
    if (message.messageClass === 'request') this.#answer(message, from);
    else if (message.messageClass === 'success') this.#answered(message, from);
  }

  #answer(request: ReceivedMessage, from: Endpoint): void {
    const { role, key, send, heard } = this.#options;
    // Our own probe, played back to us, names our own role.
    const peerRole = role === 'initiator' ? 'responder' : 'initiator';
    if (attributeOf(request, 'username') !== peerRole || !verifyIntegrity(request, key)) return;
    const { transactionId } = request;
    const attributes = [{ type: 'xor-mapped-address', value: from } as const];
    const response = { messageClass: 'success', method: METHOD.binding, transactionId, attributes } as const;
    send(encodeMessage(response, { key, integrity: 'sha256' }), from);
    if (!this.#hasHeard(from) && this.#heard.length >= MAX_HEARD) return;
    const target = this.#add(from, Number.POSITIVE_INFINITY);
    const predicted = target !== undefined && target.left < Number.POSITIVE_INFINITY;
    // A triggered check (RFC 8445 section 7.3.1.4): the peer's packets get here, now see whether ours get there.
    if (target && !target.found) {
      target.left = Number.POSITIVE_INFINITY; // Perhaps it was a guess; now it is not.
      this.#send(target);
    }
    if (this.#hasHeard(from)) return;
    this.#heard.push(from);
    heard(from, predicted);
  }

  #answered(response: ReceivedMessage, from: Endpoint): void {
    const { sprayed, key, found } = this.#options;
    const transaction = transactionKey(response);
    const target = this.#byTransaction.get(transaction);
    if (!target && transaction !== sprayed().transaction) return;
    if (target?.found || !verifyIntegrity(response, key)) return;
    if (!target) {
      found(from, from);
      return;
    }
    if (sameEndpoint(target.endpoint, from)) target.found = true;
    // The answer left through another mapping than the one we probed, which may carry packets both ways.
    else this.#add(from, Number.POSITIVE_INFINITY);
    found(target.endpoint, from);
  }
}
