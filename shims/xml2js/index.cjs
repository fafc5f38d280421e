const { SaxesParser } = require('saxes');

const MAX_DEPTH = 32;

/**
 * The part of xml2js 0.1 that nat-upnp calls, with the defaults of that version: the root's content stands for the root, a
 * child is an array only where it comes again, attributes are under `@` and text beside them under `#`.
 */
class Parser {
  parseString(xml, done) {
    let root;
    try {
      root = parse(String(xml));
    } catch (error) {
      done(error);
      return;
    }
    done(null, root);
  }
}

function parse(xml) {
  const parser = new SaxesParser();
  const open = [];
  let root;
  const refuse = (message) => {
    throw new Error(message);
  };
  const text = (more) => {
    if (open.length > 0) open.at(-1).text += more;
  };
  parser.on('error', (error) => refuse(error.message));
  parser.on('doctype', () => refuse('a document type declaration'));
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length >= MAX_DEPTH) refuse('too many levels');
    open.push({ name, attributes, children: new Map(), text: '' });
  });
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => {
    const element = open.pop();
    const value = contentOf(element);
    const parent = open.at(-1);
    if (!parent) root = value;
    else if (!parent.children.has(element.name)) parent.children.set(element.name, value);
    else parent.children.set(element.name, [parent.children.get(element.name), value].flat());
  });
  parser.write(xml).close();
  return root;
}

function contentOf({ attributes, children, text }) {
  const trimmed = text.trim();
  const bare = children.size === 0 && Object.keys(attributes).length === 0;
  if (bare) return trimmed === '' ? {} : trimmed;
  return {
    ...Object.fromEntries(children),
    ...(Object.keys(attributes).length > 0 && { '@': { ...attributes } }),
    ...(trimmed !== '' && { '#': trimmed }),
  };
}

module.exports = { Parser };
