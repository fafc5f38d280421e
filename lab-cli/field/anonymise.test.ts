import { describe, expect, it } from 'vitest';
import { anonymiser } from './anonymise.ts';

const anonymise = anonymiser(Buffer.alloc(32, 7));
const PSEUDONYM = '(?:private|public)-[0-9a-f]{12}';

describe('anonymiser', () => {
  it.for([
    ['10.0.1.2:5000 ECONNREFUSED', `^${PSEUDONYM}:5000 ECONNREFUSED$`],
    ['dial 203.0.113.9: no answer', `^dial ${PSEUDONYM}: no answer$`],
    ['it came from 203.0.113.9.', `^it came from ${PSEUDONYM}\\.$`],
    ['[2001:db8::1]:3478 is silent', `^${PSEUDONYM}:3478 is silent$`],
    ['2001:db8::1, fe80::1%eth0', `^${PSEUDONYM}, ${PSEUDONYM}$`],
    ['at 2001:db8::1.', `^at ${PSEUDONYM}\\.$`],
    ['::ffff:192.168.1.1 and ::1', `^${PSEUDONYM} and ${PSEUDONYM}$`],
    ['udp:10.0.0.1:9,tcp:10.0.0.2', `^udp:${PSEUDONYM}:9,tcp:${PSEUDONYM}$`],
    ['2001:db8:0:0:0:0:0:1:3478', `^${PSEUDONYM}:3478$`],
    ['via10.0.0.1', `^via${PSEUDONYM}$`],
  ])('leaves no address in %j', ([text, pattern]) => {
    expect(anonymise(text!)).toMatch(new RegExp(pattern!));
  });

  it.for(['at 12:30:05 o’clock', 'version 1.2.3', 'std::string', 'round 4: 3 of 5', '300.1.2.3', 'a:b'])(
    'leaves %j as it is',
    (text) => {
      expect(anonymise(text)).toBe(text);
    },
  );

  it('gives one address one pseudonym, however it is written, and another one under another key', () => {
    expect(anonymise('2001:db8::1')).toBe(anonymise('2001:0DB8:0::0:1'));
    expect(anonymise('10.0.0.1')).toMatch(/^private-/);
    expect(anonymise('198.51.100.7')).toMatch(/^public-/);
    expect(anonymise('10.0.0.1')).not.toBe(anonymise('10.0.0.2'));
    expect(anonymiser(Buffer.alloc(32, 8))('10.0.0.1')).not.toBe(anonymise('10.0.0.1'));
  });
});
