import { type NtpPacket, type NtpTime, ntpMsBetween } from '../wire/ntp/packet.ts';

/** What one exchange with a server says of our clock. */
export interface NtpSample {
  /** What to add to our clock to have the server's, in ms. */
  readonly offsetMs: number;
  /** How far the offset may be off, in ms: half the round trip, and what the server says of itself. */
  readonly errorMs: number;
}

/** Our side of an exchange. */
export interface NtpExchange {
  /** The transmit timestamp of the question: random, so that nobody answers who has not seen it. */
  readonly sent: NtpTime;
  /** When the question left and the answer came, by our wall clock. */
  readonly t1: NtpTime;
  readonly t4: NtpTime;
  /** Between the two, by our monotonic clock. */
  readonly roundTripMs: number;
}

/** Why an answer is no sample. A `kiss` names its code: the server wants to be left alone. */
export type NtpRefusal = 'bogus' | 'unsynchronised' | 'distant' | `kiss ${string}`;

const MAX_STRATUM = 15;
/** Our own wall clock counts whole milliseconds. */
const OWN_PRECISION_MS = 1;
/** RFC 5905 section 11.2, MAXDIST and MAXDISP: a server that is further off than this is of no use. */
const MAX_DISTANCE_S = 1.5;
const MAX_DISPERSION_S = 16;

/**
 * The checks of RFC 5905 sections 8 and 9.2 on an answer to what we sent.
 *
 */
export function sampleOf(answer: NtpPacket, { sent, t1, t4, roundTripMs }: NtpExchange): NtpSample | NtpRefusal {
  if (answer.mode !== 'server' || answer.origin !== sent || answer.transmit === 0n) return 'bogus';
  if (answer.stratum === 0)
    return `kiss ${Buffer.from(answer.referenceId)
      .toString('latin1')
      .replace(/[^ -~]/g, '')}`;
  if (answer.leap === 'unsynchronised' || answer.stratum > MAX_STRATUM || answer.receive === 0n)
    return 'unsynchronised';
  const { rootDelayS, rootDispersionS } = answer;
  if (rootDelayS / 2 + rootDispersionS >= MAX_DISTANCE_S || rootDispersionS >= MAX_DISPERSION_S) return 'distant';
  const heldMs = ntpMsBetween(answer.receive, answer.transmit);
  if (heldMs < 0 || heldMs > roundTripMs + 1) return 'bogus';
  const offsetMs = (ntpMsBetween(t1, answer.receive) + ntpMsBetween(t4, answer.transmit)) / 2;
  const delayMs = Math.max(0, roundTripMs - heldMs);
  const ofServerMs = (rootDelayS / 2 + rootDispersionS) * 1000 + 2 ** answer.precision * 1000;
  return { offsetMs, errorMs: delayMs / 2 + ofServerMs + OWN_PRECISION_MS };
}
