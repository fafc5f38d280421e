import type { Endpoint } from '../../net/endpoint.ts';
import { NetError } from '../../net/error.ts';
import { PROVEN, type ProvenTransport } from '../../plugins/plugin.ts';
import type { Reroute, Transport, TransportSink } from '../../plugins/transport.ts';
import type { Host, Timer } from '../../ports/index.ts';
import { FRAME, frameKind } from '../../wire/proof.ts';
import type { SealedFrame } from '../../wire/sealed-frame.ts';
import type { FrameGuard, OpenedFrame } from './frame-guard.ts';
import { Relocation } from './relocation.ts';

/** Frames that may come in before somebody takes the path over; an unreliable transport loses the rest. */
const MAX_BACKLOG = 64;
/** First wait before a nomination is said again over an unreliable transport, doubling up to the last. */
const FIRST_REPEAT_MS = 100;
const LAST_REPEAT_MS = 1600;
const EMPTY = new Uint8Array(0);

/** Who hears of what happens on a path. */
export interface PathOwner {
  /** A frame that the peer sealed: data, close, pong or moved. */
  frame(path: LinkPath, frame: SealedFrame): void;
  /** Last call ever. */
  closed(path: LinkPath, error: NetError | undefined): void;
  drained(path: LinkPath): void;
  /** The peer has not taken the path, though it was told so several times. */
  unanswered(path: LinkPath): void;
  /** Something came from the peer, if only a part of a message. */
  heard(path: LinkPath): void;
  /** The peer has come to be somewhere else, and the path goes there now. */
  moved(path: LinkPath): void;
}

export interface LinkPathOptions {
  readonly transport: Transport;
  readonly host: Pick<Host, 'clock' | 'random'>;
  readonly guard: FrameGuard;
  readonly plugin: string;
  readonly kind: 'direct' | 'relayed';
  /** The initiator's word that this path is taken, sealed anew each time; the responder has none. */
  readonly nominate?: () => Uint8Array;
  /** What came in after the proof, in order. */
  readonly early?: readonly SealedFrame[];
}

/**
 * A transport over which both ends have proved their keys: one way of a pipe. It lets in what the peer sealed and
 * nothing else, and keeps what comes until somebody takes it over.
 */
export class LinkPath implements ProvenTransport, TransportSink {
  readonly [PROVEN] = true;
  readonly plugin: string;
  readonly kind: 'direct' | 'relayed';
  readonly guard: FrameGuard;
  readonly transport: Transport;
  /** Called once, when the transport is closed: frees what is around it. */
  release: (() => void) | undefined;
  /** Resolves when the peer uses the path, too, or it is closed. */
  readonly confirmed: Promise<void>;
  /** Has the peer used the path? */
  used: boolean;
  /** The peer has said that it sends nothing more this way. */
  peerMoved = false;
  readonly #host: LinkPathOptions['host'];
  readonly #nominate: (() => Uint8Array) | undefined;
  #confirm!: () => void;
  #repeat: Timer | undefined;
  #retirement: Timer | undefined;
  #owner: PathOwner | undefined;
  #backlog: SealedFrame[];
  /** Since a frame came from elsewhere. */
  #relocation: Relocation | undefined;
  #closed: { error: NetError | undefined } | undefined;

