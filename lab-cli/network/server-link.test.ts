import { describe, expect, it } from 'vitest';
import { formatServerLink, parseServerLink, type ServerLink } from './server-link.ts';

const LINK: ServerLink = {
  hosts: ['203.0.113.5', '2001:db8::5', 'lab.example'],
  ports: new Map([
    ['stun', 3478],
    ['turn', 3480],
    ['mqtt', 1883],
  ]),
  namesKey: Buffer.alloc(33, 7),
  credentials: { username: 'punch lab', password: 'p@ss:w/rd?&' },
};

describe('a link to servers', () => {
  it('holds all that it was made from', () => {
    const text = formatServerLink(LINK);
    expect(text).toMatch(
      /^punchlab:\/\/punch%20lab:[^@]*@203\.0\.113\.5\?stun=3478&turn=3480&mqtt=1883&nameskey=[\w-]+&host=/,
    );
    expect(parseServerLink(text)).toEqual(LINK);
  });

  it('may begin with an IPv6 address and have no credentials', () => {
    const link = { ...LINK, hosts: ['2001:db8::5'], namesKey: undefined, credentials: undefined };
    expect(formatServerLink(link)).toBe('punchlab://[2001:db8::5]?stun=3478&turn=3480&mqtt=1883');
    expect(parseServerLink(formatServerLink(link))).toEqual(link);
  });

  it.each([
    ['', 'expected a link'],
    ['203.0.113.5', 'expected a link'],
    ['http://203.0.113.5?stun=1', 'expected a link'],
    ['punchlab://203.0.113.5:99?stun=1', 'expected a link'],
    ['punchlab://203.0.113.5', 'names no server'],
    ['punchlab://203.0.113.5?sturn=1', '"sturn" is none of the servers stun, turn'],
    ['punchlab://203.0.113.5?stun=0', '"0" is no port of stun'],
    ['punchlab://203.0.113.5?stun=x', '"x" is no port of stun'],
    ['punchlab://a?names=1&nameskey=AA', '"AA" is no key'],
    ['punchlab://300.1.1.1?stun=1', '"300.1.1.1" is no host'],
    ['punchlab://a?stun=1&host=b:7', '"b:7" is no host'],
  ])('is refused as %j', (text, what) => {
    expect(() => parseServerLink(text)).toThrow(what);
  });
});
