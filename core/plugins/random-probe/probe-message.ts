import type { PortSpread } from '../../nat/prediction/search-order.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { addressFromBytes, addressToBytes } from '../../net/ip.ts';
import { type ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../wire/endpoints.ts';
import { WireError } from '../../wire/wire-error.ts';

/** What the end says that searches: where it is, and how long it will go on. */
export interface SearchOffer {
  readonly endpoint: Endpoint;
  readonly durationMs: number;
}

/** What the end says that opens: where its ports may be. */
export interface OpenOffer {
  readonly address: string;
  readonly spread: PortSpread;
}

const SEARCH = 1;
const OPEN = 2;
const MAX_SEEN = 16;
/** Longer than any session lasts. */
const MAX_DURATION_MS = 120_000;

export function encodeSearch({ endpoint, durationMs }: SearchOffer): Buffer {
  return writeEndpoint(new ByteWriter().u8(SEARCH), endpoint).u32(durationMs).finish();
}

/** @throws WireError */
export function decodeSearch(reader: ByteReader): SearchOffer {
  expectKind(reader, SEARCH);
  const endpoint = readEndpoint(reader, 'searching endpoint');
  const durationMs = Math.min(reader.u32('search duration'), MAX_DURATION_MS);
  reader.end('search offer');
  return { endpoint, durationMs };
}

export function encodeOpen({ address, spread }: OpenOffer): Buffer {
  const { low, high, parity, seen } = spread;
  const writer = new ByteWriter().u8(OPEN).block8(addressToBytes(address)).u16(low).u16(high);
  writer.u8(parity === undefined ? 0 : 1).u8(seen.length);
  for (const port of seen) writer.u16(port);
  return writer.finish();
}

/** @throws WireError */
export function decodeOpen(reader: ByteReader): OpenOffer {
  expectKind(reader, OPEN);
  const bytes = reader.block8('opening address');
  if (bytes.length !== 4 && bytes.length !== 16) throw new WireError(`an address of ${bytes.length} bytes`);
  const low = reader.u16('lowest port');
  const high = reader.u16('highest port');
  if (low === 0 || high < low) throw new WireError(`ports from ${low} to ${high}`);
  const parity = reader.u8('port parity') === 1 ? 0 : undefined;
  const count = reader.u8('ports seen');
  if (count > MAX_SEEN) throw new WireError(`${count} ports seen, at most ${MAX_SEEN}`);
  const seen = Array.from({ length: count }, () => reader.u16('port seen'));
  reader.end('open offer');
  return { address: addressFromBytes(bytes), spread: { low, high, parity, seen } };
}

function expectKind(reader: ByteReader, kind: number): void {
  const got = reader.u8('random-probe part');
  if (got !== kind)
    throw new WireError('the two ends disagree about who searches: one of them took its NAT for another');
}
