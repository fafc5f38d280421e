import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, json, raw } from './markup.ts';

describe('html', () => {
  it('escapes what is put in, and only that', () => {
    const name = `<b title="x" id='y'>&amp;`;
    expect(html`<p>${name}</p>`.text).toBe('<p>&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;</p>');
    expect(html`<p>${html`<b>${'<'}</b>`}${raw('<i>')}</p>`.text).toBe('<p><b>&lt;</b><i></p>');
  });

  it('joins lists, writes numbers, and leaves out what is not there', () => {
    expect(html`${[1, [html`<i>2</i>`, null], 'c']}${undefined}${false}${0}`.text).toBe('1<i>2</i>c0');
  });

  it('replaces what HTML can not say', () => {
    expect(html`${'a\u0000b\u001bc\u009fd\ud800e\n\tf😀'}`.text).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\n\tf😀');
  });

  it('never lets a text out of an element or a quoted attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.text).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
      { seed: 1 },
    );
  });
});

describe('json', () => {
  it('reads back as it was, and can not end a script', () => {
    const value = { '</script>': ['<!--', ']]>', '\u2028\u2029', '&lt;', '"\\', '\ud800'] };
    expect(json(value).text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(json(value).text)).toEqual(value);
  });

  it('does so whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        expect(json(value).text).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(json(value).text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 1 },
    );
  });
});
