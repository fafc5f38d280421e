import type { Endpoint } from '../net/endpoint.ts';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import type { Host } from '../ports/index.ts';
import { sleep } from '../ports/sleep.ts';
import {
  decodeNatPmpResponse,
  encodeNatPmpRequest,
  GATEWAY_PORT,
  NAT_PMP_RESULT,
  NAT_PMP_VERSION,
  versionOf,
} from '../wire/nat-pmp/nat-pmp.ts';
import {
  decodePcpResponse,
  encodePcpRequest,
  PCP_NONCE_LENGTH,
  PCP_RESULT,
  PCP_VERSION,
  type PcpMapResponse,
} from '../wire/pcp/pcp.ts';
import { WireError } from '../wire/wire-error.ts';
import { anySignal } from './any-signal.ts';
import { ask } from './ask.ts';
import { type EpochReading, natPmpLostState, pcpLostState } from './epoch.ts';
import type { GatewayClient, Grant, MappingRequest } from './mapping.ts';
import { isMappingError, MappingError } from './mapping-error.ts';

/** Two tries: a gateway of NAT-PMP alone may drop what it does not know instead of refusing it. */
const PCP_ALONE_MS = 750;

const PCP_REFUSALS = new Map<number, string>(Object.entries(PCP_RESULT).map(([name, code]) => [code, name]));
const NAT_PMP_REFUSALS = new Map<number, string>(Object.entries(NAT_PMP_RESULT).map(([name, code]) => [code, name]));

/** PCP (RFC 6887), or NAT-PMP (RFC 6886) with a gateway that knows no better: both are asked at one port. */
export class PmpClient implements GatewayClient {
  readonly #host: Host;
  readonly #gateway: Endpoint;
  readonly #methods: ReadonlySet<'pcp' | 'nat-pmp'>;
  /** Who shows the nonce again may change the mapping (RFC 6887 section 11.2): one for each mapping, by its internal port. */
  readonly #nonces = new Map<string, Uint8Array>();
  readonly #lost: () => void;
  #version: 'pcp' | 'nat-pmp' | undefined;
  #epoch: EpochReading | undefined;

  /**
   * @param gateway its address; NAT-PMP is for IPv4 alone
   * @param lost called when the gateway shows that it has forgotten its mappings
   */
  constructor(
    host: Host,
    gateway: string,
    lost: () => void,
    methods: ReadonlySet<'pcp' | 'nat-pmp'> = new Set(['pcp', 'nat-pmp']),
  ) {
    this.#host = host;
    this.#gateway = { address: gateway, port: GATEWAY_PORT };
    this.#lost = lost;
    this.#methods = methods;
    if (!methods.has('pcp')) this.#version = 'nat-pmp';
  }

  async map(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    const mayFallBack = this.#methods.has('nat-pmp') && familyOf(this.#gateway.address) === 4;
    if (this.#version === 'nat-pmp') return this.#mapByNatPmp(request, signal);
    if (this.#version === 'pcp' || !mayFallBack) return this.#mapByPcp(request, signal);
    return this.#mapByEither(request, signal);
  }

  async unmap(request: MappingRequest, grant: Grant, signal: AbortSignal): Promise<void> {
    // RFC 6886 section 3.4 and RFC 6887 section 15: the suggested port of a deletion is 0 or ignored.
    const deletion = { ...request, suggestedPort: 0, lifetimeS: 0 };
    if (grant.method === 'pcp') await this.#mapByPcp(deletion, signal);
    else await this.#natPmpPort(deletion, signal);
    this.#nonces.delete(keyOf(request));
  }

  /** PCP first (RFC 6887 section 9); NAT-PMP when that fails, or beside it when no answer comes. */
  async #mapByEither(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    const over = new AbortController();
    const inner = anySignal(signal, over.signal);
    let failure: unknown;
    const byPcp = this.#mapByPcp(request, inner);
    const byNatPmp = async () => {
      await Promise.race([
        sleep(this.#host.clock, PCP_ALONE_MS, inner),
        byPcp.catch((error: unknown) => {
          failure = error;
        }),
      ]);
      inner.throwIfAborted();
      if (failure !== undefined && !mayKnowNatPmp(failure)) throw failure;
      return this.#mapByNatPmp(request, inner);
    };
    try {
      return await Promise.any([byPcp, byNatPmp()]);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AggregateError)) throw error;
      const [first, second] = error.errors;
      throw mayKnowNatPmp(first) ? second : first;
    } finally {
      over.abort(new Error('the other protocol was faster'));
    }
  }

