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

/** What an end brings to a meeting. */
export interface Told {
  readonly bytes: Uint8Array;
  /** One way from here to the servers, about: what a signal takes from one end to the other is the sum of both. */
  readonly tripUs: number;
}

/** What both ends know of each other, and when they act on it together, by our own clock. */
export interface Meeting<T> {
  readonly peer: T;
  /** When both know it, as far as can be told beforehand; undefined: it can't. */
  readonly soonUs: number | undefined;
  /** An instant that is agreed on: a round trip over the signal channel later. */
  readonly agreedUs: Promise<number>;
}

/**
 * Exchanges what both ends know and agrees on instants, without comparing clocks. The first: the initiator has the
 * responder's answer, and the responder reckons when that will be. The second does not depend on the guess: the
 * initiator measures the round trip over the signal channel, says `go`, and starts half a round trip after it, when the
 * responder hears it.
 *
 * @param own what the peer is to know; it may take its time
 * @param read reads what the peer sent; throws WireError
 */
export async function rendezvous<T>(
  attempt: Attempt,
  own: Promise<Told>,
  read: (reader: ByteReader) => T,
): Promise<Meeting<T>> {
  own.catch(() => {}); // Whoever awaits it below hears of a failure, but perhaps not before it happens.
  return attempt.role === 'initiator' ? initiate(attempt, own, read) : respond(attempt, own, read);
}

type Meet = <T>(attempt: Attempt, own: Promise<Told>, read: (reader: ByteReader) => T) => Promise<Meeting<T>>;

const initiate: Meet = async (attempt, own, read) => {
  const { clock } = attempt.host;
  const { bytes, tripUs: ownTripUs } = await own;
  const offeredUs = clock.now();
  attempt.line.send(new ByteWriter().u8(OFFER).u32(ownTripUs).bytes(bytes).finish());
  const reader = await expectKind(attempt, ANSWER);
  const heldUs = reader.u32('time that the answer took');
  const peer = read(reader);
  const soonUs = clock.now();
  const tripUs = Math.max(0, soonUs - offeredUs - heldUs);
  attempt.line.send(Buffer.of(GO));
  const agreedUs = soonUs + Math.min(tripUs >> 1, MAX_HALF_TRIP_US) + LEAD_MS * 1000;
  return { peer, soonUs, agreedUs: Promise.resolve(agreedUs) };
};

const respond: Meet = async (attempt, own, read) => {
  const { clock } = attempt.host;
  const reader = await expectKind(attempt, OFFER);
  const receivedUs = clock.now();
  const peersTripUs = reader.u32('trip to the servers');
  const peer = read(reader);
  const { bytes, tripUs: ownTripUs } = await own;
  const heldUs = Math.min(clock.now() - receivedUs, 0xffff_ffff);
  attempt.line.send(new ByteWriter().u8(ANSWER).u32(heldUs).bytes(bytes).finish());
  const tripUs = peersTripUs + ownTripUs;
  const soonUs = tripUs <= MAX_HALF_TRIP_US ? clock.now() + tripUs : undefined;
  const agreedUs = expectKind(attempt, GO).then(() => clock.now() + LEAD_MS * 1000);
  agreedUs.catch(() => {}); // Perhaps they have met before it comes.
  return { peer, soonUs, agreedUs };
};

async function expectKind(attempt: Attempt, kind: number): Promise<ByteReader> {
  const reader = new ByteReader(await attempt.line.receive());
  const got = reader.u8('rendezvous kind');
  if (got !== kind) throw new WireError(`rendezvous message ${got} where ${kind} is due`);
  return reader;
}
