/** What theory says of one plugin between two sides. */
export interface Verdict {
  /** `always`: on a loss-free link, given retries. `sometimes`: order, timing or chance decide. */
  readonly expected: 'always' | 'sometimes' | 'never';
  /** One clause of a sentence, with the rule it follows from. */
  readonly why: string;
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
