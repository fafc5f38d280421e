import { describe, expect, it } from 'vitest';
import { type Attribute, attributeOf } from './attribute.ts';
import { longTermKey, shortTermKey } from './credentials.ts';
import { decodeMessage } from './decode-message.ts';
import { encodeMessage } from './encode-message.ts';
import { hasIntegrity, verifyIntegrity } from './integrity.ts';

function hex(...parts: string[]): Buffer {
  return Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
}

const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';

const SAMPLE_REQUEST = hex(
  '00010058 2112a442 b7e7a701bc34d686fa87dfae',
  '80220010 5354554e207465737420636c69656e74',
  '00240004 6e0001ff',
  '80290008 932ff9b151263b36',
  '00060009 6576746a3a68367659202020',
  '00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2',
  '80280004 e57a3bcf',
);

const SAMPLE_IPV4_RESPONSE = hex(
  '0101003c 2112a442 b7e7a701bc34d686fa87dfae',
  '8022000b 7465737420766563746f7220',
  '00200008 0001a147e112a643',
  '00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7',
  '80280004 c07d4c96',
);

const SAMPLE_IPV6_RESPONSE = hex(
  '01010048 2112a442 b7e7a701bc34d686fa87dfae',
  '8022000b 7465737420766563746f7220',
  '00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9',
  '00080014 a382954e4be67bf11784c97c8292c275bfe3ed41',
  '80280004 c8fb0b4c',
);

const LONG_TERM_REQUEST = hex(
  '00010060 2112a442 78ad3433c6ad72c029da412e',
  '00060012 e3839ee38388e383aae38383e382afe382b90000',
  '0015001c 662f2f3439396b39353464364f4c33346f4c394653547679363473 41',
  '0014000b 6578616d706c652e6f726700',
  '00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666',
);

/** RFC 8489 appendix B.1 as corrected by erratum 6268: right length, PASSWORD-ALGORITHM, new digest. */
const SHA256_REQUEST = hex(
  '00010090 2112a442 78ad3433c6ad72c029da412e',
  '001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704',
  '00150029 6f62 4d61744a6f73324141414366 2f2f3439396b39353464364f4c33346f4c39465354767936347341 000000',
  '0014000b 6578616d706c652e6f726700',
  '001d0004 00020000',
  '001c0020 b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65',
);

/** The same as printed: its length counts the header, and its digest is that of the message with this length. */
const SHA256_REQUEST_AS_PRINTED = hex(
  '0001009c 2112a442 78ad3433c6ad72c029da412e',
  '001e0020 4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704',
  '00150029 6f62 4d61744a6f73324141414366 2f2f3439396b39353464364f4c33346f4c39465354767936347341 000000',
  '0014000b 6578616d706c652e6f726700',
  '001c0020 e4686c8f0edeb59013e07090010a93efccbccc544c0a45d9f830aa6d6f735a01',
);

const MATRIX = 'マトリックス';

describe('RFC 5769', () => {
  it('2.1: decodes the sample request', () => {
    const message = decodeMessage(SAMPLE_REQUEST);
    expect(message.messageClass).toBe('request');
    expect(message.method).toBe(0x001);
    expect(message.transactionId.toString('hex')).toBe('b7e7a701bc34d686fa87dfae');
    expect(message.attributes).toEqual<Attribute[]>([
      { type: 'software', value: 'STUN test client' },
      { type: 'unknown', code: 0x0024, value: hex('6e0001ff') },
      { type: 'unknown', code: 0x8029, value: hex('932ff9b151263b36') },
      { type: 'username', value: 'evtj:h6vY' },
    ]);
    expect(message.malformed).toEqual([]);
    expect(message.fingerprint).toBe(true);
    expect(verifyIntegrity(message, shortTermKey(PASSWORD))).toBe(true);
    expect(verifyIntegrity(message, shortTermKey(`${PASSWORD}x`))).toBe(false);
  });

  it.each([
    ['2.2: IPv4', SAMPLE_IPV4_RESPONSE, '192.0.2.1'],
    ['2.3: IPv6', SAMPLE_IPV6_RESPONSE, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('%s: decodes the sample response and encodes the same values', (_name, bytes, address) => {
    const message = decodeMessage(bytes);
    expect(message.messageClass).toBe('success');
    expect(attributeOf(message, 'software')).toBe('test vector');
    expect(attributeOf(message, 'xor-mapped-address')).toEqual({ address, port: 32853 });
    expect(verifyIntegrity(message, shortTermKey(PASSWORD))).toBe(true);
    // The vector pads SOFTWARE with a space where we write a zero; everything before the digest must agree but that.
    const again = encodeMessage(message, { key: shortTermKey(PASSWORD), fingerprint: true });
    expect(again.length).toBe(bytes.length);
    const zeroed = Buffer.from(bytes);
    zeroed[35] = 0;
    const digestAt = message.sha1At! + 4;
    expect(again.subarray(0, digestAt)).toEqual(zeroed.subarray(0, digestAt));
    expect(verifyIntegrity(decodeMessage(again), shortTermKey(PASSWORD))).toBe(true);
  });

  it('2.4: decodes the request with long-term authentication, and encodes it byte for byte', () => {
    const message = decodeMessage(LONG_TERM_REQUEST);
    expect(message.attributes).toEqual<Attribute[]>([
      { type: 'username', value: MATRIX },
      { type: 'nonce', value: 'f//499k954d6OL34oL9FSTvy64sA' },
      { type: 'realm', value: 'example.org' },
    ]);
    const key = longTermKey(MATRIX, 'example.org', 'TheMatrIX');
    expect(verifyIntegrity(message, key)).toBe(true);
    expect(message.fingerprint).toBe(false);
    expect(encodeMessage(message, { key })).toEqual(LONG_TERM_REQUEST);
  });
});

describe('RFC 8489 appendix B.1', () => {
  const key = longTermKey(MATRIX, 'example.org', 'TheMatrIX', 'sha256');

  it('verifies the corrected vector (erratum 6268), and encodes it byte for byte', () => {
    const message = decodeMessage(SHA256_REQUEST);
    expect(attributeOf(message, 'nonce')).toBe('obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA');
    expect(hasIntegrity(message)).toBe(true);
    expect(verifyIntegrity(message, key)).toBe(true);
    expect(verifyIntegrity(message, longTermKey(MATRIX, 'example.org', 'TheMatrIX'))).toBe(false);
    expect(encodeMessage(message, { key, integrity: 'sha256' })).toEqual(SHA256_REQUEST);
  });

  it('refuses the vector as printed, whose length is wrong', () => {
    expect(() => decodeMessage(SHA256_REQUEST_AS_PRINTED)).toThrow('another length than it says');
  });
});
