import { createHmac } from 'node:crypto';
import type { Role } from '../../plugins/plugin.ts';
import { hkdfSha256 } from '../../signal/hkdf.ts';
import { SESSION_ID_LENGTH } from '../../wire/proof.ts';
import { answerTag, MAX_SEQUENCE, openFrame, type SealedFrame, sameTag, sealFrame } from '../../wire/sealed-frame.ts';
import { ReplayWindow } from './replay-window.ts';

const INFO = Buffer.from('punchlab/1 frame keys');
const SEARCH_ID = Buffer.from('search'); // Begins like no frame.
const KEY_LENGTH = 32;

/** A frame that the peer sealed. */
export interface OpenedFrame extends SealedFrame {
  /** The peer sealed it after all that came in before. */
  readonly newest: boolean;
}

/** Seals what we send and opens what the peer sent, once, whatever path it came by. One for each pipe. */
export class FrameGuard {
  readonly #ours: Buffer;
  readonly #theirs: Buffer;
  readonly #initiators: Buffer;
  readonly #window = new ReplayWindow();
  #sent = 0;

  /**
   * @param secret known to the two ends alone
   * @param context whose it is and for what, so that the keys fit nowhere else (HKDF, RFC 5869)
   */
  constructor(role: Role, secret: Uint8Array, context: Uint8Array) {
    const keys = hkdfSha256(secret, context, INFO, 2 * KEY_LENGTH);
    const [initiator, responder] = [keys.subarray(0, KEY_LENGTH), keys.subarray(KEY_LENGTH)];
    this.#initiators = initiator;
    this.#ours = role === 'initiator' ? initiator : responder;
    this.#theirs = role === 'initiator' ? responder : initiator;
  }

  seal(kind: number, body: Uint8Array): Buffer {
    if (this.#sent >= MAX_SEQUENCE) throw new RangeError('the pipe has sent all that one key may seal');
    return sealFrame({ kind, sequence: this.#sent++, body }, this.#ours);
  }

  /** Undefined for what the peer did not send, and for what came before. */
  open(bytes: Uint8Array): OpenedFrame | undefined {
    const frame = openFrame(bytes, this.#theirs);
    if (!frame) return undefined;
    const newest = frame.sequence > this.#window.highest;
    return this.#window.admit(frame.sequence) ? { ...frame, newest } : undefined;
  }

  /** Of the session that looks for another path for this pipe, for the how-manieth time: only the two ends know it. */
  searchId(count: number): Buffer {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(count);
    return createHmac('sha256', this.#initiators)
      .update(SEARCH_ID)
      .update(number)
      .digest()
      .subarray(0, SESSION_ID_LENGTH);
  }

  /** Our tag over a hello. */
  answer(hello: Uint8Array): Buffer {
    return answerTag(hello, this.#ours);
  }

  /** Is this the peer's tag over our hello? */
  isAnswer(hello: Uint8Array, tag: Uint8Array): boolean {
    return sameTag(answerTag(hello, this.#theirs), tag);
  }
}
