import { WireError } from '../wire-error.ts';

/** The start line and the header fields of an HTTP message. SSDP has borrowed the form (HTTP over UDP). */
export interface HttpHead {
  readonly startLine: string;
  /** By name in lower case; of a field that comes twice the first one. */
  readonly fields: ReadonlyMap<string, string>;
}

const MAX_FIELDS = 64;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*(.*?)[ \t]*$/;

/**
 * Reads a head, without the empty line that ends it. Lines may end in LF alone (RFC 9112 section 2.2), and a line that is
 * no field is skipped: many devices on home networks are careless.
 *
 * @throws WireError for other characters than a head may have, or too many fields
 */
export function parseHttpHead(text: string): HttpHead {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) throw new WireError('an HTTP head holds control characters');
  const [startLine = '', ...lines] = text.split(/\r?\n/);
  if (lines.length > MAX_FIELDS) throw new WireError(`an HTTP head of ${lines.length} lines`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, field, value = ''] = FIELD.exec(line) ?? [];
    const name = field?.toLowerCase();
    if (name !== undefined && !fields.has(name)) fields.set(name, value);
  }
  return { startLine, fields };
}

/** @param fields in the order in which they are to be sent */
export function formatHttpHead(startLine: string, fields: readonly (readonly [string, string])[]): string {
  return [startLine, ...fields.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}
