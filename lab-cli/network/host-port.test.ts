import { describe, expect, it } from 'vitest';
import { formatHostPort, parseHostPort } from './host-port.ts';

describe('host and port', () => {
  it.each([
    ['stun.example', 'stun.example:3478'],
    ['stun.example:99', 'stun.example:99'],
    ['192.0.2.1', '192.0.2.1:3478'],
    ['192.0.2.1:1', '192.0.2.1:1'],
    ['2001:db8::1', '[2001:db8::1]:3478'],
    ['[2001:db8::1]', '[2001:db8::1]:3478'],
    ['[2001:db8::1]:65535', '[2001:db8::1]:65535'],
    ['my_container-1:80', 'my_container-1:80'],
  ])('reads %s', (text, expected) => {
    expect(formatHostPort(parseHostPort(text, 3478)!)).toBe(expected);
  });

  it.each([
    '',
    ':1',
    'a:0',
    'a:65536',
    'a:x',
    'a:',
    'a b',
    '-a',
    '300.1.1.1',
    '1.2.3',
    '[192.0.2.1]:1',
    '[::1',
    'a:1:2',
    'http://a',
  ])('refuses %j', (text) => expect(parseHostPort(text, 3478)).toBeUndefined());
});
