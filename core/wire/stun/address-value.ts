import type { Endpoint } from '../../net/endpoint.ts';
import { addressFromBytes, addressToBytes } from '../../net/ip.ts';
import { WireError } from '../wire-error.ts';

/** RFC 8489 section 5: tells STUN from everything else, and masks addresses. */
export const MAGIC_COOKIE = 0x2112a442;

const IPV4 = 0x01;
const IPV6 = 0x02;

/** MAPPED-ADDRESS and its like (RFC 8489 section 14.1). */
export function encodeAddress(endpoint: Endpoint): Buffer {
  const address = addressToBytes(endpoint.address);
  const value = Buffer.allocUnsafe(4 + address.length);
  value.writeUInt16BE(address.length === 4 ? IPV4 : IPV6, 0);
  value.writeUInt16BE(endpoint.port, 2);
  value.set(address, 4);
  return value;
}

/** @throws WireError */
export function decodeAddress(value: Buffer): Endpoint {
  const family = value.length < 4 ? 0 : value[1];
  if (value.length !== (family === IPV4 ? 8 : family === IPV6 ? 20 : -1)) {
    throw new WireError('an address attribute has the wrong length for its family');
  }
  return { address: addressFromBytes(value.subarray(4)), port: value.readUInt16BE(2) };
}

/** XOR-MAPPED-ADDRESS and its like (RFC 8489 section 14.2): masked, so that no NAT rewrites what looks like an address. */
export function encodeXorAddress(endpoint: Endpoint, transactionId: Buffer): Buffer {
  const value = encodeAddress(endpoint);
  mask(value, transactionId);
  return value;
}

/** @throws WireError */
export function decodeXorAddress(value: Buffer, transactionId: Buffer): Endpoint {
  const plain = Buffer.from(value);
  if (plain.length === 8 || plain.length === 20) mask(plain, transactionId);
  return decodeAddress(plain);
}

function mask(value: Buffer, transactionId: Buffer): void {
  value.writeUInt16BE(value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16), 2);
  for (let offset = 4; offset < value.length; offset += 4) {
    const word = offset === 4 ? MAGIC_COOKIE : transactionId.readUInt32BE(offset - 8);
    value.writeUInt32BE((value.readUInt32BE(offset) ^ word) >>> 0, offset);
  }
}
