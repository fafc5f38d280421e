import { addressFromBytes, addressToBytes } from '../../net/ip.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';
import { decodeOptions, encodeOptions, type PcpOption } from './pcp-option.ts';

export const PCP_VERSION = 2;
export const PCP_NONCE_LENGTH = 12;
/** RFC 6887 section 7: no message is longer. */
export const MAX_PCP_LENGTH = 1100;

/** RFC 6887 section 7.4. */
export const PCP_RESULT = {
  success: 0,
  unsupportedVersion: 1,
  notAuthorized: 2,
  malformedRequest: 3,
  unsupportedOpcode: 4,
  unsupportedOption: 5,
  malformedOption: 6,
  networkFailure: 7,
  noResources: 8,
  unsupportedProtocol: 9,
  userExceededQuota: 10,
  cannotProvideExternal: 11,
  addressMismatch: 12,
  excessiveRemotePeers: 13,
} as const;

export const OP_ANNOUNCE = 0;
export const OP_MAP = 1;
const RESPONSE = 0x80;
const HEADER_LENGTH = 24;
/** IANA protocol numbers. */
const PROTOCOL = { tcp: 6, udp: 17 } as const;

/** The part of MAP that request and response share (RFC 6887 section 11.1). */
export interface PcpMap {
  readonly nonce: Uint8Array;
  readonly protocol: 'udp' | 'tcp';
  readonly internalPort: number;
  /** In a request: what the client would like, port 0 for any. In a response: what it has. */
  readonly externalPort: number;
  /** `0.0.0.0` or `::` in a request leave the choice to the gateway, within the family. */
  readonly externalAddress: string;
}

export interface PcpMapRequest extends PcpMap {
  readonly op: 'map';
  readonly clientAddress: string;
  /** Seconds; 0 deletes. */
  readonly lifetimeS: number;
  readonly options: readonly PcpOption[];
}

export type PcpRequest = PcpMapRequest | { readonly op: 'announce'; readonly clientAddress: string };

/** A well-formed request for what is not offered here: `result` says how to refuse it. */
export interface PcpUnsupported {
  readonly op: 'unsupported';
  readonly result: number;
}

export interface PcpResponseHead {
  readonly result: number;
  /** Seconds; of an error, how long it is likely to hold. */
  readonly lifetimeS: number;
  readonly epochS: number;
}

export interface PcpMapResponse extends PcpResponseHead, PcpMap {
  readonly op: 'map';
  readonly options: readonly PcpOption[];
}

/** An announcement, or a refusal that has no opcode's data, such as that of a version. */
export interface PcpPlainResponse extends PcpResponseHead {
  readonly op: 'plain';
  readonly opcode: number;
}

export type PcpResponse = PcpMapResponse | PcpPlainResponse;

/** RFC 6887 sections 7.1 and 11.1. */
export function encodePcpRequest(request: PcpRequest): Buffer {
  const map = request.op === 'map';
  const writer = new ByteWriter()
    .u8(PCP_VERSION)
    .u8(map ? OP_MAP : OP_ANNOUNCE)
    .u16(0)
    .u32(map ? request.lifetimeS : 0)
    .bytes(address16(request.clientAddress));
  if (map) encodeOptions(encodeMap(writer, request), request.options);
  return writer.finish();
}

/** @throws WireError; the version must be 2, see `versionOf` */
export function decodePcpRequest(bytes: Uint8Array): PcpRequest | PcpUnsupported {
  const reader = open(bytes);
  const opcode = reader.u8('PCP opcode');
  if (opcode & RESPONSE) throw new WireError('a PCP response where a request is due');
  reader.u16('PCP reserved');
  const lifetimeS = reader.u32('PCP lifetime');
  const clientAddress = readAddress16(reader, 'PCP client address');
  if (opcode === OP_ANNOUNCE) return { op: 'announce', clientAddress };
  if (opcode !== OP_MAP) return { op: 'unsupported', result: PCP_RESULT.unsupportedOpcode };
  const { protocol, ...map } = readMap(reader);
  if (!protocol) return { op: 'unsupported', result: PCP_RESULT.unsupportedProtocol };
  return { op: 'map', clientAddress, lifetimeS, ...map, protocol, options: decodeOptions(reader) };
}

