import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimSigner } from '../../../simulator/world/signer.ts';
import { Identity } from '../../identity/identity.ts';
import { WireError } from '../wire-error.ts';
import { frameNameMessage, NameFramer } from './frames.ts';
import {
  decodeNameReply,
  decodeNameRequest,
  encodeNameReply,
  encodeNameRequest,
  MAX_NAME_MESSAGE_LENGTH,
  type NameRequest,
} from './messages.ts';
import { formatName, isName, NameError, parseName } from './name.ts';
import { isSigned, MAX_RECORD_LENGTH, readRecord, signRecord } from './record.ts';

const signer = new SimSigner();
const owner = Identity.fromSecretKey(signer, new Uint8Array(32).fill(7));
const server = Identity.fromSecretKey(signer, new Uint8Array(32).fill(8));
const run = { numRuns: 1000, seed: 1035 };
const record = signRecord({ name: 'alice', issuedAtMs: 1.9e12, lifetimeS: 60, value: Buffer.from('value') }, owner);
const nonce = Buffer.alloc(16, 3);

describe('a name', () => {
  it.each([
    ['alice', 'alice'],
    [' Alice.PUNCH ', 'alice'],
    ['a', 'a'],
    ['a-1', 'a-1'],
    ['a'.repeat(63), 'a'.repeat(63)],
  ])('%j is read as %j', (text, name) => {
    expect(parseName(text)).toBe(name);
    expect(parseName(formatName(name))).toBe(name);
  });

  it.each([
    ['', 'empty'],
    ['.punch', 'empty'],
    ['a'.repeat(64), '64 characters'],
    ['1a', 'begins with a letter'],
    ['a-', 'no hyphen'],
    ['a.b', 'letters'],
    ['a b', 'letters'],
    ['älice', 'letters'],
    ['punch1abc', 'taken for an address'],
  ])('%j is none, since it is: %s', (text, why) => {
    expect(() => parseName(text)).toThrow(NameError);
    expect(() => parseName(text)).toThrow(why);
  });
});

describe('a record', () => {
  it('reads back, and is its owner’s', () => {
    const read = readRecord(record.bytes);
    expect(Buffer.from(read.bytes).equals(record.bytes) && Buffer.from(read.value).equals(record.value)).toBe(true);
    expect(read).toMatchObject({ name: 'alice', issuedAtMs: 1.9e12, lifetimeS: 60 });
    expect(isSigned(record, signer)).toBe(true);
    const longest = { name: 'a'.repeat(63), issuedAtMs: 0, lifetimeS: 1, value: Buffer.alloc(1024) };
    expect(signRecord(longest, owner).bytes.length).toBe(MAX_RECORD_LENGTH);
  });

  it('is refused, or not its owner’s, for any flipped bit, any cut and any tail', () => {
    for (let bit = 0; bit < record.bytes.length * 8; bit++) {
      const bent = Uint8Array.from(record.bytes);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      let accepted = false;
      try {
        accepted = isSigned(readRecord(bent), signer);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
      expect(accepted).toBe(false);
    }
    for (let length = 0; length < record.bytes.length; length++) {
      expect(() => readRecord(record.bytes.subarray(0, length))).toThrow(WireError);
    }
    expect(() => readRecord(Buffer.concat([record.bytes, Buffer.of(0)]))).toThrow(WireError);
  });

  it.each([
    ['a name that is none', { name: 'Alice' }],
    ['a date that is none', { issuedAtMs: -1 }],
    ['a lifetime too long', { lifetimeS: 2_592_001 }],
    ['a value too long', { value: Buffer.alloc(1025) }],
    ['no value', { value: Buffer.alloc(0) }],
    ['a value that it gives up', { lifetimeS: 0 }],
  ])('is not made with %s', (_name, change) => {
    expect(() => signRecord({ ...record, ...change }, owner)).toThrow(RangeError);
  });
});

describe('requests and replies', () => {
  const get: NameRequest = { op: 'get', nonce, name: 'alice' };
  const put: NameRequest = { op: 'put', nonce, record };
  const request = encodeNameRequest(get);
  const reply = encodeNameReply(request, { status: 'ok', serverTimeMs: 5, record }, server);

  it('read back', () => {
    expect(decodeNameRequest(request)).toMatchObject({ op: 'get', name: 'alice' });
    expect(decodeNameRequest(encodeNameRequest(put))).toMatchObject({ op: 'put', record: { name: 'alice' } });
    const read = decodeNameReply(request, reply, server.publicKey, signer);
    expect(read).toMatchObject({ status: 'ok', serverTimeMs: 5, record: { name: 'alice' } });
  });

  it('a reply is believed of the server alone, and for its own request', () => {
    const decode = (asked: Uint8Array, bytes: Uint8Array, key: Uint8Array) => () =>
      decodeNameReply(asked, bytes, key, signer);
    expect(decode(request, reply, owner.publicKey)).toThrow(WireError);
    const other = encodeNameRequest({ ...get, nonce: Buffer.alloc(16, 4) });
    expect(decode(other, reply, server.publicKey)).toThrow(WireError);
    for (let bit = 0; bit < reply.length * 8; bit += 7) {
      const bent = Uint8Array.from(reply);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      expect(decode(request, bent, server.publicKey)).toThrow(WireError);
    }
  });

  it('refuse anything else with a WireError only', () => {
    const start = encodeNameRequest(put);
    const mutated = fc
      .array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map((changes) => {
        const copy = Uint8Array.from(start);
        for (const [position, value] of changes) copy[position] = value;
        return copy;
      });
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          expect(Uint8Array.from(encodeNameRequest(decodeNameRequest(bytes)))).toEqual(bytes);
          taken++;
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      run,
    );
    expect(taken).toBeGreaterThan(50);
  });
});

describe('the framer', () => {
  it('puts messages together however they were cut', () => {
    const messages = [1, 40, MAX_NAME_MESSAGE_LENGTH].map((length, index) => Buffer.alloc(length, index));
    const stream = Buffer.concat(messages.map(frameNameMessage));
    for (const step of [1, 3, 64, stream.length]) {
      const framer = new NameFramer();
      const got: Buffer[] = [];
      for (let offset = 0; offset < stream.length; offset += step) {
        got.push(...framer.push(stream.subarray(offset, offset + step))!.map((bytes) => Buffer.from(bytes)));
      }
      expect(got).toEqual(messages);
    }
  });

  it('gives a stream up that announces too much, or nothing', () => {
    expect(new NameFramer().push(Buffer.of(0xff, 0xff))).toBeUndefined();
    expect(new NameFramer().push(Buffer.of(0, 0))).toBeUndefined();
    expect(isName('')).toBe(false);
  });
});
