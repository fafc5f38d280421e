import { createHash } from 'node:crypto';
import { ByteReader, ByteWriter } from '../bytes.ts';
import { withContext } from '../context.ts';
import { WireError } from '../wire-error.ts';
import { isName } from './name.ts';
import { MAX_RECORD_LENGTH, type RecordSigner, type RecordVerifier, readRecord, type SignedRecord } from './record.ts';

/** What a client asks of a name server. A put of a record with no lifetime deletes. */
export type NameRequest =
  | { readonly op: 'get'; readonly nonce: Uint8Array; readonly name: string }
  | { readonly op: 'put'; readonly nonce: Uint8Array; readonly record: SignedRecord };

/**
 * - `ok`: here is the record, or it was taken
 * - `not-found`: nobody has the name
 * - `taken`: the name is another's
 * - `stale`: a later record of the owner's was seen before
 * - `clock`: the record's date is too far from the server's
 * - `limit`: too many names from this address, or by this key
 * - `full`: no room for any more names
 */
export const NAME_STATUSES = ['ok', 'not-found', 'taken', 'stale', 'clock', 'limit', 'full'] as const;
export type NameStatus = (typeof NAME_STATUSES)[number];

export interface NameReply {
  readonly status: NameStatus;
  /** By the server's clock, Unix time in ms. */
  readonly serverTimeMs: number;
  /** To a `get`: what was found. */
  readonly record?: SignedRecord;
}

export const NAME_NONCE_LENGTH = 16;
const VERSION = 1;
const OPS = ['get', 'put'] as const;
const SIGNATURE_LENGTH = 64;
const REPLY_CONTEXT = 'punchlab/1 name reply';
/** Of a request or a reply; the length that stands before each is 16 bits. */
export const MAX_NAME_MESSAGE_LENGTH = 1 + 1 + 6 + 2 + MAX_RECORD_LENGTH + SIGNATURE_LENGTH;

/** version 1 | op 1 (0 get, 1 put) | nonce 16 | name or record with 16-bit length */
export function encodeNameRequest(request: NameRequest): Buffer {
  const subject = request.op === 'get' ? Buffer.from(request.name, 'latin1') : request.record.bytes;
  return new ByteWriter().u8(VERSION).u8(OPS.indexOf(request.op)).bytes(request.nonce).block16(subject).finish();
}

/** Does not look at the signature of a record. @throws WireError */
export function decodeNameRequest(bytes: Uint8Array): NameRequest {
  const reader = new ByteReader(bytes);
  const version = reader.u8('name request version');
  if (version !== VERSION) throw new WireError(`name request has version ${version}, not ${VERSION}`);
  const op = OPS[reader.u8('name request op')];
  const nonce = reader.take(NAME_NONCE_LENGTH, 'name request nonce');
  const subject = reader.block16('name request subject');
  reader.end('name request');
  if (op === 'put') return { op, nonce, record: readRecord(subject) };
  const name = Buffer.from(subject).toString('latin1');
  if (op !== 'get' || !isName(name)) throw new WireError('name request is for no name');
  return { op, nonce, name };
}

/**
 * version 1 | status 1 | server's time 6 | record with 16-bit length, 0 = none | signature 64, by the server, over the
 * hash of the request and all before: a reply answers one request only.
 */
export function encodeNameReply(request: Uint8Array, reply: NameReply, server: RecordSigner): Buffer {
  const body = new ByteWriter()
    .u8(VERSION)
    .u8(NAME_STATUSES.indexOf(reply.status))
    .u48(reply.serverTimeMs)
    .block16(reply.record?.bytes ?? new Uint8Array(0))
    .finish();
  return Buffer.concat([body, server.sign(REPLY_CONTEXT, signedPart(request, body))]);
}

/** Checks the server's signature; not that of the record. @throws WireError */
export function decodeNameReply(
  request: Uint8Array,
  bytes: Uint8Array,
  serverKey: Uint8Array,
  verifier: RecordVerifier,
): NameReply {
  const split = bytes.length - SIGNATURE_LENGTH;
  if (split <= 0 || bytes.length > MAX_NAME_MESSAGE_LENGTH)
    throw new WireError(`a name reply of ${bytes.length} bytes`);
  const body = bytes.subarray(0, split);
  if (!verifier.verify(bytes.subarray(split), withContext(REPLY_CONTEXT, signedPart(request, body)), serverKey)) {
    throw new WireError('name reply is not signed by the server for this request');
  }
  const reader = new ByteReader(body);
  const version = reader.u8('name reply version');
  if (version !== VERSION) throw new WireError(`name reply has version ${version}, not ${VERSION}`);
  const status = NAME_STATUSES[reader.u8('name reply status')];
  if (!status) throw new WireError(`name reply has status ${body[1]}`);
  const serverTimeMs = reader.u48('name reply time');
  const record = reader.block16('name reply record');
  reader.end('name reply');
  return { status, serverTimeMs, ...(record.length > 0 && { record: readRecord(record) }) };
}

function signedPart(request: Uint8Array, body: Uint8Array): Buffer {
  return Buffer.concat([createHash('sha256').update(request).digest(), body]);
}
