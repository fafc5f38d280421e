import { strict as assert } from 'node:assert';
import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { type AddressId, icmpPacket, type Packet, quoteOf, TCP, UDP } from '../packet.ts';
import { type DropReason, UNSOLICITED } from './drop-reasons.ts';
import type { MappingInfo, NatEnvironment } from './environment.ts';
import { hairpin } from './hairpin.ts';
import { outboundRefusal } from './policy.ts';
import { createState, type NatState } from './state.ts';
import type { TranslationTable } from './translation-table.ts';
import type { Translator } from './translator.ts';

/** RFC 6888 REQ-11: there was no room for another mapping. */
const SHORTAGES: ReadonlySet<DropReason> = new Set(['nat: no free port', 'nat: mapping limit', 'nat: per-host limit']);

/**
 * A NAT as RFC 4787, 5382, 5508, 6888 and 7857 describe it, with every axis of {@link NatBehaviour} and so with every
 * way to fall short of them. It is driven packet by packet: who calls it has routed the packet and counted down its
 * TTL. State expires when the next call finds it expired.
 */
export class Nat {
  readonly #behaviour: NatBehaviour;
  readonly #environment: NatEnvironment;
  #external: readonly AddressId[];
  #isExternal: ReadonlySet<AddressId>;
  #boots = 0;
  #state: NatState;

  /** @param external the addresses that are the NAT's own on the outside, as many as the behaviour says */
  constructor(behaviour: NatBehaviour, environment: NatEnvironment, external: readonly AddressId[]) {
    const { translation } = behaviour;
    assert.ok(translation === 'napt' || translation === 'nat64', 'a plain router does not translate: it has no Nat');
    assert.equal(external.length, behaviour.addresses, 'as many external addresses as the behaviour has');
    this.#behaviour = behaviour;
    this.#environment = environment;
    this.#external = external;
    this.#isExternal = new Set(external);
    this.#state = this.#boot();
  }

  /** Live mappings of all protocols. */
  get mappingCount(): number {
    this.#expire();
    return this.#state.quota.total;
  }

  /** The live mappings, UDP before TCP before ICMP, each in order of creation. */
  mappings(): MappingInfo[] {
    this.#expire();
    return this.#mappings();
  }

  /** The live sessions: each as its mapping, with the remote endpoint that it is with. */
  sessions(): MappingInfo[] {
    this.#expire();
    return tablesOf(this.#state).flatMap((table) => table.listSessions());
  }

  /** Takes a packet from an inside host. */
  fromInside(packet: Packet): void {
    const now = this.#expire();
    const turns = this.#isExternal.has(packet.destination);
    const refusal = this.#refusalFromInside(packet, turns, now);
    if (refusal) this.#refuse(packet, refusal);
    else if (turns) this.#environment.sendInside(packet);
    else this.#environment.sendOutside(packet);
  }

  /** Takes a packet from the outside. */
  fromOutside(packet: Packet): void {
    const now = this.#expire();
    const known = this.#isExternal.has(packet.destination);
    const refusal = known ? this.#refusalFromOutside(packet, now) : 'nat: foreign destination';
    if (refusal) this.#refuse(packet, refusal);
    else this.#environment.sendInside(packet);
  }

  /**
   * Leads an external port to an internal endpoint for everybody, as a rule that its owner or a program on the router
   * makes. It holds until {@link withdraw}, a reboot or another address.
   *
   * @returns false if the port is in use
   */
  forward(protocol: 'udp' | 'tcp', externalPort: number, internal: AddressId, internalPort: number): boolean {
    const endpoint = { external: this.#external[0]!, externalPort };
    return this.#state[protocol].table.fix(internal, internalPort, endpoint, this.#expire());
  }

  withdraw(protocol: 'udp' | 'tcp', externalPort: number): void {
    this.#state[protocol].table.unfix({ external: this.#external[0]!, externalPort }, this.#expire());
  }

  /** Reboots: everything is forgotten. */
  flush(): void {
    this.renumber(this.#external);
  }

  /**
   * Gives it other external addresses, and with them all that a reboot brings.
   *
   * @param external as many as before
   */
  renumber(external: readonly AddressId[]): void {
    assert.equal(external.length, this.#external.length, 'as many external addresses as the behaviour has');
    this.#expire();
    const mappings = this.#mappings();
    this.#state.unsolicited.clear();
    this.#external = external;
    this.#isExternal = new Set(external);
    this.#state = this.#boot();
    for (const mapping of mappings) this.#environment.mappingRemoved(mapping, 'flushed');
  }

  #refusalFromInside(packet: Packet, turns: boolean, now: number): DropReason | undefined {
    const { hairpin: mode } = this.#behaviour;
    const refusal = outboundRefusal(this.#behaviour, packet);
    if (refusal) return refusal;
    if (this.#isExternal.has(packet.source)) return 'nat: spoofed source';
    const translator = this.#translator(packet);
    return turns ? hairpin(mode, translator, packet, now) : translator.outbound(packet, now);
  }

  #refusalFromOutside(packet: Packet, now: number): DropReason | undefined {
    const { guard } = this.#state;
    if (guard?.shutsOut(packet.source, now)) return 'guard: scanner';
    const refusal = this.#translator(packet).inbound(packet, now);
    if (guard && refusal && UNSOLICITED.has(refusal)) guard.note(packet, now);
    return refusal;
  }

  #refuse(packet: Packet, reason: DropReason): void {
    this.#environment.drop(packet, reason);
    if (reason === 'tcp: unsolicited syn') this.#state.unsolicited.answer(packet);
    else if (SHORTAGES.has(reason)) this.#tellOfShortage(packet);
  }

  /** RFC 6888 REQ-11b, RFC 5508 REQ-8: the host learns that there was no room, from an address of the NAT's own. */
  #tellOfShortage(packet: Packet): void {
    const { exhausted } = this.#behaviour.limits;
    if (exhausted === 'drop') return;
    const kind = exhausted === 'evict' ? 'host-unreachable' : exhausted;
    const id = this.#environment.nextPacketId();
    this.#environment.sendInside(icmpPacket(id, this.#external[0]!, kind, quoteOf(packet)));
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

  #mappings(): MappingInfo[] {
    return tablesOf(this.#state).flatMap((table) => table.list());
  }

  #boot(): NatState {
    return createState({
      behaviour: this.#behaviour,
      environment: this.#environment,
      external: this.#external,
      random: this.#environment.random.fork(`boot ${this.#boots++}`),
      reply: (packet) => this.#answer(packet),
    });
  }

  /** An answer of the NAT's own, to the outside or to a host whose packet was turned round. */
  #answer(reply: Packet): void {
    if (this.#isExternal.has(reply.destination)) this.fromOutside(reply);
    else this.#environment.sendOutside(reply);
  }
}

function tablesOf({ udp, tcp, icmp }: NatState): TranslationTable[] {
  return [udp.table, tcp.table, icmp.queries.table];
}
