import { isUtf8 } from 'node:buffer';
import type { Family } from '../../net/endpoint.ts';
import { WireError } from '../wire-error.ts';
import { decodeAddress, decodeXorAddress, encodeAddress, encodeXorAddress } from './address-value.ts';
import {
  type AddressErrorCode,
  ATTRIBUTE_CODES,
  type Attribute,
  type AttributeName,
  type AttributeValues,
  type ErrorCode,
} from './attribute.ts';

interface ValueCodec<T> {
  /** @throws RangeError if the value does not fit its field */
  encode(value: T, transactionId: Buffer): Uint8Array;
  /** @throws WireError */
  decode(value: Buffer, transactionId: Buffer): T;
}

const ADDRESS = { encode: encodeAddress, decode: decodeAddress };
const XOR_ADDRESS = { encode: encodeXorAddress, decode: decodeXorAddress };

const FAMILY = { encode: (family: Family) => Buffer.of(familyCode(family), 0, 0, 0), decode: decodeFamily };

const MAX_USERNAME = 508; // RFC 8489 section 14.3: fewer than 509 bytes
const MAX_TEXT = 763; // RFC 8489 sections 14.8 to 14.14: fewer than 128 characters, so at most 763 bytes

const CODECS: { readonly [K in AttributeName]: ValueCodec<AttributeValues[K]> } = {
  'mapped-address': ADDRESS,
  'xor-mapped-address': XOR_ADDRESS,
  username: text(MAX_USERNAME),
  'error-code': { encode: encodeErrorCode, decode: decodeErrorCode },
  realm: text(MAX_TEXT),
  nonce: text(MAX_TEXT),
  'unknown-attributes': { encode: encodeCodes, decode: decodeCodes },
  software: text(MAX_TEXT),
  'alternate-server': ADDRESS,
  'change-request': { encode: encodeChangeRequest, decode: decodeChangeRequest },
  'response-origin': ADDRESS,
  'other-address': ADDRESS,
  'response-port': leading16(2), // RFC 5780 section 7.5
  padding: { encode: (value) => value, decode: (value) => value },
  'channel-number': leading16(4), // RFC 8656 section 18.1: two bytes, then two that are reserved
  lifetime: { encode: uint32, decode: (value) => sized(value, 4).readUInt32BE(0) },
  'xor-peer-address': XOR_ADDRESS,
  data: { encode: (value) => value, decode: (value) => value },
  'xor-relayed-address': XOR_ADDRESS,
  'requested-address-family': FAMILY,
  'even-port': {
    encode: ({ reserveNext }) => Buffer.of(reserveNext ? 0x80 : 0),
    decode: (value) => ({ reserveNext: (sized(value, 1)[0]! & 0x80) !== 0 }),
  },
  'requested-transport': {
    encode: (protocol) => Buffer.of(protocol, 0, 0, 0),
    decode: (value) => sized(value, 4)[0]!,
  },
  'dont-fragment': { encode: () => Buffer.alloc(0), decode: (value) => sized(value, 0) && true },
  'reservation-token': { encode: encodeToken, decode: (value) => sized(value, 8) },
  'additional-address-family': FAMILY,
  'address-error-code': { encode: encodeAddressError, decode: decodeAddressError },
};

const NAMES = new Map<number, AttributeName>();
for (const [name, code] of Object.entries(ATTRIBUTE_CODES)) NAMES.set(code, name as AttributeName);

export function attributeCode(attribute: Attribute): number {
  return attribute.type === 'unknown' ? attribute.code : ATTRIBUTE_CODES[attribute.type];
}

/** @throws RangeError if the value does not fit its field */
export function encodeAttribute(attribute: Attribute, transactionId: Buffer): Uint8Array {
  if (attribute.type === 'unknown') return attribute.value;
  const codec = CODECS[attribute.type] as ValueCodec<unknown>;
  return codec.encode(attribute.value, transactionId);
}

/** @throws WireError if a known attribute has a value that it can't have */
export function decodeAttribute(code: number, value: Buffer, transactionId: Buffer): Attribute {
  const type = NAMES.get(code);
  if (!type) return { type: 'unknown', code, value };
  const codec = CODECS[type] as ValueCodec<unknown>;
  return { type, value: codec.decode(value, transactionId) } as Attribute;
}

