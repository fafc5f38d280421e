import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { childOf, elementsOf, escapeXml, MAX_XML_LENGTH, parseXml } from './xml.ts';

describe('XML', () => {
  it('gives elements without their prefixes, their texts, and nothing else', () => {
    const root = parseXml(
      '\ufeff<?xml version="1.0"?><r xmlns:x="urn:y"><!-- c --><x:a n="1"> b &lt;&#65; </x:a><a><![CDATA[<c>]]></a></r>\0\n',
    );
    expect(elementsOf(root, 'a').map(({ text }) => text)).toEqual(['b <A', '<c>']);
    expect(childOf(root, 'a')?.children).toEqual([]);
    expect(childOf(root, 'none')).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['text alone', 'hello'],
    ['an element that does not end', '<a><b></b>'],
    ['elements that overlap', '<a><b></a></b>'],
    ['an entity bomb', `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(100)}"><!ENTITY y "${'&x;'.repeat(100)}">]><a>&y;</a>`],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ['an entity that nobody declared', '<a>&x;</a>'],
    ['too deep a document', '<a>'.repeat(1000)],
    ['too many elements', `<a>${'<b/>'.repeat(3000)}</a>`],
    ['too long a document', `<a>${'x'.repeat(MAX_XML_LENGTH)}</a>`],
    ['two roots', '<a/><b/>'],
  ])('refuses %s', (_, text) => {
    expect(() => parseXml(text)).toThrow(WireError);
  });

  it('reads back what it has escaped', () => {
    const characters = fc.string({ unit: fc.constantFrom(...'<>&"\'ab ;#\u00e4\0\x01'), maxLength: 30 });
    fc.assert(
      fc.property(characters, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write them
        expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(text.replace(/[\0\x01]/g, '').trim());
      }),
    );
  });

  it('throws WireError and nothing else', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '</a>',
      '<a>',
      '<a ',
      '&',
      ';',
      '"',
      '<!',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      'x',
      '=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (parts) => {
        try {
          parseXml(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
