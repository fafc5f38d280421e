import { ByteReader, ByteWriter } from '../bytes.ts';
import { withContext } from '../context.ts';
import { WireError } from '../wire-error.ts';
import { isName } from './name.ts';

/** What a name stands for, by its owner's word. */
export interface NameRecord {
  readonly name: string;
  /** 33 bytes, SEC 1 compressed point of P-256. */
  readonly ownerKey: Uint8Array;
  /** By the owner's clock, Unix time in ms; each record of an owner for a name is later than the one before. */
  readonly issuedAtMs: number;
  /** How long it holds, 1 to 2,592,000 (30 days). 0: the owner gives the name up, and `value` is empty. */
  readonly lifetimeS: number;
  /** The owner's signed address. At most 1024 bytes. */
  readonly value: Uint8Array;
}

/** A record whose signature was found good, and the bytes that prove it to others. */
export interface SignedRecord extends NameRecord {
  readonly bytes: Uint8Array;
}

export interface RecordSigner {
  readonly publicKey: Uint8Array;
  sign(context: string, message: Uint8Array): Uint8Array;
}

export interface RecordVerifier {
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

export const MAX_LIFETIME_S = 2_592_000;
export const MAX_VALUE_LENGTH = 1024;
const CONTEXT = 'punchlab/1 name record';
const VERSION = 1;
const KEY_LENGTH = 33;
const SIGNATURE_LENGTH = 64;
export const MAX_RECORD_LENGTH = 1 + 1 + 63 + KEY_LENGTH + 6 + 4 + 2 + MAX_VALUE_LENGTH + SIGNATURE_LENGTH;

/**
 * version 1 | name with 8-bit length | owner's key 33 | issued at 6 | lifetime 4 | value with 16-bit length | signature 64
 * @throws RangeError if the record breaks a rule
 */
export function signRecord(record: Omit<NameRecord, 'ownerKey'>, owner: RecordSigner): SignedRecord {
  const complete = { ...record, ownerKey: owner.publicKey };
  const problem = problemOf(complete);
  if (problem) throw new RangeError(problem);
  const body = new ByteWriter()
    .u8(VERSION)
    .ascii8(record.name)
    .bytes(owner.publicKey)
    .u48(record.issuedAtMs)
    .u32(record.lifetimeS)
    .block16(record.value)
    .finish();
  return { ...complete, bytes: Buffer.concat([body, owner.sign(CONTEXT, body)]) };
}

/**
 * Reads a record without a look at its signature, which costs: see {@link isSigned}.
 * @throws WireError
 */
export function readRecord(input: Uint8Array): SignedRecord {
  if (input.length > MAX_RECORD_LENGTH) throw new WireError(`a name record of ${input.length} bytes`);
  const bytes = Uint8Array.from(input);
  const reader = new ByteReader(bytes);
  const version = reader.u8('record version');
  if (version !== VERSION) throw new WireError(`name record has version ${version}, not ${VERSION}`);
  const record = {
    name: reader.ascii8('record name'),
    ownerKey: reader.take(KEY_LENGTH, 'record owner'),
    issuedAtMs: reader.u48('record time'),
    lifetimeS: reader.u32('record lifetime'),
    value: reader.block16('record value'),
  };
  reader.take(SIGNATURE_LENGTH, 'record signature');
  reader.end('name record');
  const problem = problemOf(record);
  if (problem) throw new WireError(problem);
  return { ...record, bytes };
}

/** Did the owner sign it? */
export function isSigned({ bytes, ownerKey }: SignedRecord, verifier: RecordVerifier): boolean {
  const split = bytes.length - SIGNATURE_LENGTH;
  return verifier.verify(bytes.subarray(split), withContext(CONTEXT, bytes.subarray(0, split)), ownerKey);
}

function problemOf({ name, ownerKey, issuedAtMs, lifetimeS, value }: NameRecord): string | undefined {
  if (!isName(name)) return `${JSON.stringify(name)} is no name`;
  if (ownerKey.length !== KEY_LENGTH) return `record owner has ${ownerKey.length} bytes`;
  if (!Number.isInteger(issuedAtMs) || issuedAtMs < 0 || issuedAtMs >= 2 ** 48) return `record time is ${issuedAtMs}`;
  if (!Number.isInteger(lifetimeS) || lifetimeS < 0 || lifetimeS > MAX_LIFETIME_S) {
    return `record lifetime ${lifetimeS} is not in 0 to ${MAX_LIFETIME_S} s`;
  }
  if (value.length > MAX_VALUE_LENGTH) return `record value has ${value.length} bytes`;
  if ((lifetimeS === 0) !== (value.length === 0)) return 'a record has a value, or gives the name up';
  return undefined;
}
