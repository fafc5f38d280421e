import type { Host, Timer } from '../ports/index.ts';
import { encodeEnvelope, NONCE_LENGTH } from '../wire/signal/envelope.ts';
import { joinIds, MAX_ACKNOWLEDGED } from '../wire/signal/message-ids.ts';
import type { EnvelopeKey } from './envelope-key.ts';

/** How long a receipt waits for a message to the same peer, with which it travels for nothing. */
const DELAY_MS = 200;
const MAX_PEERS = 512;

interface Owed {
  readonly peer: Uint8Array;
  readonly key: EnvelopeKey;
  readonly ids: Uint8Array[];
  readonly timer: Timer;
}

/**
 * What peers are still to be told that we have taken. A receipt goes along with the next message to the peer, or by
 * itself after a moment: then encrypted under the key of the conversation, which only the two ends know, so that it
 * costs no signature. However fast copies of a message come in, a peer is sent five receipts a second at most, each
 * shorter than any message.
 */
export class Receipts {
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #post: (peer: Uint8Array, payload: Buffer) => void;
  readonly #owed = new Map<string, Owed>();

  constructor(host: Pick<Host, 'clock' | 'random'>, post: (peer: Uint8Array, payload: Buffer) => void) {
    this.#host = host;
    this.#post = post;
  }

  /** A message of the peer was taken, now or before, and this is the key that it came under. */
  owe(peer: Uint8Array, key: EnvelopeKey, id: Uint8Array): void {
    const name = nameOf(peer);
    const owed = this.#owed.get(name) ?? this.#begin(name, peer, key);
    if (!owed || owed.ids.some((other) => Buffer.compare(other, id) === 0)) return;
    // Beyond that the sender asks again.
    if (owed.ids.length < MAX_ACKNOWLEDGED) owed.ids.push(Uint8Array.from(id));
  }

  /** What a message to the peer that leaves now is to acknowledge. */
  take(peer: Uint8Array): readonly Uint8Array[] {
    const owed = this.#owed.get(nameOf(peer));
    if (!owed) return [];
    owed.timer.cancel();
    this.#owed.delete(nameOf(peer));
    return owed.ids;
  }

  close(): void {
    for (const { timer } of this.#owed.values()) timer.cancel();
    this.#owed.clear();
  }

  #begin(name: string, peer: Uint8Array, key: EnvelopeKey): Owed | undefined {
    if (this.#owed.size >= MAX_PEERS) return undefined;
    const timer = this.#host.clock.after(DELAY_MS, () => this.#flush(name));
    const owed = { peer: Uint8Array.from(peer), key, ids: [], timer };
    this.#owed.set(name, owed);
    return owed;
  }

  #flush(name: string): void {
    const { peer, key, ids } = this.#owed.get(name)!;
    this.#owed.delete(name);
    const nonce = this.#host.random.bytes(NONCE_LENGTH);
    this.#post(peer, encodeEnvelope(key.seal('acknowledgement', joinIds(ids), nonce)));
  }
}

function nameOf(peer: Uint8Array): string {
  return Buffer.from(peer.buffer, peer.byteOffset, peer.length).toString('latin1');
}
