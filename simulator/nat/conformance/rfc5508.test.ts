import type { IcmpKind, Packet } from '../../packet.ts';
import type { Drive } from '../drive.suite.ts';
import { answer, clause, into, MINUTE_MS, out, query, tcpOut } from './clause.suite.ts';

const NO_ICMP = { 'no ICMP at all': { blocks: ['icmp'] } } as const;

clause('RFC 5508 REQ-1 queries from inside get their answers', {
  kept: (drive) => {
    const external = query(drive, 'a:7', 's');
    return drive.events[0]!.kind === 'outside' && answer(drive, 's', external) === 'a:7';
  },
  breaks: NO_ICMP,
});

clause('RFC 5508 REQ-1a one identifier, whoever is asked', {
  kept: (drive) => query(drive, 'a:7', 's') === query(drive, 'a:7', 't'),
  breaks: { 'mapping by address': { icmp: { mapping: 'address-dependent' }, ports: { allocation: 'random' } } },
});

clause('RFC 5508 REQ-2 a query session lives for a minute', {
  kept: (drive) => {
    const external = query(drive, 'a:7', 's');
    drive.wait(MINUTE_MS - 1);
    return answer(drive, 's', external) === 'a:7';
  },
  breaks: { 'a timer of 30 seconds': { icmp: { timeoutMs: 30_000 } } },
});

clause('RFC 5508 REQ-4 an error from outside: kind kept, quote and address translated; without a mapping none', {
  kept: (drive) =>
    probes(drive).every((sent) => {
      const error = drive.icmp('in', 'u', 'time-exceeded', sent)[0]!;
      const stray = drive.icmp('in', 'u', 'time-exceeded', { ...sent, sourcePort: sent.sourcePort ^ 1 })[0]!;
      return seenInside(drive, error) && stray.kind === 'drop';
    }),
  breaks: NO_ICMP,
});

clause('RFC 5508 REQ-5 an error from inside: it comes from the NAT, the quote translated; without a mapping none', {
  kept: (drive) => {
    const external = out(drive, 'a:5000', 's:1');
    into(drive, 's:1', external);
    const received = drive.events[0]!.packet;
    const { kind, packet } = drive.icmp('out', 'a', 'port-unreachable', received)[0]!;
    if (kind !== 'outside') return false;
    const { quote } = packet.icmp!;
    const stray = drive.icmp('out', 'a', 'port-unreachable', { ...received, destinationPort: 9 })[0]!;
    return (
      drive.nameOf(packet.source, quote.destinationPort) === external &&
      drive.nameOf(quote.destination, quote.destinationPort) === external &&
      stray.kind === 'drop'
    );
  },
  breaks: NO_ICMP,
});

clause('RFC 5508 REQ-6 an error does not refresh a mapping', {
  kept: (drive) => {
    out(drive, 'a:5000', 's:1');
    const { packet } = drive.events[0]!;
    drive.wait(4 * MINUTE_MS);
    drive.icmp('in', 'u', 'time-exceeded', packet);
    drive.wait(MINUTE_MS);
    return drive.nat.mappingCount === 0;
  },
  breaks: { 'refresh by whatever there is': { udp: { refresh: 'all' } } },
});

clause('RFC 5508 REQ-6 nor does it delete one', {
  kept: (drive) =>
    probes(drive).every((sent) => {
      const before = drive.nat.mappingCount;
      drive.icmp('in', 'u', 'host-unreachable', sent);
      return drive.nat.mappingCount === before;
    }),
  breaks: { 'a mapping that ends': { icmp: { errorEndsMapping: true } } },
});

clause('RFC 5508 REQ-7 an error about a packet that was turned round finds its way back', {
  kept: (drive) => {
    const target = out(drive, 'b:6000', 's:1');
    const source = out(drive, 'a:5000', 's:1');
    out(drive, 'b:6000', source);
    const turned = drive.udp('out', 'a:5000', target)[0]!;
    if (turned.kind === 'drop') return false;
    const { kind, packet } = drive.icmp('out', 'b', 'port-unreachable', turned.packet)[0]!;
    if (kind !== 'inside') return false;
    const { quote } = packet.icmp!;
    return (
      drive.nameOf(packet.destination, quote.sourcePort) === 'a:5000' &&
      drive.nameOf(quote.destination, quote.destinationPort) === target
    );
  },
  breaks: { ...NO_ICMP, 'no hairpin': { hairpin: 'none' } },
});

clause('RFC 5508 REQ-8 who gets no session hears that it is prohibited', {
  kept: (drive) => {
    out(drive, 'a:5001', 's:1');
    return drive.udp('out', 'a:5002', 's:1').some(({ packet }) => packet.icmp?.kind === 'administratively-prohibited');
  },
  keeps: {
    'a NAT that says so': { limits: { perHost: 1, exhausted: 'administratively-prohibited' } },
  },
  breaks: {
    'host unreachable, as RFC 6888 has it': { limits: { perHost: 1, exhausted: 'host-unreachable' } },
    silence: { limits: { perHost: 1, exhausted: 'drop' } },
  },
});

const TYPES: readonly IcmpKind[] = ['network-unreachable', 'host-unreachable', 'port-unreachable', 'time-exceeded'];

clause('RFC 5508 REQ-10 destination unreachable, time exceeded and echo pass', {
  kept: (drive) => {
    const passes = (sent: Packet) => TYPES.every((kind) => seenInside(drive, drive.icmp('in', 'u', kind, sent)[0]!));
    return probes(drive).every(passes) && answer(drive, 's', query(drive, 'b:9', 's')) === 'b:9';
  },
  breaks: NO_ICMP,
});

/** A packet of each protocol, as the outside sees it. */
function probes(drive: Drive): Packet[] {
  out(drive, 'a:5000', 's:1');
  const datagram = drive.events[0]!.packet;
  tcpOut(drive, 'syn', 'a:5000', 's:1');
  const syn = drive.events[0]!.packet;
  query(drive, 'a:5000', 's');
  return [datagram, syn, drive.events[0]!.packet];
}

/** Did it arrive as an error about what `a:5000` sent? */
function seenInside(drive: Drive, { kind, packet }: Drive['events'][0]): boolean {
  if (kind !== 'inside' || !packet.icmp) return false;
  const { quote } = packet.icmp;
  return (
    drive.nameOf(packet.destination, quote.sourcePort) === 'a:5000' &&
    drive.nameOf(quote.source, quote.sourcePort) === 'a:5000'
  );
}