/** A refusal is a copy of the request with another header (RFC 6887 section 8.2). */
export function encodePcpRefusal(request: Uint8Array, head: PcpResponseHead): Buffer {
  const opcode = (request[1] ?? 0) & ~RESPONSE;
  const length = Math.min(request.length, MAX_PCP_LENGTH);
  const copied = request.subarray(HEADER_LENGTH, length - (length % 4));
  return Buffer.concat([encodePcpResponse({ op: 'plain', opcode, ...head }), copied]);
}

export function encodePcpResponse(response: PcpResponse): Buffer {
  const { result, lifetimeS, epochS } = response;
  const writer = new ByteWriter()
    .u8(PCP_VERSION)
    .u8(RESPONSE | (response.op === 'map' ? OP_MAP : response.opcode))
    .u8(0)
    .u8(result)
    .u32(lifetimeS)
    .u32(epochS)
    .bytes(Buffer.alloc(12));
  if (response.op === 'map') encodeOptions(encodeMap(writer, response), response.options);
  return writer.finish();
}

/**
 * Reads what a gateway says. One that knows no PCP may answer with a NAT-PMP message (RFC 6887 section 9).
 *
 * @throws WireError; the version must be 2, see `versionOf`
 */
export function decodePcpResponse(bytes: Uint8Array): PcpResponse {
  const reader = open(bytes);
  const opcode = reader.u8('PCP opcode') - RESPONSE;
  if (opcode < 0) throw new WireError('a PCP request where a response is due');
  reader.u8('PCP reserved');
  const result = reader.u8('PCP result');
  const lifetimeS = reader.u32('PCP lifetime');
  const epochS = reader.u32('PCP epoch');
  reader.take(12, 'PCP reserved');
  const head = { result, lifetimeS, epochS };
  const bare = result !== PCP_RESULT.success && reader.remaining === 0;
  if (opcode !== OP_MAP || bare) return { op: 'plain', opcode, ...head };
  const { protocol, ...map } = readMap(reader);
  if (!protocol) throw new WireError('a PCP mapping of neither UDP nor TCP');
  // What stands behind a refusal is a copy of our own request: nothing to learn from it.
  return { op: 'map', ...head, ...map, protocol, options: result === PCP_RESULT.success ? decodeOptions(reader) : [] };
}

function open(bytes: Uint8Array): ByteReader {
  // Section 7: a multiple of 4 bytes, at least a header.
  if (bytes.length < HEADER_LENGTH || bytes.length > MAX_PCP_LENGTH || bytes.length % 4 !== 0) {
    throw new WireError(`a PCP message of ${bytes.length} bytes`);
  }
  const reader = new ByteReader(bytes);
  const version = reader.u8('PCP version');
  if (version !== PCP_VERSION) throw new WireError(`PCP has version ${PCP_VERSION}, not ${version}`);
  return reader;
}

function encodeMap(writer: ByteWriter, map: PcpMap): ByteWriter {
  return writer
    .bytes(map.nonce)
    .u8(PROTOCOL[map.protocol])
    .bytes(Buffer.alloc(3))
    .u16(map.internalPort)
    .u16(map.externalPort)
    .bytes(address16(map.externalAddress));
}

function readMap(reader: ByteReader): Omit<PcpMap, 'protocol'> & { readonly protocol: PcpMap['protocol'] | undefined } {
  const nonce = reader.take(PCP_NONCE_LENGTH, 'PCP nonce');
  const number = reader.u8('PCP protocol');
  reader.take(3, 'PCP reserved');
  const protocol = number === PROTOCOL.udp ? 'udp' : number === PROTOCOL.tcp ? 'tcp' : undefined;
  return {
    nonce,
    protocol,
    internalPort: reader.u16('PCP internal port'),
    externalPort: reader.u16('PCP external port'),
    externalAddress: readAddress16(reader, 'PCP external address'),
  };
}

/** RFC 6887 section 5: an IPv4 address travels as an IPv4-mapped IPv6 one. */
export function address16(address: string): Uint8Array {
  const bytes = addressToBytes(address);
  return bytes.length === 16 ? bytes : Buffer.concat([V4_MAPPED, bytes]);
}

export function readAddress16(reader: ByteReader, field: string): string {
  const bytes = reader.take(16, field);
  const mapped = V4_MAPPED.equals(bytes.subarray(0, 12));
  return addressFromBytes(mapped ? bytes.subarray(12) : bytes);
}

const V4_MAPPED = Buffer.from('00000000000000000000ffff', 'hex');