  constructor({ transport, host, guard, plugin, kind, nominate, early = [] }: LinkPathOptions) {
    this.transport = transport;
    this.plugin = plugin;
    this.kind = kind;
    this.guard = guard;
    this.#host = host;
    this.#nominate = nominate;
    this.#backlog = [...early];
    this.used = nominate === undefined;
    this.confirmed = new Promise((resolve) => {
      this.#confirm = resolve;
    });
    if (!nominate) this.#confirm();
    transport.trust();
    transport.start(this);
    if (nominate) this.#say(nominate, FIRST_REPEAT_MS);
    else this.send(FRAME.accept, EMPTY);
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Hands the path over, with all that came in so far. */
  attach(owner: PathOwner): void {
    this.#owner = owner;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const frame of backlog) owner.frame(this, frame);
    if (backlog.length >= MAX_BACKLOG) this.transport.resume(); // Not before: what it still holds comes after.
    if (this.#closed) owner.closed(this, this.#closed.error);
  }

  /** False: wait for {@link PathOwner.drained}. */
  send(kind: number, body: Uint8Array): boolean {
    return this.#closed ? true : this.transport.send(this.guard.seal(kind, body));
  }

  /** Closes in a while: something may still be under way. */
  retire(afterMs: number): void {
    this.#retirement?.cancel();
    if (!this.#closed) this.#retirement = this.#host.clock.after(afterMs, () => this.abort());
  }

  /** @param error why, if it was not our wish */
  abort(error?: NetError): void {
    this.closed(error);
    this.transport.abort();
  }

  message(bytes: Uint8Array): void {
    if (this.#closed) return;
    const kind = frameKind(bytes);
    if (kind === FRAME.hello || kind === FRAME.answer || kind === FRAME.proof) return; // Left over of the handshake.
    if (kind === FRAME.confirm) {
      if (!this.#nominate && !this.transport.reliable) this.send(FRAME.accept, EMPTY);
      return;
    }
    const frame = this.guard.open(bytes);
    if (frame) this.#frame(frame, undefined);
    else if (this.transport.reliable) {
      // Nothing gets lost or doubled here: somebody else has got into the stream.
      this.abort(new NetError('ECONNRESET', 'a frame came that the peer did not seal'));
    }
  }

  /** What the peer sealed is welcome from anywhere; that the peer itself is there is another question. */
  stray(bytes: Uint8Array, from: Endpoint): void {
    const { reroute } = this.transport;
    const frame = this.#closed || !reroute ? undefined : this.guard.open(bytes);
    if (!frame) return;
    const probe = frame.kind === FRAME.challenge || frame.kind === FRAME.response; // RFC 9000 section 9.1
    if (frame.newest && !probe) {
      this.#relocation ??= this.#relocations(reroute!);
      this.#relocation.seen(from, bytes.length);
    }
    this.#frame(frame, from);
  }

  closed(error?: NetError): void {
    if (this.#closed) return;
    this.#closed = { error };
    this.#confirm();
    this.#repeat?.cancel();
    this.#retirement?.cancel();
    this.#relocation?.stop();
    this.release?.();
    this.#owner?.closed(this, error);
  }

  drained(): void {
    this.#owner?.drained(this);
  }

  reached(): void {
    this.#owner?.heard(this);
  }

  #frame(frame: OpenedFrame, from: Endpoint | undefined): void {
    if (frame.kind === FRAME.nominate) {
      this.send(FRAME.accept, EMPTY); // Our last one got lost.
      return;
    }
    this.used = true;
    this.#confirm();
    this.#repeat?.cancel(); // Whatever it is: the peer uses the path.
    if (frame.kind === FRAME.accept) return;
    if (frame.kind === FRAME.ping) this.send(FRAME.pong, frame.body);
    else if (frame.kind === FRAME.challenge) this.send(FRAME.response, frame.body);
    else if (frame.kind === FRAME.response) this.#relocation?.answered(frame.body, from);
    else if (this.#owner) this.#owner.frame(this, frame);
    else this.#keep(frame);
  }

  #relocations(reroute: Reroute): Relocation {
    return new Relocation({
      host: this.#host,
      place: () => reroute.place,
      ask: (token, place) => reroute.sendTo(this.guard.seal(FRAME.challenge, token), place),
      moved: (place) => {
        reroute.moveTo(place);
        this.#owner?.moved(this);
      },
    });
  }

  #keep(frame: SealedFrame): void {
    if (this.#backlog.length >= MAX_BACKLOG) return;
    this.#backlog.push(frame);
    if (this.#backlog.length === MAX_BACKLOG) this.transport.pause();
  }

  #say(nominate: () => Uint8Array, waitMs: number): void {
    this.transport.send(nominate());
    if (this.transport.reliable) return;
    this.#repeat = this.#host.clock.after(waitMs, () => this.#say(nominate, Math.min(waitMs * 2, LAST_REPEAT_MS)));
    if (waitMs === LAST_REPEAT_MS) this.#owner?.unanswered(this);
  }
}
