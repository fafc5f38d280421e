/** What theory says of one plugin between two sides. */
export interface Verdict {
  /** `always`: on a loss-free link, given retries. `sometimes`: order, timing or chance decide. */
  readonly expected: 'always' | 'sometimes' | 'never';
  /** One clause of a sentence, with the rule it follows from. */
  readonly why: string;
  /** Where theory can tell it: how likely `sometimes` is. */
  readonly chance?: number;
}

export function always(why: string): Verdict {
  return { expected: 'always', why };
}

export function sometimes(why: string): Verdict {
  return { expected: 'sometimes', why };
}

export function never(why: string): Verdict {
  return { expected: 'never', why };
}

export type SideName = 'a' | 'b';

const RANKS = { always: 2, sometimes: 1, never: 0 };

/** Of two ways to connect, the one that theory thinks more of. Both reasons where neither leads anywhere. */
export function better(one: Verdict, other: Verdict): Verdict {
  if (one.expected === 'never' && other.expected === 'never') return never(`${one.why}, and ${other.why}`);
  return RANKS[other.expected] > RANKS[one.expected] ? other : one;
}
