import { describe, expect, it } from 'vitest';
import { EnvelopeKey } from './envelope-key.ts';

describe('EnvelopeKey', () => {
  const secret = Buffer.alloc(32, 1);
  const ephemeral = Buffer.alloc(33, 2);
  const receiver = Buffer.alloc(33, 3);
  const nonce = Buffer.alloc(12, 4);
  const key = new EnvelopeKey(secret, ephemeral, receiver);
  const text = Buffer.from('text');

  it('opens what it sealed', () => {
    expect(key.open(key.seal('message', text, nonce))).toEqual(text);
  });

  it('belongs to its secret, its ephemeral key and its receiver', () => {
    const sealed = key.seal('message', text, nonce);
    const other = Buffer.alloc(33, 9);
    expect(new EnvelopeKey(Buffer.alloc(32, 9), ephemeral, receiver).open(sealed)).toBeUndefined();
    expect(new EnvelopeKey(secret, other, receiver).open(sealed)).toBeUndefined();
    expect(new EnvelopeKey(secret, ephemeral, other).open(sealed)).toBeUndefined();
  });

  it('refuses what was touched', () => {
    const sealed = key.seal('message', text, nonce);
    expect(key.open({ ...sealed, nonce: Buffer.alloc(12, 5) })).toBeUndefined();
    expect(key.open({ ...sealed, tag: Buffer.alloc(16) })).toBeUndefined();
    expect(key.open({ ...sealed, ciphertext: Buffer.alloc(4) })).toBeUndefined();
    expect(key.open({ ...sealed, type: 'acknowledgement' })).toBeUndefined();
    expect(() => key.seal('message', text, Buffer.alloc(11))).toThrow(RangeError);
  });
});
