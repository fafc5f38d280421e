import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { Host, Timer } from '../../ports/index.ts';
import { SEALED_OVERHEAD } from '../../wire/sealed-frame.ts';

/** As long as RFC 9000 section 8.2.1 has it: nobody guesses it. */
export const TOKEN_LENGTH = 8;
/** What a question takes. */
const QUESTION_BYTES = SEALED_OVERHEAD + TOKEN_LENGTH;
/** Between two questions to a place. What others can make us send there is counted by this. */
const ASK_GAP_MS = 200;
/** The old place has twice as long to answer as the new one took, within these bounds. */
const LEAST_WAIT_MS = 100;
const MOST_WAIT_MS = 1000;
/** A place that has not answered by then does not; nor does the old one come back after that. */
const GIVE_UP_MS = 3000;
/** After a place that was none, another one is looked at no sooner. */
const REST_MS = 2000;

export interface RelocationOptions {
  readonly host: Pick<Host, 'clock' | 'random'>;
  /** Where the path leads now. */
  place(): Endpoint;
  /** Sends the question there. */
  ask(token: Uint8Array, place: Endpoint): void;
  /** The peer is there from now on. */
  moved(place: Endpoint): void;
}

interface Candidate {
  readonly old: Endpoint;
  readonly place: Endpoint;
  readonly tokens: { readonly old: Uint8Array; readonly new: Uint8Array };
  /** Bytes that came from there, less those that went there. */
  credit: number;
  /** When it may be asked again, and when it ends. */
  askAtUs: number;
  askedUs: number;
  endUs: number;
  /** The new place has answered, and the old one has until then. */
  wait: Timer | undefined;
  moved: boolean;
}

/**
 * Finds out whether a peer is where a frame of its came from, as when the NAT in front of it has made another mapping. A
 * frame proves who sealed it, but not who sent the copy that came first (RFC 9000 section 9.3). So the new place has to
 * answer a question that only the peer can answer, and the old one must not (section 9.3.3): where it still leads to the
 * peer, somebody else is passing copies on. Whatever way that answer takes, it counts: who wins every race with copies
 * would have to hold it back as well, and who can do that is the path. Questions are asked as frames come, and no more
 * bytes go to a place than have come from there (sections 8.1 and 9.3.1 allow three times as many).
 */
export class Relocation {
  readonly #options: RelocationOptions;
  #candidate: Candidate | undefined;
  #restUntilUs = Number.NEGATIVE_INFINITY;

  constructor(options: RelocationOptions) {
    this.#options = options;
  }

  /** A frame that the peer sealed after all others that came in, of so many bytes, came from there. */
  seen(place: Endpoint, bytes: number): void {
    const nowUs = this.#options.host.clock.now();
    if (this.#candidate && nowUs >= this.#candidate.endUs) this.#end(this.#candidate.moved ? 0 : REST_MS);
    const candidate = this.#candidate ?? this.#open(place, nowUs);
    if (!candidate || candidate.moved || candidate.wait || !sameEndpoint(place, candidate.place)) return;
    candidate.credit += bytes;
    if (nowUs < candidate.askAtUs || candidate.credit < QUESTION_BYTES) return;
    candidate.credit -= QUESTION_BYTES;
    candidate.askAtUs = nowUs + ASK_GAP_MS * 1000;
    candidate.askedUs = nowUs;
    this.#options.ask(candidate.tokens.old, candidate.old);
    this.#options.ask(candidate.tokens.new, candidate.place);
  }

  /** @param from where the answer came from; undefined: from where the peer is known to be */
  answered(token: Uint8Array, from: Endpoint | undefined): void {
    const candidate = this.#candidate;
    if (!candidate) return;
    const { tokens, place, old } = candidate;
    if (same(token, tokens.old)) {
      const back = candidate.moved && this.#options.host.clock.now() < candidate.endUs;
      this.#end(REST_MS);
      if (back) this.#options.moved(old);
    } else if (!candidate.wait && !candidate.moved && from && sameEndpoint(from, place) && same(token, tokens.new)) {
      this.#found(candidate);
    }
  }

  stop(): void {
    this.#candidate?.wait?.cancel();
    this.#candidate = undefined;
  }

  #open(place: Endpoint, nowUs: number): Candidate | undefined {
    if (nowUs < this.#restUntilUs) return undefined;
    const { random } = this.#options.host;
    this.#candidate = {
      old: this.#options.place(),
      place,
      tokens: { old: random.bytes(TOKEN_LENGTH), new: random.bytes(TOKEN_LENGTH) },
      credit: 0,
      askAtUs: nowUs,
      askedUs: nowUs,
      endUs: nowUs + GIVE_UP_MS * 1000,
      wait: undefined,
      moved: false,
    };
    return this.#candidate;
  }

  #found(candidate: Candidate): void {
    const { clock } = this.#options.host;
    const tookMs = (clock.now() - candidate.askedUs) / 1000;
    const waitMs = Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, 2 * tookMs));
    candidate.wait = clock.after(waitMs, () => {
      candidate.wait = undefined;
      candidate.moved = true;
      candidate.endUs = clock.now() + GIVE_UP_MS * 1000;
      this.#options.moved(candidate.place);
    });
  }

  #end(restMs: number): void {
    this.stop();
    this.#restUntilUs = this.#options.host.clock.now() + restMs * 1000;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
