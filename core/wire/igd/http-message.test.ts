import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { HttpCollector, type HttpMessage } from './http-message.ts';

/** Hands a stream over in pieces of these lengths; the last is as long as it takes. */
function collect(
  text: string,
  pieces: readonly number[] = [],
  mode: 'until-close' | 'empty' = 'until-close',
): HttpMessage {
  const collector = new HttpCollector(mode, 100);
  let rest = Buffer.from(text, 'latin1');
  for (const length of [...pieces, rest.length]) {
    const done = collector.take(rest.subarray(0, length));
    if (done) return done;
    rest = rest.subarray(length);
  }
  return collector.end();
}

const HEAD = 'HTTP/1.1 200 OK\r\n';

describe('HTTP messages (RFC 9110)', () => {
  it.each([
    ['with a length', `${HEAD}Content-Length: 5\r\n\r\nhello and more`],
    ['in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n`],
    ['until the stream ends', `${HEAD}Connection: close\r\n\r\nhello`],
    ['with bare line feeds', 'HTTP/1.0 200 OK\nContent-Length: 5\n\nhello'],
  ])('come %s, in whatever pieces', (_, text) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }), (pieces) => {
        expect(collect(text, pieces).body.toString()).toBe('hello');
      }),
    );
  });

  it('a request without a length has no body', () => {
    expect(collect('GET / HTTP/1.1\r\nHost: x\r\n\r\nmore', [], 'empty').body).toHaveLength(0);
  });

  it.each([
    ['an endless head', `${HEAD}X: ${'x'.repeat(9000)}`],
    ['a length beyond the limit', `${HEAD}Content-Length: 101\r\n\r\n`],
    ['no number for a length', `${HEAD}Content-Length: 1e9\r\n\r\n`],
    ['a body beyond the limit', `${HEAD}\r\n${'x'.repeat(101)}`],
    ['chunks beyond the limit', `${HEAD}Transfer-Encoding: chunked\r\n\r\nffffff\r\n`],
    ['chunks of no length', `${HEAD}Transfer-Encoding: chunked\r\n\r\n${'x'.repeat(300)}`],
    ['a body cut short', `${HEAD}Content-Length: 5\r\n\r\nhell`],
    ['chunks cut short', `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n`],
    ['no head', 'HTTP/1.1 200 OK'],
  ])('refuses %s', (_, text) => {
    expect(() => collect(text)).toThrow(WireError);
  });
});
