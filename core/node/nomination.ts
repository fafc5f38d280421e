import type { Clock, Timer } from '../ports/index.ts';

interface Candidate {
  readonly key: object;
  readonly path: 'direct' | 'relayed';
  readonly grant: () => void;
}

/**
 * Decides at the initiator which of the paths that the peer has proved is taken: one at a time, in the order in which
 * they were proved, and a relayed one only once no direct attempt is left or the hold is over.
 */
export class Nomination {
  readonly #waiting: Candidate[] = [];
  readonly #hold: Timer;
  #holder: object | undefined;
  #directAlive: number;
  #holding = true;
  #relayTaken = false;

  /**
   * @param directAttempts how many attempts may still yield a direct path
   * @param relayHoldMs how long a relayed path waits for them
   */
  constructor(clock: Clock, directAttempts: number, relayHoldMs: number) {
    this.#directAlive = directAttempts;
    this.#hold = clock.after(relayHoldMs, () => {
      this.#holding = false;
      this.#advance();
    });
  }

  /** Resolves when this path is the one to take. @param key stands for the path, not for its attempt */
  request(key: object, path: 'direct' | 'relayed'): Promise<void> {
    return new Promise((grant) => {
      this.#waiting.push({ key, path, grant });
      this.#advance();
    });
  }

  /** An attempt is over, and did not win. */
  withdraw(path: 'direct' | 'relayed'): void {
    if (path === 'direct') this.#directAlive--;
    this.#advance();
  }

  /** A path broke before it was accepted; its attempt may come back with another. */
  release(key: object): void {
    if (this.#holder === key) this.#holder = undefined;
    const kept = this.#waiting.filter((candidate) => candidate.key !== key);
    this.#waiting.splice(0, this.#waiting.length, ...kept);
    this.#advance();
  }

  /** The path that was granted is a relay, and carries the pipe now: a direct one may still take over. */
  relayTaken(): void {
    this.#relayTaken = true;
    this.#holder = undefined;
    this.#advance();
  }

  /** The session is over: nobody is granted anything any more. */
  close(): void {
    this.#hold.cancel();
    this.#waiting.length = 0;
  }

  #advance(): void {
    if (this.#holder) return;
    const mayRelay = !this.#relayTaken && (this.#directAlive <= 0 || !this.#holding);
    const index = this.#waiting.findIndex((candidate) => candidate.path === 'direct' || mayRelay);
    const [next] = index < 0 ? [] : this.#waiting.splice(index, 1);
    this.#holder = next?.key;
    next?.grant();
  }
}
