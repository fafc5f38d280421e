import { expect } from 'vitest';
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
import { Firewall } from './firewall.ts';

/** `a` and `b` are inside, `s` and `t` outside. */
const ADDRESSES: Readonly<Record<string, string>> = {
  a: '2001:db8:a::1',
  b: '2001:db8:a::2',
  s: '2001:db8:5::1',
  t: '2001:db8:6::1',
};
const FLAGS = { syn: SYN, synack: SYN | ACK, ack: ACK, fin: FIN | ACK, rst: RST } as const;

export type Direction = 'out' | 'in';
type Action = Direction | `${keyof typeof FLAGS} ${Direction}`;
/** `passes`, or why not. */
export type Row =
  | readonly [action: Action, source: string, destination: string, result: string]
  | readonly ['wait', seconds: number];

/** What a firewall says of a packet that nobody inside has asked for. */
export const CLOSED = 'firewall: no state';

/** What every segment announces. */
export const WINDOW = 65_535;
const NOTHING = new Uint8Array(0);

/** A firewall on a bench: packets go in by hand, and it lets them pass or says why not. */
export class FirewallBench {
  readonly scheduler = new Scheduler();
  readonly addresses = new AddressTable();
  readonly answers: Packet[] = [];
  readonly firewall: Firewall;
  #packets = 0;

  constructor(description: NatDescription) {
    const { scheduler } = this;
    this.firewall = new Firewall(resolveBehaviour({ translation: 'none', firewall: true, ...description }), {
      now: () => scheduler.now,
      after: (delayUs: number, task: () => void): Timer => scheduler.timer(delayUs, task),
      random: SeededRandom.fromText('bench'),
      nextPacketId: () => ++this.#packets,
      answer: (packet) => void this.answers.push(packet),
    });
  }

  play(rows: readonly Row[]): void {
    for (const [index, row] of rows.entries()) {
      const context = `row ${index}: ${row.join(' | ')}`;
      if (row[0] === 'wait') this.wait(row[1]);
      else expect(this.pass(row[0], row[1], row[2]), context).toBe(row[3]);
    }
  }

  wait(seconds: number): void {
    const end = this.scheduler.now + seconds * 1e6;
    while (this.scheduler.nextTime <= end) this.scheduler.step();
    this.scheduler.now = end;
  }

  pass(action: Action, source: string, destination: string): string {
    const [first, second] = action.split(' ');
    const packet = this.packet(source, destination, second === undefined ? undefined : (first as keyof typeof FLAGS));
    return this.give((second ?? first) as Direction, packet);
  }

  /** An echo request from inside. @param source the identifier stands for the port */
  ping(source: string, to: string): string {
    return this.give('out', this.#echoRequest(source, to));
  }

  /** An answer to one, whether it was sent or not. */
  pong(from: string, asking: string): string {
    return this.give('in', echoReply(++this.#packets, this.#echoRequest(asking, from)));
  }

  /** An ICMP error by `router` about a packet. */
  icmp(way: Direction, router: string, kind: IcmpKind, about: Packet): string {
    return this.give(way, icmpPacket(++this.#packets, this.#id(router), kind, quoteOf(about)));
  }

  give(way: Direction, packet: Packet): string {
    const before = { ...packet };
    const refusal = way === 'out' ? this.firewall.outbound(packet) : this.firewall.inbound(packet);
    if (refusal === undefined) expect(packet, 'nothing is translated').toEqual(before);
    return refusal ?? 'passes';
  }

  packet(source: string, destination: string, segment?: keyof typeof FLAGS): Packet {
    const [from, fromPort] = source.split(':');
    const [to, toPort] = destination.split(':');
    const [own, other] = ADDRESSES[from]!.startsWith('2001:db8:a:') ? [1000, 5000] : [5000, 1000];
    const packet = udpPacket(
      ++this.#packets,
      this.#id(from),
      Number(fromPort),
      this.#id(to),
      Number(toPort),
      64,
      Buffer.alloc(0),
    );
    if (segment === undefined) return packet;
    const flags = FLAGS[segment];
    const sequence = flags & SYN ? own : own + 1;
    const acknowledgement = flags & ACK ? other + 1 : 0;
    return { ...packet, protocol: TCP, flags, sequence, acknowledgement, window: WINDOW };
  }

  #echoRequest(source: string, to: string): Packet {
    const [from, identifier] = source.split(':');
    return echoRequest(++this.#packets, this.#id(from), Number(identifier), this.#id(to), 1, 64, NOTHING);
  }

  #id(name: string): number {
    return this.addresses.id(ADDRESSES[name]!);
  }
}
