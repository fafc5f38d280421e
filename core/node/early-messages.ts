import type { Clock } from '../ports/index.ts';
import type { SessionMessage } from '../wire/session-message.ts';

/** Messages that are held, of all peers and of each of them. */
const MAX_HELD = 32;
const MAX_HELD_PER_PEER = 4;
/** A message that others overtook by more than this was lost on the way. */
const HOLD_US = 10e6;

interface Held {
  readonly from: string;
  readonly session: string;
  readonly message: SessionMessage;
  readonly untilUs: number;
}

/**
 * What arrives for a session before the message that opens it: signals go by several brokers, are sent again when one
 * fails, and overtake each other then. Full is full: what is held is not pushed out by what comes later.
 */
export class EarlyMessages {
  readonly #clock: Pick<Clock, 'now'>;
  #held: Held[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  hold(from: Uint8Array, message: SessionMessage): void {
    const nowUs = this.#clock.now();
    const peer = textOf(from);
    this.#held = this.#held.filter(({ untilUs }) => untilUs > nowUs);
    const ofPeer = this.#held.filter((held) => held.from === peer).length;
    if (this.#held.length >= MAX_HELD || ofPeer >= MAX_HELD_PER_PEER) return;
    const session = textOf(message.sessionId);
    this.#held.push({ from: peer, session, message, untilUs: nowUs + HOLD_US });
  }

  /** What this peer has sent for the session so far, in the order in which it came. */
  take(from: Uint8Array, sessionId: Uint8Array): SessionMessage[] {
    const [peer, session, nowUs] = [textOf(from), textOf(sessionId), this.#clock.now()];
    const isWanted = (held: Held) => held.from === peer && held.session === session;
    const taken = this.#held.filter((held) => isWanted(held) && held.untilUs > nowUs);
    this.#held = this.#held.filter((held) => !isWanted(held));
    return taken.map(({ message }) => message);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
