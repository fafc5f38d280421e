import {
  decodeConfirm,
  decodeHello,
  encodeAnswer,
  encodeProof,
  FRAME,
  frameKind,
  type Hello,
  PROOF_CONTEXT,
  transcript,
} from '../wire/proof.ts';
import type { SealedFrame } from '../wire/sealed-frame.ts';
import { WireError } from '../wire/wire-error.ts';
import { Handshake, type HandshakeKeys, type ResponderHandshake } from './handshake.ts';
import { FrameGuard } from './link/frame-guard.ts';
import { LinkPath } from './link/link-path.ts';

/** Frames that overtook the one that takes the path. */
const MAX_EARLY = 64;

interface Greeting {
  readonly hello: Hello;
  readonly answer: Uint8Array;
  /** Undefined: keys are to be agreed on by signatures. */
  readonly guard: FrameGuard | undefined;
}

class Responder extends Handshake {
  readonly #options: ResponderHandshake;
  readonly #early: SealedFrame[] = [];
  #ephemeral: ReturnType<HandshakeKeys['ephemeral']> | undefined;
  #greeting: Greeting | undefined;

  constructor(options: ResponderHandshake) {
    super(options);
    this.#options = options;
    this.transport.start(this);
  }

  protected override frame(bytes: Uint8Array): void {
    if (frameKind(bytes) === FRAME.hello) this.#greeted(bytes);
    else if (this.#greeting?.guard) this.#sealed(bytes, this.#greeting, this.#greeting.guard);
    else if (this.#greeting && frameKind(bytes) === FRAME.confirm) this.#confirmed(bytes, this.#greeting);
  }

  #greeted(bytes: Uint8Array): void {
    const hello = decodeHello(bytes);
    if (!this.#greeting) {
      const guard = this.#options.admit(hello);
      const answer = guard ? encodeAnswer(guard.answer(bytes)) : this.#sign(hello);
      this.#greeting = { hello, answer, guard };
    } else if (this.transport.reliable) {
      throw new WireError('a second hello'); // Nothing gets lost here: whoever repeats it wants our answers to pile up.
    } else if (!Buffer.from(hello.nonce).equals(this.#greeting.hello.nonce)) {
      return; // One proof for one handshake: another hello is not ours to serve here.
    }
    this.transport.send(this.#greeting.answer);
  }

  #sign(hello: Hello): Uint8Array {
    const { keys, nonce } = this.#options;
    this.#ephemeral = keys.ephemeral();
    const { share } = this.#ephemeral;
    return encodeProof({
      nonce,
      share,
      signature: keys.sign(PROOF_CONTEXT.responder, transcript(hello, nonce, share)),
    });
  }

  #sealed(bytes: Uint8Array, { hello }: Greeting, guard: FrameGuard): void {
    const frame = guard.open(bytes);
    if (!frame) throw new WireError('who calls does not hold the key that it names');
    if (frame.kind === FRAME.nominate) {
      if (!Buffer.from(hello.nonce).equals(frame.body)) throw new WireError('a nomination of another path');
      this.#take(guard);
    } else if (this.#early.length < MAX_EARLY) this.#early.push(frame);
  }

  #confirmed(bytes: Uint8Array, { hello }: Greeting): void {
    const { keys, nonce } = this.#options;
    const { share, signature } = decodeConfirm(bytes);
    const own = this.#ephemeral!;
    const agreed = transcript(hello, nonce, own.share, share);
    if (!keys.verify(PROOF_CONTEXT.initiator, signature, agreed, hello.initiatorKey)) {
      throw new WireError('who calls does not hold the key that it names');
    }
    this.#take(new FrameGuard('responder', own.secret(share), agreed));
  }

  #take(guard: FrameGuard): void {
    const { transport, host, plugin, kind } = this.#options;
    this.succeed(() => new LinkPath({ transport, host, guard, plugin, kind, early: this.#early }));
  }
}

/** The responder's end: it answers a hello and waits until the initiator takes the path, which proves its key, too. */
export function respond(options: ResponderHandshake): Promise<LinkPath> {
  return new Responder(options).result;
}
