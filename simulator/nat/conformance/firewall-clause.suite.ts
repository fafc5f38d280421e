import { expect, test } from 'vitest';
import { extendDescription, type NatDescription } from '../../../core/nat/behaviour.ts';
import { PRESETS } from '../../../core/nat/presets.ts';
import { ACK, type Packet, UDP } from '../../packet.ts';
import { type Direction, FirewallBench } from '../firewall-bench.suite.ts';

/** The firewalls that do what RFC 6092 asks for. */
export const COMPLIANT_FIREWALLS = Object.fromEntries(
  ['ipv6-firewall-compliant', 'ipv6-firewall-transparent'].map((name) => [name, PRESETS[name]!.behaviour]),
);

interface FirewallClause {
  /** Does the firewall keep it? Seen packet by packet. */
  readonly kept: (bench: FirewallBench) => boolean;
  /** Over those that the RFC describes. */
  readonly keeps?: Readonly<Record<string, (compliant: NatDescription) => FirewallBench>>;
  /** What falls short of it: over `ipv6-firewall-compliant`, or a box that the vocabulary has no words for. */
  readonly breaks: Readonly<Record<string, NatDescription | ((compliant: NatDescription) => FirewallBench)>>;
}

/** One recommendation: firewalls that keep it and firewalls that do not, told apart by one and the same look at them. */
export function clause(title: string, { kept, keeps = {}, breaks }: FirewallClause): void {
  const strict = COMPLIANT_FIREWALLS['ipv6-firewall-compliant']!;
  for (const [name, behaviour] of Object.entries(COMPLIANT_FIREWALLS)) {
    test(`${title}: kept by ${name}`, () => expect(kept(new FirewallBench(behaviour))).toBe(true));
  }
  for (const [name, box] of Object.entries(keeps)) {
    test(`${title}: kept by ${name}`, () => expect(kept(box(strict))).toBe(true));
  }
  for (const [name, box] of Object.entries(breaks)) {
    test(`${title}: broken by ${name}`, () => {
      const bench = typeof box === 'function' ? box(strict) : new FirewallBench(extendDescription(strict, box));
      expect(kept(bench)).toBe(false);
    });
  }
}

/** A router: nothing is refused, since nothing is remembered. */
export class Stateless extends FirewallBench {
  override give(): string {
    return 'passes';
  }
}

/** Forgets UDP flows after 30 seconds that have a port below a bound at either end. */
export class BriefBelow extends FirewallBench {
  readonly #bound: number;
  readonly #brief: FirewallBench;

  constructor(description: NatDescription, bound: number) {
    super(description);
    this.#bound = bound;
    this.#brief = new FirewallBench(extendDescription(description, { udp: { timeoutMs: 30_000 } }));
  }

  override give(way: Direction, packet: Packet): string {
    const brief = packet.protocol === UDP && Math.min(packet.sourcePort, packet.destinationPort) < this.#bound;
    return brief ? this.#brief.give(way, packet) : super.give(way, packet);
  }

  override wait(seconds: number): void {
    super.wait(seconds);
    this.#brief.wait(seconds);
  }
}

/** Refuses what is beyond the window that the inside host has announced, taking it for one that is not scaled. */
export class WindowChecking extends FirewallBench {
  #end = Number.POSITIVE_INFINITY;

  override give(way: Direction, packet: Packet): string {
    if (way === 'out' && packet.flags & ACK) this.#end = packet.acknowledgement + packet.window;
    return way === 'in' && packet.sequence > this.#end ? 'tcp: out of window' : super.give(way, packet);
  }
}
