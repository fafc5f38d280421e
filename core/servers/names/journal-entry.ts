import { ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readRecord } from '../../wire/names/record.ts';
import type { DatedRecord } from './name-table.ts';

/** What the journal of a name server consists of: expires at 6 | record. */
export function encodeEntry({ record, expiresMs }: DatedRecord): Buffer {
  return new ByteWriter().u48(expiresMs).bytes(record.bytes).finish();
}

/** @throws WireError */
export function decodeEntry(bytes: Uint8Array): DatedRecord {
  const reader = new ByteReader(bytes);
  const expiresMs = reader.u48('journal expiry');
  return { expiresMs, record: readRecord(reader.rest()) };
}
