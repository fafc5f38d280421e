import { createHmac } from 'node:crypto';
import type { Role } from '../plugins/plugin.ts';
import { FrameGuard } from './link/frame-guard.ts';

export interface SessionParties {
  readonly role: Role;
  readonly id: Uint8Array;
  readonly ownKey: Uint8Array;
  readonly remoteKey: Uint8Array;
}

/**
 * What a session's keys are made of: each end tells the other its part over the signal channel, signed by its key and
 * sealed for the other's. So whoever knows both parts holds one of the two keys, and whoever seals a frame as the peer
 * would is the peer: proving that over a path takes no more signatures.
 */
export class SessionKeys {
  /** Once both parts are known. */
  readonly guard: Promise<FrameGuard>;
  readonly #parties: SessionParties;
  readonly #own: Uint8Array;
  #resolve!: (guard: FrameGuard) => void;
  #known: FrameGuard | undefined;
  #learnt = false;
  #initiators: Uint8Array;

  /** @param guard of the pipe that the session is for, if there is one: it keeps its keys */
  constructor(parties: SessionParties, own: Uint8Array, guard?: FrameGuard) {
    this.#parties = parties;
    this.#own = own;
    this.#initiators = own;
    this.guard = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (guard) this.#take(guard);
  }

  /** Undefined for as long as the peer's part is missing. */
  get known(): FrameGuard | undefined {
    return this.#known;
  }

  get share(): Uint8Array {
    return this.#own;
  }

  /** The peer's part. A second one changes nothing. */
  learn(theirs: Uint8Array): void {
    if (this.#learnt) return;
    this.#learnt = true;
    const { role, id, ownKey, remoteKey } = this.#parties;
    const mine = role === 'initiator';
    if (!mine) this.#initiators = Uint8Array.from(theirs);
    if (this.#known) return;
    const secret = Buffer.concat(mine ? [this.#own, theirs] : [theirs, this.#own]);
    const context = Buffer.concat(mine ? [id, ownKey, remoteKey] : [id, remoteKey, ownKey]);
    this.#take(new FrameGuard(role, secret, context));
  }

  #take(guard: FrameGuard): void {
    this.#known = guard;
    this.#resolve(guard);
  }

  /** 32 bytes for a plugin, from the initiator's part: they are needed before the responder's is known. */
  forPlugin(name: string): Buffer {
    return createHmac('sha256', this.#initiators).update(name).digest();
  }
}