  async #mapByPcp(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    const { protocol, internal, suggestedPort, lifetimeS } = request;
    const nonce = this.#nonceFor(request);
    const bytes = encodePcpRequest({
      op: 'map',
      clientAddress: internal.address,
      lifetimeS,
      nonce,
      protocol,
      internalPort: internal.port,
      externalPort: suggestedPort,
      externalAddress: unspecifiedAddress(familyOf(internal.address)),
      options: [],
    });
    const read = (answer: Uint8Array) => readPcp(answer, { nonce, protocol, internalPort: internal.port });
    const response = await ask(this.#host, {
      gateway: this.#gateway,
      from: internal.address,
      request: bytes,
      read,
      signal,
    });
    this.#version = 'pcp';
    this.#heard(response.epochS, pcpLostState);
    const external = { address: response.externalAddress, port: response.externalPort };
    return { method: 'pcp', external, lifetimeS: response.lifetimeS };
  }

  async #mapByNatPmp(request: MappingRequest, signal: AbortSignal): Promise<Grant> {
    // Neither question depends on the other's answer.
    const [address, { port, lifetimeS }] = await Promise.all([
      this.#natPmpAddress(request.internal.address, signal),
      this.#natPmpPort(request, signal),
    ]);
    this.#version = 'nat-pmp';
    return { method: 'nat-pmp', external: { address, port }, lifetimeS };
  }

  #natPmpAddress(from: string, signal: AbortSignal): Promise<string> {
    const request = encodeNatPmpRequest({ op: 'address' });
    const read = (answer: Uint8Array) => {
      const response = decodeNatPmpResponse(answer);
      if (response.op === 'unknown') throw natPmpRefusal(response.result);
      if (response.op !== 'address') return undefined;
      if (response.address === undefined) throw natPmpRefusal(response.result);
      this.#heard(response.epochS, natPmpLostState);
      return response.address;
    };
    return ask(this.#host, { gateway: this.#gateway, from, request, read, signal });
  }

  #natPmpPort(wanted: MappingRequest, signal: AbortSignal): Promise<{ port: number; lifetimeS: number }> {
    const { protocol, internal, suggestedPort, lifetimeS } = wanted;
    const internalPort = internal.port;
    const request = encodeNatPmpRequest({ op: 'map', protocol, internalPort, suggestedPort, lifetimeS });
    const read = (answer: Uint8Array) => {
      const response = decodeNatPmpResponse(answer);
      if (response.op === 'unknown') throw natPmpRefusal(response.result);
      if (response.op !== 'map' || response.protocol !== protocol || response.internalPort !== internalPort) {
        return undefined;
      }
      if (response.result !== NAT_PMP_RESULT.success) throw natPmpRefusal(response.result);
      if (lifetimeS > 0 && response.externalPort === 0) throw new WireError('a NAT-PMP mapping of port 0');
      this.#heard(response.epochS, natPmpLostState);
      return { port: response.externalPort, lifetimeS: response.lifetimeS };
    };
    return ask(this.#host, { gateway: this.#gateway, from: internal.address, request, read, signal });
  }

  #heard(epochS: number, lostState: (before: EpochReading, now: EpochReading) => boolean): void {
    const before = this.#epoch;
    this.#epoch = { epochS, atUs: this.#host.clock.now() };
    if (before && lostState(before, this.#epoch)) this.#lost();
  }

  #nonceFor(request: MappingRequest): Uint8Array {
    const key = keyOf(request);
    const nonce = this.#nonces.get(key) ?? this.#host.random.bytes(PCP_NONCE_LENGTH);
    this.#nonces.set(key, nonce);
    return nonce;
  }
}

function keyOf({ protocol, internal }: MappingRequest): string {
  return `${protocol} ${internal.address} ${internal.port}`;
}

/** Undefined: an answer to another request. */
function readPcp(
  answer: Uint8Array,
  asked: Pick<PcpMapResponse, 'nonce' | 'protocol' | 'internalPort'>,
): PcpMapResponse | undefined {
  // RFC 6887 section 9: one that knows NAT-PMP alone answers in its own version.
  if (versionOf(answer) === NAT_PMP_VERSION) throw new MappingError('unsupported', 'the gateway speaks NAT-PMP only');
  if (versionOf(answer) !== PCP_VERSION) throw new WireError(`an answer of version ${versionOf(answer)}`);
  const response = decodePcpResponse(answer);
  const { result } = response;
  if (response.op === 'plain') throw result === PCP_RESULT.success ? new WireError('no PCP mapping') : refusal(result);
  // Section 11.4: whoever answers must have seen the request.
  const ours =
    Buffer.from(asked.nonce).equals(response.nonce) &&
    response.protocol === asked.protocol &&
    response.internalPort === asked.internalPort;
  if (!ours) return undefined;
  if (result !== PCP_RESULT.success) throw refusal(result);
  if (response.lifetimeS > 0 && response.externalPort === 0) throw new WireError('a PCP mapping of port 0');
  return response;
}

function refusal(result: number): MappingError {
  const text = `PCP: ${PCP_REFUSALS.get(result) ?? `result ${result}`}`;
  switch (result) {
    case PCP_RESULT.unsupportedVersion:
      return new MappingError('unsupported', text);
    case PCP_RESULT.addressMismatch:
      return new MappingError('double-nat', `${text}: there is a NAT between us and the gateway`);
    case PCP_RESULT.cannotProvideExternal:
      return new MappingError('conflict', text);
    default:
      return new MappingError('refused', text);
  }
}

function natPmpRefusal(result: number): MappingError {
  const unsupported = result === NAT_PMP_RESULT.unsupportedVersion || result === NAT_PMP_RESULT.unsupportedOpcode;
  const text = `NAT-PMP: ${NAT_PMP_REFUSALS.get(result) ?? `result ${result}`}`;
  return new MappingError(unsupported ? 'unsupported' : 'refused', text);
}

/** Somebody is there, or may be, who does not speak PCP. */
function mayKnowNatPmp(error: unknown): boolean {
  if (isMappingError(error, 'no-gateway')) return !error.unreachable;
  return isMappingError(error, 'unsupported') || isMappingError(error, 'malformed');
}
