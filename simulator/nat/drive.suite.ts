import { expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Timer } from '../../core/ports/index.ts';
import {
  ACK,
  echoReply,
  echoRequest,
  FIN,
  type IcmpKind,
  icmpPacket,
  type Packet,
  quoteOf,
  RST,
  SYN,
  TCP,
  udpPacket,
} from '../packet.ts';
import { AddressTable } from '../world/address-table.ts';
import { SeededRandom } from '../world/random.ts';
import { Scheduler } from '../world/scheduler.ts';
import type { MappingInfo, NatEnvironment } from './environment.ts';
import { Nat } from './nat.ts';

/** Short names of addresses: `a` to `c` inside, `x` to `z` the NAT's own, `s` to `u` outside. */
const ADDRESSES: Readonly<Record<string, string>> = {
  a: '10.0.0.1',
  b: '10.0.0.2',
  c: '10.0.0.3',
  x: '198.51.100.1',
  y: '198.51.100.2',
  z: '198.51.100.3',
  s: '203.0.113.1',
  t: '203.0.113.2',
  u: '203.0.113.3',
};

const FLAGS = { syn: SYN, synack: SYN | ACK, ack: ACK, fin: FIN | ACK, rst: RST, rstack: RST | ACK } as const;
type Segment = keyof typeof FLAGS;
type Direction = 'out' | 'in';

/**
 * What is done and what must come of it. Endpoints read `a:5000`; `$name` stands for one that is bound where it first
 * turns up as a result. A result is what the NAT made of the source (`out`) or of the destination (`in`), `!$name` for
 * any other than that, or a drop reason. Of a packet that is turned round the result is the source that arrives.
 */
export type Row =
  | readonly [direction: Direction | `${Segment} ${Direction}`, source: string, destination: string, result: string]
  | readonly ['wait', milliseconds: number]
  | readonly ['count', mappings: number]
  | readonly ['flush'];

const NOTHING = new Uint8Array(0);

interface Event {
  readonly kind: 'inside' | 'outside' | 'drop';
  readonly packet: Packet;
  readonly reason: string;
}

/** A NAT on a bench: packets go in by hand, what comes out is looked at, time passes when told to. */
export class Drive implements NatEnvironment {
  readonly scheduler = new Scheduler();
  readonly random = SeededRandom.fromText('drive');
  readonly addresses = new AddressTable();
  readonly nat: Nat;
  readonly created: MappingInfo[] = [];
  readonly removed: { readonly mapping: MappingInfo; readonly reason: string }[] = [];
  events: Event[] = [];
  /** The last packet, as it was when the NAT got it. */
  given!: Packet;
  readonly #bound = new Map<string, string>();
  #packets = 0;

  constructor(description: NatDescription = {}) {
    const behaviour = resolveBehaviour(description);
    const external = ['x', 'y', 'z'].slice(0, behaviour.addresses).map((name) => this.addressOf(name));
    this.nat = new Nat(behaviour, this, external);
  }

