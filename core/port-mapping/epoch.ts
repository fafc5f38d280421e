/** A gateway's count of seconds since it last lost its mappings, and when we heard it, in microseconds. */
export interface EpochReading {
  readonly epochS: number;
  readonly atUs: number;
}

/**
 * Has the gateway lost its mappings since we last heard from it? RFC 6886 section 3.6: its count may run an eighth slow, and
 * 2 s are forgiven.
 */
export function natPmpLostState(before: EpochReading, now: EpochReading): boolean {
  const elapsedS = (now.atUs - before.atUs) / 1e6;
  return now.epochS < before.epochS + (elapsedS * 7) / 8 - 2;
}

/** The same by RFC 6887 section 8.5, whose count may also not run much too fast. */
export function pcpLostState(before: EpochReading, now: EpochReading): boolean {
  if (now.epochS < before.epochS - 1) return true;
  const elapsedS = (now.atUs - before.atUs) / 1e6;
  const countedS = now.epochS - before.epochS;
  return elapsedS + 2 < countedS - countedS / 16 || countedS + 2 < elapsedS - elapsedS / 16;
}
