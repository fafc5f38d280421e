import type { Recovery } from './recovery.ts';

/** The pipes of a node that may look for another path. */
export class Recoveries {
  readonly #all = new Set<Recovery>();

  add(recovery: Recovery): void {
    this.#all.add(recovery);
  }

  delete(recovery: Recovery): void {
    this.#all.delete(recovery);
  }

  /** The one that this session would be for. Two hashes a search, for each pipe with that peer. */
  find(peerKey: Uint8Array, sessionId: Uint8Array): Recovery | undefined {
    const peer = Buffer.from(peerKey);
    for (const recovery of this.#all) if (peer.equals(recovery.remoteKey) && recovery.knows(sessionId)) return recovery;
    return undefined;
  }
}
