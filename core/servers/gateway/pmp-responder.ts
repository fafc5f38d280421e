import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import {
  decodeNatPmpRequest,
  encodeNatPmpResponse,
  NAT_PMP_RESULT,
  NAT_PMP_VERSION,
  type NatPmpMapRequest,
  type NatPmpResponse,
  versionOf,
} from '../../wire/nat-pmp/nat-pmp.ts';
import {
  decodePcpRequest,
  encodePcpRefusal,
  encodePcpResponse,
  PCP_RESULT,
  PCP_VERSION,
  type PcpMapRequest,
} from '../../wire/pcp/pcp.ts';
import { isMandatory, PCP_OPTION } from '../../wire/pcp/pcp-option.ts';
import { WireError } from '../../wire/wire-error.ts';
import type { GatewayState } from './gateway-state.ts';

/** RFC 6887 section 7.4: how long an error is likely to hold. */
const SHORT_ERROR_S = 30;
const LONG_ERROR_S = 1800;
const MAX_LIFETIME_S = 86_400;

/** Answers NAT-PMP and PCP, which share a port. Undefined: no answer at all. */
export function answerPmp(state: GatewayState, request: Uint8Array, from: Endpoint): Buffer | undefined {
  try {
    const version = versionOf(request);
    if (version === NAT_PMP_VERSION && state.offers('nat-pmp')) return answerNatPmp(state, request, from);
    if (version === NAT_PMP_VERSION) return undefined; // RFC 6887 section 9: a server of PCP alone may stay silent.
    if (!state.offers('pcp')) return natPmpVersionRefusal(state);
    if (version !== PCP_VERSION) {
      return encodePcpRefusal(request, pcpHead(state, PCP_RESULT.unsupportedVersion, LONG_ERROR_S));
    }
    return answerPcp(state, request, from);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function answerNatPmp(state: GatewayState, bytes: Uint8Array, from: Endpoint): Buffer | undefined {
  const request = readNatPmp(bytes);
  const { epochS } = state;
  if (request === undefined) {
    const opcode = bytes[1]!;
    if (opcode >= 128) return undefined;
    return encodeNatPmpResponse({ op: 'unknown', opcode, result: NAT_PMP_RESULT.unsupportedOpcode, epochS });
  }
  if (request.op === 'map') return encodeNatPmpResponse(mapByNatPmp(state, request, from));
  const address = state.externalAddress;
  const result = address === undefined ? NAT_PMP_RESULT.networkFailure : NAT_PMP_RESULT.success;
  return encodeNatPmpResponse({ op: 'address', result, epochS, address });
}

function readNatPmp(bytes: Uint8Array) {
  try {
    return decodeNatPmpRequest(bytes);
  } catch (error) {
    if (error instanceof WireError && bytes.length >= 2 && bytes[1]! > 2) return undefined;
    throw error;
  }
}

function mapByNatPmp(state: GatewayState, request: NatPmpMapRequest, from: Endpoint): NatPmpResponse {
  const { protocol, internalPort, suggestedPort } = request;
  const internal = { address: from.address, port: internalPort };
  const { epochS } = state;
  const answer = (result: number, externalPort: number, lifetimeS: number): NatPmpResponse => {
    return { op: 'map', protocol, result, epochS, internalPort, externalPort, lifetimeS };
  };
  if (state.has('refuses')) return answer(NAT_PMP_RESULT.notAuthorized, 0, 0);
  if (request.lifetimeS === 0) {
    // RFC 6886 section 3.4: internal port 0 stands for all of the host's mappings of the protocol.
    for (const lease of state.leases.all) {
      const own = lease.internal.address === from.address && lease.protocol === protocol && !lease.nonce;
      if (own && (internalPort === 0 || lease.internal.port === internalPort)) state.leases.remove(lease);
    }
    return answer(NAT_PMP_RESULT.success, 0, 0);
  }
  const lifetimeS = Math.min(request.lifetimeS, MAX_LIFETIME_S);
  const lease = state.lease({ protocol, internal, wantedPort: suggestedPort, exact: false, lifetimeS });
  if (lease === 'not-owner') return answer(NAT_PMP_RESULT.notAuthorized, 0, 0);
  if (typeof lease === 'string') return answer(NAT_PMP_RESULT.outOfResources, 0, 0);
  return answer(NAT_PMP_RESULT.success, lease.externalPort, lifetimeS);
}

/** RFC 6886 section 3.5: what is not version 0 is refused in version 0. */
function natPmpVersionRefusal(state: GatewayState): Buffer {
  const { epochS } = state;
  return encodeNatPmpResponse({ op: 'unknown', opcode: 0, result: NAT_PMP_RESULT.unsupportedVersion, epochS });
}

function answerPcp(state: GatewayState, bytes: Uint8Array, from: Endpoint): Buffer | undefined {
  if (bytes.length > 1 && bytes[1]! >= 128) return undefined; // A response: nobody asked for it.
  const refuse = (result: number, lifetimeS = LONG_ERROR_S) =>
    encodePcpRefusal(bytes, pcpHead(state, result, lifetimeS));
  let request: ReturnType<typeof decodePcpRequest>;
  try {
    request = decodePcpRequest(bytes);
  } catch (error) {
    if (error instanceof WireError) return refuse(PCP_RESULT.malformedRequest);
    throw error;
  }
  if (request.op === 'unsupported') return refuse(request.result);
  if (request.clientAddress !== from.address) return refuse(PCP_RESULT.addressMismatch);
  if (request.op === 'announce') {
    return encodePcpResponse({ op: 'plain', opcode: 0, ...pcpHead(state, PCP_RESULT.success, 0) });
  }
  if (state.has('refuses')) return refuse(PCP_RESULT.notAuthorized);
  return mapByPcp(state, request, refuse);
}

function mapByPcp(
  state: GatewayState,
  request: PcpMapRequest,
  refuse: (result: number, lifetimeS?: number) => Buffer,
): Buffer {
  const { clientAddress, protocol, internalPort, externalPort: wantedPort, nonce, options } = request;
  const prefers = options.some(({ code }) => code === PCP_OPTION.preferFailure);
  const unknown = options.some((option) => isMandatory(option) && option.code !== PCP_OPTION.preferFailure);
  if (unknown) return refuse(PCP_RESULT.unsupportedOption);
  const internal = { address: clientAddress, port: internalPort };
  const lifetimeS = Math.min(request.lifetimeS, MAX_LIFETIME_S);
  const grant = (external: Endpoint) => {
    const { options: _, ...same } = request;
    const response = { ...same, ...pcpHead(state, PCP_RESULT.success, lifetimeS), options: [] };
    return encodePcpResponse({ ...response, externalAddress: external.address, externalPort: external.port });
  };
  if (request.lifetimeS > 0 && internalPort === 0) return refuse(PCP_RESULT.malformedRequest);
  const result =
    familyOf(clientAddress) === 6
      ? state.pinhole(protocol, internal, lifetimeS, nonce)
      : mapIPv4(state, { protocol, internal, wantedPort, exact: prefers, lifetimeS, nonce: Buffer.from(nonce) });
  switch (result) {
    case 'not-owner':
      return refuse(PCP_RESULT.notAuthorized);
    case 'conflict':
      return refuse(PCP_RESULT.cannotProvideExternal, SHORT_ERROR_S);
    case 'full':
      return refuse(PCP_RESULT.noResources, SHORT_ERROR_S);
    case 'no-address':
      return refuse(PCP_RESULT.networkFailure, SHORT_ERROR_S);
    default:
      return grant(result);
  }
}

function mapIPv4(state: GatewayState, request: Parameters<GatewayState['lease']>[0]) {
  const address = state.externalAddress;
  if (address === undefined) return 'no-address';
  const { protocol, internal, lifetimeS, nonce } = request;
  if (lifetimeS > 0) {
    const lease = state.lease(request);
    return typeof lease === 'string' ? lease : { address, port: lease.externalPort };
  }
  // RFC 6887 section 15: to delete what is not there succeeds.
  const known = state.leases.of(protocol, internal);
  if (known?.nonce && !Buffer.from(known.nonce).equals(nonce!)) return 'not-owner';
  if (known) state.leases.remove(known);
  return { address, port: request.wantedPort };
}

function pcpHead(state: GatewayState, result: number, lifetimeS: number) {
  return { result, lifetimeS, epochS: state.epochS };
}
