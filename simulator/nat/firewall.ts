import { DEFAULT_BEHAVIOUR, type NatBehaviour } from '../../core/nat/behaviour.ts';
import { type AddressId, type Packet, TCP, UDP } from '../packet.ts';
import { type DropReason, UNSOLICITED } from './drop-reasons.ts';
import type { StateEnvironment } from './environment.ts';
import type { EndpointSource, ExternalEndpoint } from './external-ports.ts';
import { outboundRefusal } from './policy.ts';
import { createState, type NatState } from './state.ts';
import type { Translator } from './translator.ts';

export interface FirewallEnvironment extends Omit<StateEnvironment, 'mappingCreated' | 'mappingRemoved'> {
  /** Sends the firewall's own answer to a packet that it refused. */
  answer(packet: Packet): void;
}

/** To be seen outside under the endpoint that it has inside: nothing is translated. */
const IDENTITY: EndpointSource = {
  choose: (host: AddressId, internalPort: number): ExternalEndpoint => ({ external: host, externalPort: internalPort }),
  collided: () => false,
  isFree: () => true,
  take: () => {},
  free: () => {},
  release: () => {},
};

/**
 * A stateful packet filter without translation (RFC 6092, but for either family). It is what is left of a NAT whose
 * mappings all lead to themselves: the same filters, timers, TCP states and limits.
 */
export class Firewall {
  readonly #behaviour: NatBehaviour;
  readonly #environment: FirewallEnvironment;
  #state: NatState;
  #boots = 0;

  constructor(behaviour: NatBehaviour, environment: FirewallEnvironment) {
    this.#behaviour = withoutTranslation(behaviour);
    this.#environment = environment;
    this.#state = this.#boot();
  }

  /** A packet on its way out. @returns why it must be dropped */
  outbound(packet: Packet): DropReason | undefined {
    return outboundRefusal(this.#behaviour, packet) ?? this.#translator(packet).outbound(packet, this.#expire());
  }

  /** A packet on its way in. @returns why it must be dropped */
  inbound(packet: Packet): DropReason | undefined {
    const now = this.#expire();
    const { guard, unsolicited } = this.#state;
    if (guard?.shutsOut(packet.source, now)) return 'guard: scanner';
    const refusal = this.#translator(packet).inbound(packet, now);
    if (refusal === undefined) return undefined;
    if (UNSOLICITED.has(refusal)) guard?.note(packet, now);
    if (refusal === 'tcp: unsolicited syn') unsolicited.answer(packet);
    return refusal === 'nat: no mapping' ? 'firewall: no state' : refusal;
  }

  /** Lets everybody send to an internal endpoint. @returns false if everybody may already */
  openPinhole(protocol: 'udp' | 'tcp', internal: AddressId, internalPort: number): boolean {
    const endpoint = { external: internal, externalPort: internalPort };
    return this.#state[protocol].table.fix(internal, internalPort, endpoint, this.#expire());
  }

  closePinhole(protocol: 'udp' | 'tcp', internal: AddressId, internalPort: number): void {
    this.#state[protocol].table.unfix({ external: internal, externalPort: internalPort }, this.#expire());
  }

  /** Forgets everything. */
  flush(): void {
    this.#state.unsolicited.clear();
    this.#state = this.#boot();
  }

  #translator(packet: Packet): Translator {
    if (packet.protocol === UDP) return this.#state.udp;
    return packet.protocol === TCP ? this.#state.tcp : this.#state.icmp;
  }

  #expire(): number {
    const now = this.#environment.now();
    this.#state.udp.table.expire(now);
    this.#state.tcp.table.expire(now);
    this.#state.icmp.queries.table.expire(now);
    return now;
  }

  #boot(): NatState {
    const { now, after, nextPacketId, random, answer } = this.#environment;
    return createState({
      behaviour: this.#behaviour,
      // State that translates nothing is no mapping, so nobody hears of one.
      environment: { now, after, nextPacketId, random, mappingCreated: () => {}, mappingRemoved: () => {} },
      external: [],
      endpoints: IDENTITY,
      random: random.fork(`boot ${this.#boots++}`),
      reply: (packet) => answer(asProhibited(packet)),
    });
  }
}

/** RFC 6092 REC-34: the destination is administratively prohibited, which is not the same as closed. */
function asProhibited(packet: Packet): Packet {
  if (packet.icmp) packet.icmp = { ...packet.icmp, kind: 'administratively-prohibited' };
  return packet;
}

/** Every axis that speaks of ports or addresses outside has the value that leaves them alone. */
function withoutTranslation(behaviour: NatBehaviour): NatBehaviour {
  const { ports, secondary } = DEFAULT_BEHAVIOUR;
  return {
    ...behaviour,
    ports,
    secondary,
    inboundFirst: 'none',
    udp: { ...behaviour.udp, mapping: 'endpoint-independent' },
    tcp: { ...behaviour.tcp, mapping: 'endpoint-independent' },
    icmp: { ...behaviour.icmp, mapping: 'endpoint-independent' },
  };
}
