import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { Host, Timer } from '../../ports/index.ts';

/** As long as RFC 9000 section 8.2.1 asks for: nobody guesses it. */
const TOKEN_LENGTH = 8;
/** When a place is asked, from the first time on. */
const ASK_AT_MS = [0, 250, 750] as const;
/** A place that has not answered by then does not. */
const GIVE_UP_MS = 3000;
/** The old place has as long to answer as the new one took, within these bounds. */
const LEAST_WAIT_MS = 20;
const MOST_WAIT_MS = 1000;
/** Before another place, or the same one, is asked: what strangers can make us send is counted by this. */
const REST_MS = 2000;

export interface RelocationOptions {
  readonly host: Pick<Host, 'clock' | 'random'>;
  /** Sends the question to the new place. */
  askNew(token: Uint8Array, place: Endpoint): void;
  /** Sends it the way that everything goes. */
  askOld(token: Uint8Array): void;
  /** The peer is there now. */
  moved(place: Endpoint): void;
}

interface Candidate {
  readonly place: Endpoint;
  readonly startedUs: number;
  readonly tokens: { readonly old: Uint8Array; readonly new: Uint8Array };
  readonly timers: Timer[];
  answered: boolean;
}

/**
 * Finds out whether a peer is where a frame of its came from, as when the NAT in front of it has made another mapping. A
 * frame proves who sealed it, but not who sent the copy that came first (RFC 9000 section 9.3). So the new place has to
 * answer a question that only the peer can answer, and the old one must not: where it still leads to the peer, somebody
 * else has copied the frame. Before that the new place gets three small frames and nothing else.
 */
export class Relocation {
  readonly #options: RelocationOptions;
  #candidate: Candidate | undefined;
  #restUntilUs = Number.NEGATIVE_INFINITY;

  constructor(options: RelocationOptions) {
    this.#options = options;
  }

  /** An authentic frame, sealed after all others that came in, came from a place that is not the peer's. */
  seen(place: Endpoint): void {
    const { clock, random } = this.#options.host;
    const startedUs = clock.now();
    if (this.#candidate || startedUs < this.#restUntilUs) return;
    const tokens = { old: random.bytes(TOKEN_LENGTH), new: random.bytes(TOKEN_LENGTH) };
    const candidate: Candidate = { place, startedUs, tokens, timers: [], answered: false };
    this.#candidate = candidate;
    const [first, ...later] = ASK_AT_MS.map((atMs) => [atMs, () => this.#ask(candidate)] as const);
    for (const [atMs, ask] of later) candidate.timers.push(clock.after(atMs, ask));
    candidate.timers.push(clock.after(GIVE_UP_MS, () => this.#end()));
    first![1]();
  }

  /** @param from where the answer came from; undefined: from where the peer is known to be */
  answered(token: Uint8Array, from: Endpoint | undefined): void {
    const candidate = this.#candidate;
    if (!candidate) return;
    if (same(token, candidate.tokens.old)) this.#end();
    else if (!candidate.answered && from && sameEndpoint(from, candidate.place) && same(token, candidate.tokens.new)) {
      const { clock } = this.#options.host;
      candidate.answered = true;
      const tookMs = (clock.now() - candidate.startedUs) / 1000;
      const waitMs = Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, tookMs));
      candidate.timers.push(clock.after(waitMs, () => this.#move(candidate)));
    }
  }

  stop(): void {
    for (const timer of this.#candidate?.timers ?? []) timer.cancel();
    this.#candidate = undefined;
  }

  #ask({ place, tokens, answered }: Candidate): void {
    if (!answered) this.#options.askNew(tokens.new, place);
    this.#options.askOld(tokens.old);
  }

  #move({ place }: Candidate): void {
    this.#end();
    this.#options.moved(place);
  }

  #end(): void {
    this.stop();
    this.#restUntilUs = this.#options.host.clock.now() + REST_MS * 1000;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
