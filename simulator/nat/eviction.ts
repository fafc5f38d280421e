import type { AddressId } from '../packet.ts';
import type { MappingId, MappingRows } from './mapping-rows.ts';
import { NONE } from './pair-index.ts';
import type { SessionId, SessionRows } from './session-rows.ts';

/** The live mappings of a table; those that end with their sessions have their ends from them. */
export interface LiveRows {
  readonly mappings: MappingRows;
  readonly sessions: SessionRows;
  readonly liveMappings: Iterable<MappingId>;
  readonly liveSessions: Iterable<SessionId>;
  readonly endsWithSessions: boolean;
}

/**
 * The mapping that would expire first, the oldest of several; {@link NONE} if there is none. It looks at all of them: a
 * table that is full and evicts is rare.
 *
 * @param host only of this one @default of any
 */
export function firstToExpire(live: LiveRows, host?: AddressId): MappingId {
  const { mappings, sessions } = live;
  const ends = new Map<MappingId, number>();
  if (live.endsWithSessions) {
    for (const session of live.liveSessions) {
      const mapping = sessions.mapping[session];
      ends.set(mapping, Math.max(ends.get(mapping) ?? 0, sessions.deadline[session]));
    }
  } else {
    for (const mapping of live.liveMappings) ends.set(mapping, mappings.deadline[mapping]);
  }
  let first = NONE;
  for (const [mapping, end] of ends) {
    if (mappings.fixed[mapping]) continue; // A rule of the router's makes way for nobody.
    if (host !== undefined && mappings.internal[mapping] !== host) continue;
    const earlier = first === NONE ? -1 : end - ends.get(first)! || mappings.byAge(mapping, first);
    if (earlier < 0) first = mapping;
  }
  return first;
}
