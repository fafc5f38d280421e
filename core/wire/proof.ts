import { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './wire-error.ts';

/**
 * The frames that travel over a transport: first the handshake in which both ends prove their keys, then what is sealed
 * under the keys that it yields (see sealed-frame.ts). The first byte is the kind. All kinds have the two top bits set
 * to 10, so that on a datagram socket they can't be taken for STUN (00) or ChannelData (01) (RFC 7983 section 7).
 */
export const FRAME = {
  hello: 0x80,
  proof: 0x81,
  confirm: 0x82,
  accept: 0x83,
  data: 0x84,
  close: 0x85,
  call: 0x86,
  ping: 0x87,
  pong: 0x88,
  answer: 0x89,
  nominate: 0x8a,
  moved: 0x8b,
  challenge: 0x8c,
  response: 0x8d,
} as const;

export const SESSION_ID_LENGTH = 16;
export const NONCE_LENGTH = 16;
export const TAG_LENGTH = 16;
const KEY_LENGTH = 33;
const SIGNATURE_LENGTH = 64;
const VERSION = 1;

/** Initiator to responder: who calls whom, for what. */
export interface Hello {
  readonly sessionId: Uint8Array;
  readonly initiatorKey: Uint8Array;
  readonly responderKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly plugin: string;
}

export function isFrame(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes[0]! >> 6 === 0b10;
}

export function frameKind(bytes: Uint8Array): number {
  return bytes.length > 0 ? bytes[0]! : 0;
}

export function encodeHello(hello: Hello): Buffer {
  return new ByteWriter()
    .u8(FRAME.hello)
    .u8(VERSION)
    .bytes(hello.sessionId)
    .bytes(hello.initiatorKey)
    .bytes(hello.responderKey)
    .bytes(hello.nonce)
    .ascii8(hello.plugin)
    .finish();
}

/** @throws WireError */
export function decodeHello(bytes: Uint8Array): Hello {
  const reader = open(bytes, FRAME.hello, 'hello');
  const version = reader.u8('hello version');
  if (version !== VERSION) throw new WireError(`hello has version ${version}, not ${VERSION}`);
  const hello = {
    sessionId: reader.take(SESSION_ID_LENGTH, 'hello session'),
    initiatorKey: reader.take(KEY_LENGTH, 'hello initiator key'),
    responderKey: reader.take(KEY_LENGTH, 'hello responder key'),
    nonce: reader.take(NONCE_LENGTH, 'hello nonce'),
    plugin: reader.ascii8('hello plugin'),
  };
  reader.end('hello');
  return hello;
}

/** Responder to initiator, where both know the keys of the session: a tag over the hello (RFC 2104 section 5). */
export function encodeAnswer(tag: Uint8Array): Buffer {
  return new ByteWriter().u8(FRAME.answer).bytes(tag).finish();
}

/** @throws WireError */
export function decodeAnswer(bytes: Uint8Array): Uint8Array {
  const reader = open(bytes, FRAME.answer, 'answer');
  const tag = reader.take(TAG_LENGTH, 'answer tag');
  reader.end('answer');
  return tag;
}

/** Responder to initiator, where no keys were agreed on before. */
export interface Proof {
  readonly nonce: Uint8Array;
  /** An ephemeral public key: the frames that follow are sealed under what it yields with the initiator's. */
  readonly share: Uint8Array;
  /** Over {@link transcript}, which holds the share. */
  readonly signature: Uint8Array;
}

export function encodeProof(proof: Proof): Buffer {
  return new ByteWriter().u8(FRAME.proof).bytes(proof.nonce).bytes(proof.share).bytes(proof.signature).finish();
}

/** @throws WireError */
export function decodeProof(bytes: Uint8Array): Proof {
  const reader = open(bytes, FRAME.proof, 'proof');
  const proof = {
    nonce: reader.take(NONCE_LENGTH, 'proof nonce'),
    share: reader.take(KEY_LENGTH, 'proof share'),
    signature: reader.take(SIGNATURE_LENGTH, 'proof signature'),
  };
  reader.end('proof');
  return proof;
}

/** Initiator to responder: its part of what {@link Proof} began. It also says that this path is the one taken. */
export interface Confirm {
  readonly share: Uint8Array;
  /** Over {@link transcript}, which holds both shares. */
  readonly signature: Uint8Array;
}

export function encodeConfirm({ share, signature }: Confirm): Buffer {
  return new ByteWriter().u8(FRAME.confirm).bytes(share).bytes(signature).finish();
}

/** @throws WireError */
export function decodeConfirm(bytes: Uint8Array): Confirm {
  const reader = open(bytes, FRAME.confirm, 'confirm');
  const confirm = {
    share: reader.take(KEY_LENGTH, 'confirm share'),
    signature: reader.take(SIGNATURE_LENGTH, 'confirm signature'),
  };
  reader.end('confirm');
  return confirm;
}

/** Whoever opened a transport to the peer's listening port on behalf of a session that the peer started. */
export interface Call {
  readonly sessionId: Uint8Array;
  readonly plugin: string;
}

export function encodeCall(call: Call): Buffer {
  return new ByteWriter().u8(FRAME.call).bytes(call.sessionId).ascii8(call.plugin).finish();
}

/** @throws WireError */
export function decodeCall(bytes: Uint8Array): Call {
  const reader = open(bytes, FRAME.call, 'call');
  const call = { sessionId: reader.take(SESSION_ID_LENGTH, 'call session'), plugin: reader.ascii8('call plugin') };
  reader.end('call');
  return call;
}

/** The signing context of each end: one end's signature can't be played back as the other's. */
export const PROOF_CONTEXT = {
  initiator: `punchlab/${VERSION} proof of initiator`,
  responder: `punchlab/${VERSION} proof of responder`,
} as const;

/** What each end signs. It holds both nonces, so that no old signature fits, and the shares that are known by then. */
export function transcript(hello: Hello, responderNonce: Uint8Array, ...shares: readonly Uint8Array[]): Buffer {
  const writer = new ByteWriter()
    .bytes(hello.sessionId)
    .bytes(hello.initiatorKey)
    .bytes(hello.responderKey)
    .bytes(hello.nonce)
    .bytes(responderNonce)
    .ascii8(hello.plugin);
  for (const share of shares) writer.block8(share);
  return writer.finish();
}

function open(bytes: Uint8Array, kind: number, what: string): ByteReader {
  const reader = new ByteReader(bytes);
  if (reader.u8(`${what} kind`) !== kind) throw new WireError(`not a ${what} frame`);
  return reader;
}
