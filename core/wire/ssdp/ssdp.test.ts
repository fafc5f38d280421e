import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { parseHttpHead } from './http-head.ts';
import { decodeSsdpAnswer, decodeSsdpSearch, encodeSsdpAnswer, encodeSsdpSearch } from './ssdp.ts';

const GROUP = { address: '239.255.255.250', port: 1900 };
const TARGET = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';
const lines = (...text: string[]) => Buffer.from(`${text.join('\r\n')}\r\n\r\n`, 'latin1');

describe('SSDP (UPnP Device Architecture 1.1)', () => {
  it('1.3.2: searches', () => {
    const sent = encodeSsdpSearch({ target: TARGET, maxWaitS: 1 }, GROUP);
    expect(sent).toEqual(
      lines('M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'MAN: "ssdp:discover"', 'MX: 1', `ST: ${TARGET}`),
    );
    expect(decodeSsdpSearch(sent)).toEqual({ target: TARGET, maxWaitS: 1 });
    expect(decodeSsdpSearch(encodeSsdpSearch({ target: TARGET, maxWaitS: undefined }, GROUP)).maxWaitS).toBeUndefined();
  });

  it('1.3.3: answers', () => {
    const answer = { target: TARGET, location: 'http://10.0.1.1:5000/root.xml', usn: `uuid:0::${TARGET}` };
    expect(decodeSsdpAnswer(encodeSsdpAnswer(answer, 1800, 'punchlab'))).toEqual(answer);
  });

  it('takes fields in any case and order, with or without spaces', () => {
    const answer = lines('HTTP/1.1 200 OK', 'location:http://10.0.1.1/x', 'Ext:', 'nonsense', `sT:\t${TARGET} `);
    expect(decodeSsdpAnswer(answer)).toEqual({ target: TARGET, location: 'http://10.0.1.1/x', usn: '' });
    expect(parseHttpHead('X\nA: 1\nA: 2').fields.get('a')).toBe('1');
  });

  it.each([
    ['a refusal', lines('HTTP/1.1 404 Not Found', `ST: ${TARGET}`, 'LOCATION: http://10.0.1.1/x')],
    ['an announcement', lines('NOTIFY * HTTP/1.1', `ST: ${TARGET}`, 'LOCATION: http://10.0.1.1/x')],
    ['an answer that leads nowhere', lines('HTTP/1.1 200 OK', `ST: ${TARGET}`)],
    ['control characters', lines('HTTP/1.1 200 OK', `ST: ${TARGET}\0`, 'LOCATION: http://10.0.1.1/x')],
    ['an endless answer', lines('HTTP/1.1 200 OK', `ST: ${TARGET}`, `LOCATION: http://10.0.1.1/${'x'.repeat(4096)}`)],
    ['too many fields', lines('HTTP/1.1 200 OK', ...Array.from({ length: 70 }, (_, index) => `X-${index}: 1`))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeSsdpAnswer(bytes)).toThrow(WireError);
  });

  it.each([decodeSsdpAnswer, decodeSsdpSearch])('%o throws WireError and nothing else', (decode) => {
    const piece = fc.constantFrom(
      'HTTP/1.1 200 OK',
      'M-SEARCH * HTTP/1.1',
      '\r\n',
      '\n',
      ':',
      'ST',
      'MX: 1',
      'LOCATION: x',
      ' ',
    );
    const text = fc
      .array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 20 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (input) => {
        try {
          decode(Buffer.from(input));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
