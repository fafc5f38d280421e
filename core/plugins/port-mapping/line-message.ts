import type { Endpoint } from '../../net/endpoint.ts';
import { ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoints, writeEndpoints } from '../../wire/endpoints.ts';
import { WireError } from '../../wire/wire-error.ts';

/** Places that a peer can have us dial: an external endpoint for each family, and another where it is in doubt. */
const MAX_ENDPOINTS = 4;

/** What the two ends say to each other: where the other one can dial, that there is no more, that nobody answered there. */
export type LineMessage =
  | { readonly kind: 'offer'; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'no-more' }
  | { readonly kind: 'nobody-answered' };

const KINDS = ['offer', 'no-more', 'nobody-answered'] as const;

export function encodeLineMessage(message: LineMessage): Buffer {
  const writer = new ByteWriter().u8(KINDS.indexOf(message.kind));
  if (message.kind === 'offer') writeEndpoints(writer, message.endpoints.slice(0, MAX_ENDPOINTS));
  return writer.finish();
}

/** @throws WireError */
export function decodeLineMessage(bytes: Uint8Array): LineMessage {
  const reader = new ByteReader(bytes);
  const kind = KINDS[reader.u8('port-mapping kind')];
  if (kind === undefined) throw new WireError('a port-mapping message of no kind');
  const endpoints = kind === 'offer' ? readEndpoints(reader, 'mapped endpoints', MAX_ENDPOINTS) : [];
  reader.end('port-mapping message');
  return kind === 'offer' ? { kind, endpoints } : { kind };
}
