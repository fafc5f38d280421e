import type { Endpoint } from '../../net/endpoint.ts';
import { ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoint, writeEndpoint } from '../../wire/endpoints.ts';
import { WireError } from '../../wire/wire-error.ts';

/** With a relay of its own, at another server for each, an end tries so often. */
export const MAX_ROUNDS = 3;

/** What the ends say to each other: where an end's relay is in a round, or that its server does not lead to the peer's. */
export type RelayMessage =
  | { readonly kind: 'offer'; readonly round: number; readonly relayed: Endpoint }
  | { readonly kind: 'no-way'; readonly round: number };

const OFFER = 0;
const NO_WAY = 1;

export function encodeRelayMessage(message: RelayMessage): Buffer {
  const writer = new ByteWriter().u8(message.kind === 'offer' ? OFFER : NO_WAY).u8(message.round);
  return (message.kind === 'offer' ? writeEndpoint(writer, message.relayed) : writer).finish();
}

/** @throws WireError */
export function decodeRelayMessage(bytes: Uint8Array): RelayMessage {
  const reader = new ByteReader(bytes);
  const kind = reader.u8('relay kind');
  const round = reader.u8('relay round');
  if (kind > NO_WAY || round >= MAX_ROUNDS) throw new WireError(`a relay message of kind ${kind}, round ${round}`);
  const message: RelayMessage =
    kind === NO_WAY
      ? { kind: 'no-way', round }
      : { kind: 'offer', round, relayed: readEndpoint(reader, 'relayed endpoint') };
  reader.end('relay message');
  return message;
}
