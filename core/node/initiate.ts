import {
  decodeAnswer,
  decodeProof,
  encodeConfirm,
  encodeHello,
  FRAME,
  frameKind,
  PROOF_CONTEXT,
  transcript,
} from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import { Handshake, type InitiatorHandshake } from './handshake.ts';
import { FrameGuard } from './link/frame-guard.ts';
import { LinkPath } from './link/link-path.ts';

class Initiator extends Handshake {
  readonly #options: InitiatorHandshake;
  readonly #hello: Buffer;
  #peerProved = false;

  constructor(options: InitiatorHandshake) {
    super(options);
    this.#options = options;
    this.#hello = encodeHello(options.hello);
    this.transport.start(this);
    this.say(this.#hello);
  }

  protected override frame(bytes: Uint8Array): void {
    if (this.#peerProved) return;
    if (frameKind(bytes) === FRAME.answer) {
      const tag = decodeAnswer(bytes);
      // The path may be faster than the signal channel that brings the keys.
      void this.#options.guard.then((guard) => this.attempt(() => this.#answered(guard, tag)));
    } else if (frameKind(bytes) === FRAME.proof) this.#signed(bytes);
  }

  /** Only who could read what we told the responder over the signal channel knows the key of this tag. */
  #answered(guard: FrameGuard, tag: Uint8Array): void {
    if (this.over || this.#peerProved) return;
    if (!guard.isAnswer(this.#hello, tag)) throw new WireError('who answers does not hold the key of the address');
    this.#proved(guard, () => guard.seal(FRAME.nominate, this.#options.hello.nonce));
  }

  #signed(bytes: Uint8Array): void {
    const { hello, keys } = this.#options;
    const { nonce, share: theirs, signature } = decodeProof(bytes);
    const offered = transcript(hello, nonce, theirs);
    if (!keys.verify(PROOF_CONTEXT.responder, signature, offered, hello.responderKey)) {
      throw new WireError('who answers does not hold the key of the address');
    }
    const own = keys.ephemeral();
    const agreed = transcript(hello, nonce, theirs, own.share);
    const guard = new FrameGuard('initiator', own.secret(theirs), agreed);
    const confirm = encodeConfirm({ share: own.share, signature: keys.sign(PROOF_CONTEXT.initiator, agreed) });
    this.#proved(guard, () => confirm);
  }

  /** The peer has proved its key. Ours is proved by the frame that takes the path, and by every one after it. */
  #proved(guard: FrameGuard, nominate: () => Uint8Array): void {
    const { transport, host, plugin, kind } = this.#options;
    this.#peerProved = true;
    this.hush();
    const take = () => {
      if (!this.over) this.succeed(() => new LinkPath({ transport, host, guard, plugin, kind, nominate }));
    };
    this.#options.nominate(guard).then(take, (error) => this.fail(error));
  }
}

/**
 * The initiator's end of the handshake. Where both ends know the keys of the session, from what they told each other
 * over the signal channel, signed and sealed: hello, the responder's tag, and the path is proven; the initiator's own
 * proof is the sealed frame that takes it. Else both sign, and agree on keys as they do (Diffie-Hellman, signed).
 *
 * @returns a path once the peer has proved its key and the session has taken the path
 * @throws when the transport breaks, the peer has another key, or the signal fires; the transport is closed then
 */
export function initiate(options: InitiatorHandshake): Promise<LinkPath> {
  return new Initiator(options).result;
}
