import { addressFromBytes, addressToBytes } from '../../net/ip.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';

/** Where a gateway listens for NAT-PMP (RFC 6886 section 3.1) and PCP (RFC 6887 section 19.1). */
export const GATEWAY_PORT = 5351;
export const NAT_PMP_VERSION = 0;

/** RFC 6886 section 3.5. */
export const NAT_PMP_RESULT = {
  success: 0,
  unsupportedVersion: 1,
  notAuthorized: 2,
  networkFailure: 3,
  outOfResources: 4,
  unsupportedOpcode: 5,
} as const;

const OP_ADDRESS = 0;
const OP_UDP = 1;
const OP_TCP = 2;
const RESPONSE = 128;
/** Long enough for every answer that the protocol knows. */
const MAX_LENGTH = 16;

export interface NatPmpMapRequest {
  readonly op: 'map';
  readonly protocol: 'udp' | 'tcp';
  readonly internalPort: number;
  /** 0: the gateway may choose. */
  readonly suggestedPort: number;
  /** Seconds; 0 deletes the mapping. */
  readonly lifetimeS: number;
}

export type NatPmpRequest = { readonly op: 'address' } | NatPmpMapRequest;

/** What every response has; where `result` is not 0 there is no more in it. */
interface ResponseHead {
  readonly result: number;
  /** Seconds since the gateway's table of mappings was last empty. */
  readonly epochS: number;
}

export interface NatPmpAddressResponse extends ResponseHead {
  readonly op: 'address';
  /** Undefined in a refusal. */
  readonly address: string | undefined;
}

export interface NatPmpMapResponse extends ResponseHead {
  readonly op: 'map';
  readonly protocol: 'udp' | 'tcp';
  readonly internalPort: number;
  readonly externalPort: number;
  readonly lifetimeS: number;
}

/** The answer to an opcode or a version that the gateway does not know. */
export interface NatPmpRefusal extends ResponseHead {
  readonly op: 'unknown';
  /** As it was asked for, without the bit that marks a response. */
  readonly opcode: number;
}

export type NatPmpResponse = NatPmpAddressResponse | NatPmpMapResponse | NatPmpRefusal;

/** RFC 6886 sections 3.2 and 3.3. */
export function encodeNatPmpRequest(request: NatPmpRequest): Buffer {
  const writer = new ByteWriter().u8(NAT_PMP_VERSION);
  if (request.op === 'address') return writer.u8(OP_ADDRESS).finish();
  const { protocol, internalPort, suggestedPort, lifetimeS } = request;
  return writer.u8(opcodeOf(protocol)).u16(0).u16(internalPort).u16(suggestedPort).u32(lifetimeS).finish();
}

/** @throws WireError; the version must be 0, see {@link versionOf} */
export function decodeNatPmpRequest(bytes: Uint8Array): NatPmpRequest {
  const reader = new ByteReader(bytes);
  expectVersion(reader);
  const opcode = reader.u8('NAT-PMP opcode');
  if (opcode === OP_ADDRESS) return { op: 'address' };
  if (opcode !== OP_UDP && opcode !== OP_TCP) throw new WireError(`NAT-PMP opcode ${opcode} is no request`);
  reader.u16('NAT-PMP reserved');
  return {
    op: 'map',
    protocol: opcode === OP_UDP ? 'udp' : 'tcp',
    internalPort: reader.u16('NAT-PMP internal port'),
    suggestedPort: reader.u16('NAT-PMP suggested port'),
    lifetimeS: reader.u32('NAT-PMP lifetime'),
  };
}

export function encodeNatPmpResponse(response: NatPmpResponse): Buffer {
  const { result, epochS } = response;
  const head = (opcode: number) =>
    new ByteWriter()
      .u8(NAT_PMP_VERSION)
      .u8(RESPONSE + opcode)
      .u16(result)
      .u32(epochS);
  switch (response.op) {
    case 'address':
      return head(OP_ADDRESS)
        .bytes(addressToBytes(response.address ?? '0.0.0.0'))
        .finish();
    case 'map': {
      const { protocol, internalPort, externalPort, lifetimeS } = response;
      return head(opcodeOf(protocol)).u16(internalPort).u16(externalPort).u32(lifetimeS).finish();
    }
    case 'unknown':
      return head(response.opcode).finish();
  }
}

/** @throws WireError */
export function decodeNatPmpResponse(bytes: Uint8Array): NatPmpResponse {
  if (bytes.length > MAX_LENGTH) throw new WireError(`a NAT-PMP response of ${bytes.length} bytes`);
  const reader = new ByteReader(bytes);
  expectVersion(reader);
  const opcode = reader.u8('NAT-PMP opcode') - RESPONSE;
  if (opcode < 0) throw new WireError('a NAT-PMP request where a response is due');
  const result = reader.u16('NAT-PMP result');
  const epochS = reader.u32('NAT-PMP epoch');
  if (opcode === OP_ADDRESS) {
    // Some gateways leave out the address where they have none.
    const refused = result !== NAT_PMP_RESULT.success;
    const address = refused ? undefined : addressFromBytes(reader.take(4, 'NAT-PMP external address'));
    return { op: 'address', result, epochS, address };
  }
  const refused = result !== NAT_PMP_RESULT.success && reader.remaining < 8;
  if ((opcode !== OP_UDP && opcode !== OP_TCP) || refused) return { op: 'unknown', opcode, result, epochS };
  return {
    op: 'map',
    protocol: opcode === OP_UDP ? 'udp' : 'tcp',
    result,
    epochS,
    internalPort: reader.u16('NAT-PMP internal port'),
    externalPort: reader.u16('NAT-PMP external port'),
    lifetimeS: reader.u32('NAT-PMP lifetime'),
  };
}

/** The version of a NAT-PMP or PCP message: its first byte. @throws WireError if it has none */
export function versionOf(bytes: Uint8Array): number {
  return new ByteReader(bytes).u8('version');
}

function opcodeOf(protocol: 'udp' | 'tcp'): number {
  return protocol === 'udp' ? OP_UDP : OP_TCP;
}

function expectVersion(reader: ByteReader): void {
  const version = reader.u8('NAT-PMP version');
  if (version !== NAT_PMP_VERSION) throw new WireError(`NAT-PMP has version 0, not ${version}`);
}
