import { describe, expect, it } from 'vitest';
import { NobleSigner } from './noble-signer.ts';

const signer = new NobleSigner();
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const scalar = (value: bigint) => hex(value.toString(16).padStart(64, '0'));
/** The other signature with the same r: (r, s) and (r, n - s) both fit the equation. */
const mirrored = (signature: Uint8Array) => {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  return Buffer.concat([signature.subarray(0, 32), scalar(ORDER - s)]);
};

describe('RFC 6979 A.2.5, P-256 with SHA-256', () => {
  const secretKey = hex('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721');
  const publicKey = hex('0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6');
  // s of `sample` is high in the RFC: this signer yields n - s instead.
  const cases = [
    {
      message: 'sample',
      r: 'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716',
      s: 'F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8',
      high: true,
    },
    {
      message: 'test',
      r: 'F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367',
      s: '019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083',
      high: false,
    },
  ];

  it('derives the public key', () => {
    expect(Buffer.from(signer.publicKey(secretKey))).toEqual(publicKey);
  });

  it.each(cases)('signs $message', ({ message, r, s, high }) => {
    const published = Buffer.concat([hex(r), hex(s)]);
    const text = Buffer.from(message);
    const signature = Buffer.from(signer.sign(text, secretKey));
    expect(signature).toEqual(high ? mirrored(published) : published);
    expect(signer.verify(signature, text, publicKey)).toBe(true);
    expect(signer.verify(mirrored(signature), text, publicKey)).toBe(false);
  });
});

describe('RFC 5903 8.1, ECDH over P-256', () => {
  const i = hex('C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433');
  const gi = hex('03 DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180');
  const r = hex('C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53');
  const gr = hex('03 D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63');
  const shared = hex('D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE');

  it('derives the public keys', () => {
    expect(Buffer.from(signer.publicKey(i))).toEqual(gi);
    expect(Buffer.from(signer.publicKey(r))).toEqual(gr);
  });

  it('agrees on the secret from both sides', () => {
    expect(Buffer.from(signer.sharedSecret(i, gr))).toEqual(shared);
    expect(Buffer.from(signer.sharedSecret(r, gi))).toEqual(shared);
  });
});

describe('keyPair', () => {
  const bytes = (value: bigint) => hex(value.toString(16).padStart(96, '0'));
  // FIPS 186-5 A.2.1: d = (c mod (n - 1)) + 1.
  it.each([
    { name: 'zero', entropy: 0n, secret: 1n },
    { name: 'n - 2', entropy: ORDER - 2n, secret: ORDER - 1n },
    { name: 'n - 1', entropy: ORDER - 1n, secret: 1n },
    { name: 'all ones', entropy: 2n ** 384n - 1n, secret: ((2n ** 384n - 1n) % (ORDER - 1n)) + 1n },
  ])('reduces $name', ({ entropy, secret }) => {
    const pair = signer.keyPair(bytes(entropy));
    expect(Buffer.from(pair.secretKey)).toEqual(scalar(secret));
    expect(pair.publicKey).toEqual(signer.publicKey(pair.secretKey));
  });

  it.each([0, 32, 47, 49])('refuses %i bytes of entropy', (length) => {
    expect(() => signer.keyPair(new Uint8Array(length))).toThrow(RangeError);
  });
});

describe('hostile input', () => {
  const secretKey = scalar(7n);
  const publicKey = signer.publicKey(secretKey);
  const message = Buffer.from('message');
  const signature = signer.sign(message, secretKey);
  // x = 5 has a point on the curve, x = 2 on none; p itself is no field element.
  const noPoint = hex(`02${'2'.padStart(64, '0')}`);
  const tooLarge = hex('02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff');

  it.each([0n, ORDER, ORDER + 1n, 2n ** 256n - 1n])('refuses the secret key %x', (value) => {
    expect(() => signer.sign(message, scalar(value))).toThrow(RangeError);
    expect(() => signer.publicKey(scalar(value))).toThrow(RangeError);
    expect(() => signer.sharedSecret(scalar(value), publicKey)).toThrow(RangeError);
  });

  it.each([
    ['empty', new Uint8Array(0)],
    ['the point at infinity', Uint8Array.of(0)],
    ['short', publicKey.subarray(0, 32)],
    ['off the curve', noPoint],
    ['not a field element', tooLarge],
    ['of unknown form', Buffer.concat([Uint8Array.of(5), publicKey.subarray(1)])],
  ])('refuses a public key that is %s', (_name, key) => {
    expect(signer.verify(signature, message, key)).toBe(false);
    expect(() => signer.sharedSecret(secretKey, key)).toThrow(RangeError);
  });

  it.each([
    ['empty', new Uint8Array(0)],
    ['short', signature.subarray(0, 63)],
    ['long', Buffer.concat([signature, Uint8Array.of(0)])],
    ['r = 0', Buffer.concat([scalar(0n), signature.subarray(32)])],
    ['s = 0', Buffer.concat([signature.subarray(0, 32), scalar(0n)])],
    ['r = n', Buffer.concat([scalar(ORDER), signature.subarray(32)])],
    ['s = n', Buffer.concat([signature.subarray(0, 32), scalar(ORDER)])],
    ['r = s = 1', Buffer.concat([scalar(1n), scalar(1n)])],
  ])('refuses a signature that is %s', (_name, forged) => {
    expect(signer.verify(forged, message, publicKey)).toBe(false);
  });
});
