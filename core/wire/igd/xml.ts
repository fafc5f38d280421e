import { SaxesParser } from 'saxes';
import { WireError } from '../wire-error.ts';

/** An element of a document: what devices describe themselves with. Attributes mean nothing there and are left out. */
export interface XmlElement {
  /** Without the prefix of its namespace: devices bind prefixes as they please. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Of its own, without that of its children; trimmed. */
  readonly text: string;
}

/** Device descriptions of real gateways have some 5,000 characters. */
export const MAX_XML_LENGTH = 65_536;
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 2000;

interface Open {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a document. There is no document type declaration in UPnP, so one is refused, and with it every entity that
 * somebody declares (billion laughs, external files).
 *
 * @returns the root
 * @throws WireError for malformed XML, or more than the limits
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_XML_LENGTH) throw new WireError(`XML of ${text.length} characters`);
  const parser = new SaxesParser({ position: false });
  const open: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  const refuse = (why: string): never => {
    throw new WireError(`XML: ${why}`);
  };
  const addText = (more: string) => {
    const element = open.at(-1);
    if (element) element.text += more;
  };
  parser.on('error', (error) => refuse(error.message));
  parser.on('doctype', () => refuse('a document type declaration'));
  parser.on('opentag', ({ name }) => {
    if (open.length >= MAX_DEPTH) refuse(`more than ${MAX_DEPTH} levels`);
    if (++elements > MAX_ELEMENTS) refuse(`more than ${MAX_ELEMENTS} elements`);
    open.push({ name: name.slice(name.indexOf(':') + 1), children: [], text: '' });
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const { name, children, text: own } = open.pop()!;
    const element = { name, children, text: own.trim() };
    const parent = open.at(-1);
    if (parent) parent.children.push(element);
    else root = element;
  });
  // A byte order mark, or the zero bytes that some devices send after the end, say nothing.
  parser.write(text.replace(/^\ufeff/, '').replace(/[\0\s]+$/, '')).close();
  return root ?? refuse('no element');
}

/** The first child of this name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** Every element of this name, at any depth, in document order. */
export function elementsOf(root: XmlElement, name: string): XmlElement[] {
  const own = root.name === name ? [root] : [];
  return [...own, ...root.children.flatMap((child) => elementsOf(child, name))];
}

/** Text as it must stand between tags. What XML 1.0 has no way to write is left out. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is left out here
  const legal = text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '');
  return legal.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
