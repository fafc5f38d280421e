/** Text that is markup already. Only {@link html} and {@link raw} make it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Value = string | number | Markup | null | undefined | false | readonly Value[];

/**
 * Markup from a template. What is put in is escaped, wherever it stands in text or in a quoted attribute; lists are
 * joined, and null, undefined and false are nothing.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(parts.map((part, index) => (index === 0 ? part : render(values[index - 1]) + part)).join(''));
}

/** Trusts the text. For our own style, scripts and numbers, never for anything that came out of a run. */
export function raw(text: string): Markup {
  return new Markup(text);
}

/**
 * JSON for a script element: nothing in it can end the element or start a comment, and it stays valid as JavaScript
 * (U+2028 and U+2029 are line ends there).
 */
export function json(value: unknown): Markup {
  const unsafe = /[<>&\u2028\u2029]/g;
  return raw(
    JSON.stringify(value).replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  return escaped(String(value));
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escaped(text: string): string {
  return text.replace(UNWRITABLE, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES.get(character)!);
}

/** HTML has no way to write most control characters, and half of a surrogate pair is no character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const UNWRITABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/gu;
