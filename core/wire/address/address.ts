import { createHash } from 'node:crypto';
import { withContext } from '../context.ts';
import type { AddressContent } from './address-content.ts';
import { AddressError } from './address-error.ts';
import { decodeContent, encodeContent } from './content-codec.ts';

/** A node's address: content whose signature was found good, and the bytes that prove it to others. */
export interface Address extends AddressContent {
  readonly bytes: Uint8Array;
}

/** Whoever can sign as a node. */
export interface AddressSigner {
  readonly publicKey: Uint8Array;
  sign(context: string, message: Uint8Array): Uint8Array;
}

export interface AddressVerifier {
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

export const MAX_ADDRESS_LENGTH = 1024;
const CONTEXT = 'punchlab/1 address';
const SIGNATURE_LENGTH = 64;
const TEXT_PREFIX = 'punch1';
const CHECKSUM_LENGTH = 4;
const MAX_TEXT_LENGTH = TEXT_PREFIX.length + Math.ceil(((MAX_ADDRESS_LENGTH + CHECKSUM_LENGTH) * 4) / 3);

/**
 * Makes and signs an address.
 * @throws AddressError if the content breaks a rule
 */
export function createAddress(content: Omit<AddressContent, 'publicKey'>, signer: AddressSigner): Address {
  const complete = { ...content, publicKey: signer.publicKey };
  const body = encodeContent(complete);
  return { ...complete, bytes: withinLimit(Buffer.concat([body, signer.sign(CONTEXT, body)])) };
}

/**
 * Reads an address from its bytes or its text, and checks its signature.
 *
 * Says nothing of whether it is current: `freshnessOf` does.
 * @throws AddressError for everything that {@link createAddress} did not make
 */
export function parseAddress(input: Uint8Array | string, verifier: AddressVerifier): Address {
  const bytes = typeof input === 'string' ? bytesOfText(input) : Uint8Array.from(withinLimit(input));
  const split = bytes.length - SIGNATURE_LENGTH;
  if (split <= 0) throw new AddressError('malformed', `the address has only ${bytes.length} bytes`);
  const body = bytes.subarray(0, split);
  const content = decodeContent(body);
  if (!verifier.verify(bytes.subarray(split), withContext(CONTEXT, body), content.publicKey)) {
    throw new AddressError('signature', 'the signature is not by the node that the address names');
  }
  return { ...content, bytes };
}

/**
 * The text form: `punch1`, then base64url of the bytes and of the first 4 bytes of their SHA-256, so that a typo is
 * told from a forgery.
 */
export function formatAddress(address: Pick<Address, 'bytes'>): string {
  return TEXT_PREFIX + Buffer.concat([address.bytes, checksum(address.bytes)]).toString('base64url');
}

/** Does the text claim to be an address? It may still be a broken one. */
export function looksLikeAddress(text: string): boolean {
  return text.trim().startsWith(TEXT_PREFIX);
}

function bytesOfText(input: string): Uint8Array {
  const text = input.trim();
  if (!text.startsWith(TEXT_PREFIX)) throw new AddressError('malformed', `the text does not begin with ${TEXT_PREFIX}`);
  if (text.length > MAX_TEXT_LENGTH) throw new AddressError('malformed', `the text has ${text.length} characters`);
  const encoded = text.slice(TEXT_PREFIX.length);
  const decoded = Buffer.from(encoded, 'base64url');
  // Node skips what it can't read: only the text that the bytes would be written as is taken.
  if (decoded.toString('base64url') !== encoded || decoded.length < CHECKSUM_LENGTH) {
    throw new AddressError('checksum', 'the text is cut short or holds a character that is no base64url');
  }
  const bytes = Uint8Array.from(withinLimit(decoded.subarray(0, -CHECKSUM_LENGTH)));
  if (!checksum(bytes).equals(decoded.subarray(-CHECKSUM_LENGTH))) {
    throw new AddressError('checksum', 'the text has a typo: its checksum does not fit');
  }
  return bytes;
}

function withinLimit(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_ADDRESS_LENGTH) throw new AddressError('malformed', `the address has ${bytes.length} bytes`);
  return bytes;
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_LENGTH);
}
