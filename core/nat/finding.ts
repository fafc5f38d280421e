/** What was found out and from what, or why it was not. Unknown is not the same as no. */
export type Finding<T> =
  | { readonly value: T; readonly evidence: string }
  | { readonly value: 'unknown'; readonly why: string };

export function found<const T>(value: T, evidence: string): Finding<T> {
  return { value, evidence };
}

export function unknown(why: string): { readonly value: 'unknown'; readonly why: string } {
  return { value: 'unknown', why };
}
