import type { Family } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { type AddressErrorCode, type Attribute, type AttributeName, attributeOf } from '../../wire/stun/attribute.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { errorCode } from '../stun/error-response.ts';
import type { Allocations } from './allocations.ts';
import type { AuthenticRequest } from './authentication.ts';
import type { ClientLink } from './client-link.ts';
import { grantedLifetimeMs } from './lifetime.ts';
import type { RelayPorts } from './relay-ports.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

const UDP = 17;
/** ADDITIONAL-ADDRESS-FAMILY in drafts of RFC 8656, by which coturn's clients still ask (4.6 does). IANA has given it to nobody. */
const DRAFT_ADDITIONAL_ADDRESS_FAMILY = 0x8032;
const DRAFT_IPV6 = Buffer.of(2, 0, 0, 0);

/** Serves Allocate requests (RFC 8656 section 7.2). */
export class AllocateService {
  readonly #options: ResolvedTurnOptions;
  readonly #allocations: Allocations;
  readonly #ports: RelayPorts;

  constructor(options: ResolvedTurnOptions, allocations: Allocations, ports: RelayPorts) {
    this.#options = options;
    this.#allocations = allocations;
    this.#ports = ports;
  }

  /** The answer, or undefined if there is none to give (any more). The checks come in the order of the standard. */
  async serve(request: AuthenticRequest, link: ClientLink): Promise<Buffer | undefined> {
    const found = this.#allocations.find(link, request);
    if (found === 'taken') return request.refuse(437);
    if (found !== 'free') return found.response;
    const refusal = this.#objection(request, link);
    if (refusal) return request.refuse(refusal);

    const entry = this.#allocations.begin(link, request);
    const relay = await this.#relay(request.message);
    if (relay.sockets.length === 0) {
      this.#allocations.abandon(link, entry);
      return request.refuse(508);
    }
    const lifetimeMs = grantedLifetimeMs(request.message, this.#options);
    const allocation = this.#allocations.complete(link, entry, relay.sockets, lifetimeMs);
    if (!allocation) return undefined;
    const attributes: Attribute[] = [
      ...allocation.relayed.map((value): Attribute => ({ type: 'xor-relayed-address', value })),
      { type: 'lifetime', value: lifetimeMs / 1000 },
      { type: 'xor-mapped-address', value: link.remote },
    ];
    if (relay.token) attributes.push({ type: 'reservation-token', value: relay.token });
    if (relay.missing) attributes.push({ type: 'address-error-code', value: relay.missing });
    entry.response = request.succeed(attributes);
    return entry.response;
  }

  #objection({ message, username }: AuthenticRequest, link: ClientLink): 400 | 440 | 442 | 486 | 508 | undefined {
    const protocol = attributeOf(message, 'requested-transport');
    if (protocol === undefined) return 400;
    if (protocol !== UDP) return 442;
    if (contradictory(message)) return 400;
    const family = attributeOf(message, 'requested-address-family');
    const additional = additionalFamily(message);
    const possible = attributeOf(message, 'reservation-token') || this.#address(family);
    if (!possible && !(additional && this.#address(additional))) return 440;
    const { maxAllocations, maxAllocationsPerUser, maxAllocationsPerAddress } = this.#options;
    if (this.#allocations.ofUser(username) >= maxAllocationsPerUser) return 486;
    if (this.#allocations.ofSource(link.remote.address) >= maxAllocationsPerAddress) return 486;
    return this.#allocations.size + this.#ports.reserved >= maxAllocations ? 508 : undefined;
  }

  async #relay(message: ReceivedMessage): Promise<Relay> {
    const token = attributeOf(message, 'reservation-token');
    const additional = additionalFamily(message);
    if (token) {
      const reserved = this.#ports.claim(token);
      return { sockets: reserved ? [reserved] : [] };
    }
    if (additional) return this.#both(attributeOf(message, 'even-port') !== undefined);
    const address = this.#address(attributeOf(message, 'requested-address-family'))!;
    const even = attributeOf(message, 'even-port');
    if (even) {
      const taken = await this.#ports.takeEven(address, even.reserveNext);
      return { sockets: taken ? [taken.socket] : [], token: taken?.token };
    }
    const any = await this.#ports.take(address);
    return { sockets: any ? [any] : [] };
  }

  /** A relayed address of each family, as far as there are any (RFC 8656 section 7.2). */
  async #both(even: boolean): Promise<Relay> {
    const sockets: UdpSocket[] = [];
    let missing: AddressErrorCode | undefined;
    for (const family of [4, 6] as const) {
      const address = this.#address(family);
      const socket = address === undefined ? undefined : await this.#one(address, even);
      if (socket) sockets.push(socket);
      else missing = { family, ...errorCode(address === undefined ? 440 : 508) };
    }
    return { sockets, missing };
  }

  async #one(address: string, even: boolean): Promise<UdpSocket | undefined> {
    return even ? (await this.#ports.takeEven(address, false))?.socket : this.#ports.take(address);
  }

  /** Who asks for no family gets IPv4. */
  #address(family: Family = 4): string | undefined {
    return this.#options.relayAddresses.find((address) => familyOf(address) === family);
  }
}

function additionalFamily(message: ReceivedMessage): Family | undefined {
  const draft = message.attributes.some(
    (each) => each.type === 'unknown' && each.code === DRAFT_ADDITIONAL_ADDRESS_FAMILY && DRAFT_IPV6.equals(each.value),
  );
  return attributeOf(message, 'additional-address-family') ?? (draft ? 6 : undefined);
}

/** RFC 8656 section 7.2: what can't be asked for together. */
function contradictory(message: ReceivedMessage): boolean {
  const has = (name: AttributeName) => attributeOf(message, name) !== undefined;
  const additional = additionalFamily(message);
  if (has('reservation-token')) return has('requested-address-family') || has('even-port') || additional !== undefined;
  if (additional === undefined) return false;
  // Only IPv6 can come on top, since IPv4 is what there is anyway.
  if (additional !== 6 || has('requested-address-family')) return true;
  return attributeOf(message, 'even-port')?.reserveNext === true;
}

interface Relay {
  readonly sockets: readonly UdpSocket[];
  readonly token?: Uint8Array | undefined;
  /** Of two families, the one that there is none of. */
  readonly missing?: AddressErrorCode | undefined;
}
