import type { Endpoint } from '../../net/endpoint.ts';
import { ByteReader, ByteWriter } from '../../wire/bytes.ts';
import { readEndpoints, writeEndpoints } from '../../wire/endpoints.ts';
import { WireError } from '../../wire/wire-error.ts';

/** Places that one offer names: where the gateway leads to us, and another where its address is in doubt. */
const MAX_ENDPOINTS = 4;

export type Protocol = 'udp' | 'tcp';

/** What the two ends say to each other: where the other one can call, that there is no more, that nobody answered there. */
export type LineMessage =
  | { readonly kind: 'offer'; readonly protocol: Protocol; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'no-more' }
  | { readonly kind: 'nobody-answered' };

const TCP_OFFER = 0;
const NO_MORE = 1;
const NOBODY_ANSWERED = 2;
const UDP_OFFER = 3;

export function encodeLineMessage(message: LineMessage): Buffer {
  const writer = new ByteWriter();
  if (message.kind === 'no-more') writer.u8(NO_MORE);
  else if (message.kind === 'nobody-answered') writer.u8(NOBODY_ANSWERED);
  else {
    writer.u8(message.protocol === 'tcp' ? TCP_OFFER : UDP_OFFER);
    writeEndpoints(writer, message.endpoints.slice(0, MAX_ENDPOINTS));
  }
  return writer.finish();
}

/** @throws WireError */
export function decodeLineMessage(bytes: Uint8Array): LineMessage {
  const reader = new ByteReader(bytes);
  const message = read(reader);
  reader.end('port-mapping message');
  return message;
}

function read(reader: ByteReader): LineMessage {
  const kind = reader.u8('port-mapping kind');
  switch (kind) {
    case TCP_OFFER:
    case UDP_OFFER: {
      const endpoints = readEndpoints(reader, 'mapped endpoints', MAX_ENDPOINTS);
      return { kind: 'offer', protocol: kind === TCP_OFFER ? 'tcp' : 'udp', endpoints };
    }
    case NO_MORE:
      return { kind: 'no-more' };
    case NOBODY_ANSWERED:
      return { kind: 'nobody-answered' };
    default:
      throw new WireError(`a port-mapping message of kind ${kind}`);
  }
}