  /** Goes through UDP rows, or TCP rows where the direction names a segment. */
  play(rows: readonly Row[]): void {
    rows.forEach((row, index) => {
      const context = `row ${index}: ${row.join(' | ')}`;
      if (row[0] === 'wait') this.wait(row[1]);
      else if (row[0] === 'count') expect(this.nat.mappingCount, context).toBe(row[1]);
      else if (row[0] === 'flush') this.nat.flush();
      else
        this.#check(
          this.#pass(row[0], row[1], row[2]),
          row[3],
          row[0].endsWith('out') ? 'source' : 'destination',
          context,
        );
    });
  }

  /** Sends one datagram out or in and returns all that came of it. */
  udp(direction: Direction, source: string, destination: string, payload = new Uint8Array(0)): Event[] {
    const [from, fromPort] = this.endpoint(source);
    const [to, toPort] = this.endpoint(destination);
    return this.#give(direction, udpPacket(this.nextPacketId(), from, fromPort, to, toPort, 64, payload));
  }

  /** The same with a TCP segment; either side has one initial sequence number throughout. */
  tcp(direction: Direction, segment: Segment, source: string, destination: string): Event[] {
    const [from, fromPort] = this.endpoint(source);
    const [to, toPort] = this.endpoint(destination);
    const packet = udpPacket(this.nextPacketId(), from, fromPort, to, toPort, 64, new Uint8Array(0));
    const [own, other] = direction === 'out' ? [1000, 5000] : [5000, 1000];
    packet.protocol = TCP;
    packet.flags = FLAGS[segment];
    packet.sequence = packet.flags & SYN ? own : own + 1;
    packet.acknowledgement = packet.flags & ACK ? other + 1 : 0;
    return this.#give(direction, packet);
  }

  /** Sends an echo request out. @param source the identifier stands for the port */
  ping(source: string, to: string): Event[] {
    const [from, identifier] = this.endpoint(source);
    return this.#give('out', echoRequest(this.nextPacketId(), from, identifier, this.addressOf(to), 1, 64, NOTHING));
  }

  /** Sends the answer to a request of that external endpoint in. */
  pong(from: string, to: string): Event[] {
    const [asking, identifier] = this.endpoint(to);
    const request = echoRequest(0, asking, identifier, this.addressOf(from), 1, 64, NOTHING);
    return this.#give('in', echoReply(this.nextPacketId(), request));
  }

  /** An ICMP error by `router` about a packet that was seen there as `about`. */
  icmp(direction: Direction, router: string, kind: IcmpKind, about: Packet): Event[] {
    return this.#give(direction, icmpPacket(this.nextPacketId(), this.addressOf(router), kind, quoteOf(about)));
  }

  wait(milliseconds: number): void {
    const end = this.scheduler.now + milliseconds * 1000;
    while (this.scheduler.nextTime <= end) this.scheduler.step();
    this.scheduler.now = end;
  }

  /** `a:5000` or a bound `$name`. */
  endpoint(text: string): [address: number, port: number] {
    const [name, port] = (this.#bound.get(text) ?? text).split(':');
    return [this.addressOf(name), Number(port)];
  }

  addressOf(name: string): number {
    return this.addresses.id(ADDRESSES[name]);
  }

  nameOf(address: number, port: number): string {
    const text = this.addresses.text(address);
    const name = Object.keys(ADDRESSES).find((short) => ADDRESSES[short] === text);
    return `${name}:${port}`;
  }

  now(): number {
    return this.scheduler.now;
  }
  after(delayUs: number, task: () => void): Timer {
    return this.scheduler.timer(delayUs, task);
  }
  nextPacketId(): number {
    return this.#packets++;
  }
  sendOutside(packet: Packet): void {
    this.events.push({ kind: 'outside', packet: { ...packet }, reason: '' });
  }
  sendInside(packet: Packet): void {
    this.events.push({ kind: 'inside', packet: { ...packet }, reason: '' });
  }
  drop(packet: Packet, reason: string): void {
    this.events.push({ kind: 'drop', packet: { ...packet }, reason });
  }
  mappingCreated(mapping: MappingInfo): void {
    this.created.push(mapping);
  }
  mappingRemoved(mapping: MappingInfo, reason: string): void {
    this.removed.push({ mapping, reason });
  }

  #pass(action: string, source: string, destination: string): Event[] {
    const words = action.split(' ');
    const direction = words[words.length - 1] as Direction;
    return words.length === 1
      ? this.udp(direction, source, destination)
      : this.tcp(direction, words[0] as Segment, source, destination);
  }

  #give(direction: Direction, packet: Packet): Event[] {
    this.events = [];
    this.given = { ...packet };
    if (direction === 'out') this.nat.fromInside(packet);
    else this.nat.fromOutside(packet);
    return this.events;
  }

  #check(events: readonly Event[], result: string, side: 'source' | 'destination', context: string): void {
    const [event] = events;
    const { packet } = event;
    const seen =
      event.kind === 'drop'
        ? event.reason
        : side === 'source'
          ? this.nameOf(packet.source, packet.sourcePort)
          : this.nameOf(packet.destination, packet.destinationPort);
    if (result.startsWith('!')) {
      expect(event.kind, context).not.toBe('drop');
      expect(seen, context).not.toBe(this.#bound.get(result.slice(1)));
    } else if (result.startsWith('$') && !this.#bound.has(result)) {
      expect(event.kind, `${context}: ${event.reason}`).not.toBe('drop');
      this.#bound.set(result, seen);
    } else {
      expect(seen, context).toBe(this.#bound.get(result) ?? result);
    }
  }
}

/** One rule as a table of cases, each a behaviour and the rows that show how it keeps or breaks the rule. */
export function rule(title: string, cases: Readonly<Record<string, readonly [NatDescription, readonly Row[]]>>): void {
  for (const [name, [description, rows]] of Object.entries(cases)) {
    test(`${title}: ${name}`, () => new Drive(description).play(rows));
  }
}
