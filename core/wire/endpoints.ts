import type { Endpoint } from '../net/endpoint.ts';
import { addressFromBytes, addressToBytes } from '../net/ip.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './wire-error.ts';

/** An endpoint: the length of the address (4 or 16), the address, the port. */
export function writeEndpoint(writer: ByteWriter, endpoint: Endpoint): ByteWriter {
  return writer.block8(addressToBytes(endpoint.address)).u16(endpoint.port);
}

/** @throws WireError for a bad length or port 0, to which nothing can be sent */
export function readEndpoint(reader: ByteReader, field: string): Endpoint {
  const bytes = reader.block8(field);
  if (bytes.length !== 4 && bytes.length !== 16) throw new WireError(`${field}: an address of ${bytes.length} bytes`);
  const port = reader.u16(field);
  if (port === 0) throw new WireError(`${field}: port 0`);
  return { address: addressFromBytes(bytes), port };
}

/** A list of endpoints, its length before it. */
export function writeEndpoints(writer: ByteWriter, endpoints: readonly Endpoint[]): ByteWriter {
  writer.u8(endpoints.length);
  for (const endpoint of endpoints) writeEndpoint(writer, endpoint);
  return writer;
}

/** @throws WireError if there are more than `limit` */
export function readEndpoints(reader: ByteReader, field: string, limit: number): Endpoint[] {
  const count = reader.u8(field);
  if (count > limit) throw new WireError(`${field}: ${count} endpoints, at most ${limit}`);
  return Array.from({ length: count }, () => readEndpoint(reader, field));
}
