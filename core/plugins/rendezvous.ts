import { ByteReader, ByteWriter } from '../wire/bytes.ts';
import { WireError } from '../wire/wire-error.ts';
import type { Attempt } from './plugin.ts';

const OFFER = 1;
const ANSWER = 2;
const GO = 3;

/** How long after the `go` both ends start: time for its copies to be sorted out, and no more. */
const LEAD_MS = 20;
/** A round trip over the signal channel that takes longer says nothing about when the peer will start. */
const MAX_HALF_TRIP_US = 1_000_000;

/**
 * Each end tells the other what it knows as soon as it knows it.
 *
 * @param read reads what the peer sent; throws WireError
 */
export async function exchange<T>(
  attempt: Attempt,
  own: Promise<Uint8Array>,
  read: (reader: ByteReader) => T,
): Promise<T> {
  const [, message] = await Promise.all([own.then((bytes) => attempt.line.send(bytes)), attempt.line.receive()]);
  return read(new ByteReader(message));
}

/**
 * Exchanges what both ends know and agrees on an instant, without comparing clocks: the initiator measures the round
 * trip over the signal channel, says `go`, and starts half a round trip after it, when the responder hears it.
 *
 * @param own what the peer is to know; it may take its time
 * @param read reads what the peer sent; throws WireError
 * @returns the peer's part, and the instant to start at by our own clock
 */
export async function rendezvous<T>(
  attempt: Attempt,
  own: Promise<Uint8Array>,
  read: (reader: ByteReader) => T,
): Promise<{ peer: T; startUs: number }> {
  own.catch(() => {}); // Whoever awaits it below hears of a failure, but perhaps not before it happens.
  return attempt.role === 'initiator' ? initiate(attempt, own, read) : respond(attempt, own, read);
}

async function initiate<T>(attempt: Attempt, own: Promise<Uint8Array>, read: (reader: ByteReader) => T) {
  const { clock } = attempt.host;
  const offer = new ByteWriter()
    .u8(OFFER)
    .bytes(await own)
    .finish();
  const offeredUs = clock.now();
  attempt.line.send(offer);
  const reader = await expectKind(attempt, ANSWER);
  const heldUs = reader.u32('time that the answer took');
  const peer = read(reader);
  const tripUs = Math.max(0, clock.now() - offeredUs - heldUs);
  attempt.line.send(Buffer.of(GO));
  return { peer, startUs: clock.now() + Math.min(tripUs >> 1, MAX_HALF_TRIP_US) + LEAD_MS * 1000 };
}

async function respond<T>(attempt: Attempt, own: Promise<Uint8Array>, read: (reader: ByteReader) => T) {
  const { clock } = attempt.host;
  const reader = await expectKind(attempt, OFFER);
  const receivedUs = clock.now();
  const peer = read(reader);
  const ours = await own;
  const heldUs = Math.min(clock.now() - receivedUs, 0xffff_ffff);
  attempt.line.send(new ByteWriter().u8(ANSWER).u32(heldUs).bytes(ours).finish());
  await expectKind(attempt, GO);
  return { peer, startUs: clock.now() + LEAD_MS * 1000 };
}

async function expectKind(attempt: Attempt, kind: number): Promise<ByteReader> {
  const reader = new ByteReader(await attempt.line.receive());
  const got = reader.u8('rendezvous kind');
  if (got !== kind) throw new WireError(`rendezvous message ${got} where ${kind} is due`);
  return reader;
}
