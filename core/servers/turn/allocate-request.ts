import type { Family } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import { type Attribute, attributeOf } from '../../wire/stun/attribute.ts';
import type { ReceivedMessage } from '../../wire/stun/decode-message.ts';
import type { Allocations } from './allocations.ts';
import type { AuthenticRequest } from './authentication.ts';
import type { ClientLink } from './client-link.ts';
import { grantedLifetimeMs } from './lifetime.ts';
import type { RelayPorts, RelaySocket } from './relay-ports.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

const UDP = 17;

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
    const refusal = this.#objection(request);
    if (refusal) return request.refuse(refusal);

    const entry = this.#allocations.begin(link, request);
    const relay = await this.#socket(request.message);
    if (!relay) {
      this.#allocations.abandon(link, entry);
      return request.refuse(508);
    }
    const lifetimeMs = grantedLifetimeMs(request.message, this.#options);
    const allocation = this.#allocations.complete(link, entry, relay.socket, lifetimeMs);
    if (!allocation) return undefined;
    const attributes: Attribute[] = [
      { type: 'xor-relayed-address', value: allocation.relayed },
      { type: 'lifetime', value: lifetimeMs / 1000 },
      { type: 'xor-mapped-address', value: link.remote },
    ];
    if (relay.token) attributes.push({ type: 'reservation-token', value: relay.token });
    entry.response = request.succeed(attributes);
    return entry.response;
  }

  #objection({ message, username }: AuthenticRequest): 400 | 440 | 442 | 486 | 508 | undefined {
    const protocol = attributeOf(message, 'requested-transport');
    if (protocol === undefined) return 400;
    if (protocol !== UDP) return 442;
    const family = attributeOf(message, 'requested-address-family');
    if (attributeOf(message, 'reservation-token')) {
      if (family !== undefined || attributeOf(message, 'even-port')) return 400;
    } else if (!this.#address(family)) return 440;
    const { maxAllocations, maxAllocationsPerUser } = this.#options;
    if (this.#allocations.ofUser(username) >= maxAllocationsPerUser) return 486;
    return this.#allocations.size + this.#ports.reserved >= maxAllocations ? 508 : undefined;
  }

  async #socket(message: ReceivedMessage): Promise<RelaySocket | undefined> {
    const token = attributeOf(message, 'reservation-token');
    const socket = token && this.#ports.claim(token);
    if (token) return socket && { socket, token: undefined };
    const address = this.#address(attributeOf(message, 'requested-address-family'))!;
    const even = attributeOf(message, 'even-port');
    if (even) return this.#ports.takeEven(address, even.reserveNext);
    const any = await this.#ports.take(address);
    return any && { socket: any, token: undefined };
  }

  /** Who asks for no family gets IPv4. */
  #address(family: Family = 4): string | undefined {
    return this.#options.relayAddresses.find((address) => familyOf(address) === family);
  }
}