function sized<T extends Uint8Array>(value: T, length: number): T {
  if (value.length !== length) throw new WireError(`an attribute has ${value.length} bytes instead of ${length}`);
  return value;
}

function text(limit: number): ValueCodec<string> {
  return {
    encode: (value) => {
      const bytes = Buffer.from(value, 'utf8');
      if (bytes.length > limit) throw new RangeError(`a text attribute of ${bytes.length} bytes is over ${limit}`);
      return bytes;
    },
    decode: (value) => {
      if (value.length > limit) throw new WireError(`a text attribute of ${value.length} bytes is over ${limit}`);
      if (!isUtf8(value)) throw new WireError('a text attribute is not UTF-8');
      return value.toString('utf8');
    },
  };
}

/** A 16-bit number in front of a value of `length` bytes. */
function leading16(length: number): ValueCodec<number> {
  return {
    encode: (value) => {
      const bytes = Buffer.alloc(length);
      bytes.writeUInt16BE(value, 0);
      return bytes;
    },
    decode: (value) => sized(value, length).readUInt16BE(0),
  };
}

function encodeToken(token: Uint8Array): Uint8Array {
  if (token.length !== 8) throw new RangeError('a reservation token has 8 bytes');
  return token;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

/** RFC 8489 section 14.8: the hundreds and the rest of the code in a byte each, then the reason. */
function encodeErrorCode({ code, reason }: ErrorCode): Buffer {
  if (!Number.isInteger(code) || code < 300 || code > 699) throw new RangeError(`${code} is no STUN error code`);
  const phrase = Buffer.from(reason, 'utf8');
  if (phrase.length > MAX_TEXT) throw new RangeError(`a reason of ${phrase.length} bytes is over ${MAX_TEXT}`);
  return Buffer.concat([Buffer.of(0, 0, Math.floor(code / 100), code % 100), phrase]);
}

function decodeErrorCode(value: Buffer): ErrorCode {
  if (value.length < 4 || value.length > 4 + MAX_TEXT) throw new WireError('ERROR-CODE has an impossible length');
  const hundreds = value[2]! & 0x07;
  const rest = value[3]!;
  if (hundreds < 3 || hundreds > 6 || rest > 99) throw new WireError('ERROR-CODE holds no error code');
  return { code: hundreds * 100 + rest, reason: text(MAX_TEXT).decode(value.subarray(4), value) };
}

function encodeCodes(codes: readonly number[]): Buffer {
  const value = Buffer.allocUnsafe(2 * codes.length);
  codes.forEach((code, index) => {
    value.writeUInt16BE(code, 2 * index);
  });
  return value;
}

function decodeCodes(value: Buffer): number[] {
  if (value.length % 2 !== 0) throw new WireError('UNKNOWN-ATTRIBUTES ends within a type');
  return Array.from({ length: value.length / 2 }, (_, index) => value.readUInt16BE(2 * index));
}

const CHANGE_ADDRESS = 0x4; // RFC 5780 section 7.2
const CHANGE_PORT = 0x2;

function encodeChangeRequest(change: AttributeValues['change-request']): Buffer {
  return uint32((change.address ? CHANGE_ADDRESS : 0) | (change.port ? CHANGE_PORT : 0));
}

function decodeChangeRequest(value: Buffer): AttributeValues['change-request'] {
  const flags = sized(value, 4).readUInt32BE(0);
  return { address: (flags & CHANGE_ADDRESS) !== 0, port: (flags & CHANGE_PORT) !== 0 };
}

function familyCode(family: Family): number {
  return family === 4 ? 1 : 2;
}

function decodeFamily(value: Buffer): Family {
  return familyOfCode(sized(value, 4)[0]!);
}

function familyOfCode(code: number): Family {
  if (code !== 1 && code !== 2) throw new WireError('an address family is neither IPv4 nor IPv6');
  return code === 1 ? 4 : 6;
}

/** Like ERROR-CODE, with the family in the first of its reserved bytes. */
function encodeAddressError({ family, ...error }: AddressErrorCode): Buffer {
  const value = encodeErrorCode(error);
  value[0] = familyCode(family);
  return value;
}

function decodeAddressError(value: Buffer): AddressErrorCode {
  return { ...decodeErrorCode(value), family: familyOfCode(value[0]!) };
}
