import { expect, test } from 'vitest';
import { extendDescription, type NatDescription } from '../../../core/nat/behaviour.ts';
import { PRESETS } from '../../../core/nat/presets.ts';
import { Drive } from '../drive.suite.ts';

type Nats = Readonly<Record<string, NatDescription>>;

/** The NATs that do what the RFCs ask for. */
export const COMPLIANT: Nats = {
  'rfc-compliant': PRESETS['rfc-compliant']!.behaviour,
  'rfc-compliant-strict': PRESETS['rfc-compliant-strict']!.behaviour,
  'carrier-compliant': { ...PRESETS['carrier-compliant']!.behaviour, addresses: 3 },
};

export interface Clause {
  /** Does the NAT keep it? Seen from outside of the NAT, packet by packet. */
  readonly kept: (drive: Drive) => boolean;
  /** @default {@link COMPLIANT} */
  readonly keeps?: Nats;
  /** What a NAT does that falls short of it, over `rfc-compliant`. */
  readonly breaks: Nats;
}

/** One requirement: NATs that keep it and NATs that do not, told apart by one and the same look at them. */
export function clause(title: string, { kept, keeps = COMPLIANT, breaks }: Clause): void {
  for (const [name, description] of Object.entries(keeps)) {
    test(`${title}: kept by ${name}`, () => expect(kept(new Drive(description))).toBe(true));
  }
  for (const [name, description] of Object.entries(breaks)) {
    test(`${title}: broken by ${name}`, () => expect(kept(new Drive(compliantBut(description)))).toBe(false));
  }
}

/** `rfc-compliant` in all but this. */
export function compliantBut(upper: NatDescription): NatDescription {
  return extendDescription(COMPLIANT['rfc-compliant']!, upper);
}

/** What becomes of a datagram from inside: its external endpoint, or why it was dropped. */
export function out(drive: Drive, source: string, destination: string): string {
  const { kind, packet, reason } = drive.udp('out', source, destination)[0]!;
  return kind === 'drop' ? reason : drive.nameOf(packet.source, packet.sourcePort);
}

/** What becomes of one from outside: the internal endpoint that it reaches, or why it was dropped. */
export function into(drive: Drive, source: string, destination: string): string {
  const { kind, packet, reason } = drive.udp('in', source, destination)[0]!;
  return kind === 'drop' ? reason : drive.nameOf(packet.destination, packet.destinationPort);
}

type Segment = Parameters<Drive['tcp']>[1];

/** The same of TCP segments. */
export function tcpOut(drive: Drive, segment: Segment, source: string, destination: string): string {
  const { kind, packet, reason } = drive.tcp('out', segment, source, destination)[0]!;
  return kind === 'drop' ? reason : drive.nameOf(packet.source, packet.sourcePort);
}

export function tcpIn(drive: Drive, segment: Segment, source: string, destination: string): string {
  const { kind, packet, reason } = drive.tcp('in', segment, source, destination)[0]!;
  return kind === 'drop' ? reason : drive.nameOf(packet.destination, packet.destinationPort);
}

/** The external endpoint of a query from inside: its identifier stands for the port. */
export function query(drive: Drive, source: string, to: string): string {
  const { kind, packet, reason } = drive.ping(source, to)[0]!;
  return kind === 'drop' ? reason : drive.nameOf(packet.source, packet.sourcePort);
}

/** The internal endpoint that an answer to it reaches. */
export function answer(drive: Drive, from: string, external: string): string {
  const { kind, packet, reason } = drive.pong(from, external)[0]!;
  return kind === 'drop' ? reason : drive.nameOf(packet.destination, packet.destinationPort);
}

/** A connection from inside, established. @returns its external endpoint */
export function connect(drive: Drive, source: string, destination: string): string {
  const external = tcpOut(drive, 'syn', source, destination);
  tcpIn(drive, 'synack', destination, external);
  tcpOut(drive, 'ack', source, destination);
  return external;
}

export function portOf(endpoint: string): number {
  return Number(endpoint.split(':')[1]);
}

export const MINUTE_MS = 60_000;
