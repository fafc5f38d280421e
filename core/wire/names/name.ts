/** A nickname that can't be one; the text says why. */
export class NameError extends RangeError {
  override readonly name = 'NameError';
}

/** What full names end in. */
export const NAME_SUFFIX = '.punch';
export const MAX_NAME_LENGTH = 63;
/** RFC 1035 section 2.3.1: letters, digits and hyphens; a letter first, no hyphen last. Names are lower case here. */
const LABEL = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
/** Texts of addresses begin so, and no name may look like one. */
const RESERVED_PREFIX = 'punch1';

/**
 * The nickname that a person typed: in lower case, without {@link NAME_SUFFIX}.
 *
 * @throws NameError
 */
export function parseName(text: string): string {
  const lower = text.trim().toLowerCase();
  const name = lower.endsWith(NAME_SUFFIX) ? lower.slice(0, -NAME_SUFFIX.length) : lower;
  const problem = problemOf(name);
  if (problem) throw new NameError(`${JSON.stringify(text)} is no name: ${problem}`);
  return name;
}

/** `alice.punch`. */
export function formatName(name: string): string {
  return name + NAME_SUFFIX;
}

/** Is it a nickname as it is, in the one form that the protocol knows? */
export function isName(text: string): boolean {
  return problemOf(text) === undefined;
}

function problemOf(name: string): string | undefined {
  if (name.length === 0) return 'it is empty';
  if (name.length > MAX_NAME_LENGTH) return `it has ${name.length} characters, ${MAX_NAME_LENGTH} are allowed`;
  if (name.startsWith(RESERVED_PREFIX)) return `what begins with ${RESERVED_PREFIX} is taken for an address`;
  if (!LABEL.test(name)) return 'a name has letters, digits and hyphens, begins with a letter, and ends with no hyphen';
  return undefined;
}
