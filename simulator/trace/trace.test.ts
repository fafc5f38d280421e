import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ACK, icmpPacket, type Packet, quoteOf, SYN, TCP, UDP, udpPacket } from '../packet.ts';
import { AddressTable } from '../world/address-table.ts';
import { Scheduler } from '../world/scheduler.ts';
import type { Device } from './observer.ts';
import { Trace } from './trace.ts';
import { TraceLog } from './trace-log.ts';

const A: Device = { name: 'a', index: 0 };
const NAT: Device = { name: 'a.nat1', index: 1 };

interface Bench {
  readonly trace: Trace;
  readonly scheduler: Scheduler;
  readonly addresses: AddressTable;
  readonly log: TraceLog;
  packet(change?: Partial<Packet>): Packet;
}

function bench(): Bench {
  const scheduler = new Scheduler();
  const addresses = new AddressTable();
  const trace = new Trace(scheduler, addresses);
  const log = new TraceLog();
  trace.observe(log);
  const [source, destination] = [addresses.id('10.0.1.2'), addresses.id('192.0.2.1')];
  const packet = (change: Partial<Packet> = {}): Packet => {
    return { ...udpPacket(7, source, 5000, destination, 3478, 64, Buffer.from('twenty bytes of data')), ...change };
  };
  return { trace, scheduler, addresses, log, packet };
}

/** One of everything. */
function story(change: Partial<Packet> = {}, payload = 'twenty bytes of data'): string {
  const { trace, scheduler, packet } = bench();
  scheduler.now = 2 ** 40;
  const each = packet({ ...change, payload: Buffer.from(payload) });
  trace.sent(A, each);
  trace.forwarded(NAT, each);
  trace.dropped(NAT, each, 'link: loss');
  return trace.hash.digest();
}

describe('TraceHash', () => {
  test('is the same for the same story', () => {
    expect(story()).toMatch(/^[0-9a-f]{64}$/);
    expect(story()).toBe(story());
  });

  const quote = { protocol: UDP, source: 0, sourcePort: 1, destination: 1, destinationPort: 2, sequence: 0 } as const;
  test.each<[string, Partial<Packet>]>([
    ['number', { id: 8 }],
    ['protocol', { protocol: TCP }],
    ['source', { source: 1 }],
    ['source port', { sourcePort: 5001 }],
    ['destination', { destination: 0 }],
    ['destination port', { destinationPort: 3479 }],
    ['hop limit', { ttl: 63 }],
    ['ICMP error', { protocol: 1, icmp: { kind: 'time-exceeded', quote } }],
  ])('changes with the %s', (_field, change) => {
    expect(story(change)).not.toBe(story());
  });

  test.each<[string, Partial<Packet>]>([
    ['flags', { flags: SYN }],
    ['sequence', { sequence: 0xffff_ffff }],
    ['acknowledgement', { acknowledgement: 1 }],
    ['window', { window: 1 }],
  ])('changes with the %s of TCP', (_field, change) => {
    expect(story({ protocol: TCP, ...change })).not.toBe(story({ protocol: TCP }));
  });

  test.each<[string, Partial<typeof quote>]>([
    ['protocol', { protocol: TCP as never }],
    ['source', { source: 1 as never }],
    ['source port', { sourcePort: 9 as never }],
    ['destination', { destination: 0 as never }],
    ['destination port', { destinationPort: 9 as never }],
    ['sequence', { sequence: 9 as never }],
  ])('changes with the quoted %s of an ICMP error', (_field, change) => {
    const about = (quoted: typeof quote): string =>
      story({ protocol: 1, icmp: { kind: 'time-exceeded', quote: quoted } });
    expect(about({ ...quote, ...change })).not.toBe(about(quote));
  });

  test('changes with the payload, the reason, the device, the time, the addresses and what happened', () => {
    const tell = (change: (bench: Bench, packet: Packet) => void): string => {
      const all = bench();
      change(all, all.packet());
      return all.trace.hash.digest();
    };
    const hashes = [
      story({}, 'other data of twenty'),
      story({}, ''),
      tell(({ trace }, packet) => trace.sent(A, packet)),
      tell(({ trace }, packet) => trace.sent(NAT, packet)),
      tell(({ trace }, packet) => trace.delivered(A, packet)),
      tell(({ trace }, packet) => trace.translated(A, packet)),
      tell(({ trace }, packet) => trace.forwarded(A, packet)),
      tell(({ trace }, packet) => trace.dropped(A, packet, 'link: loss')),
      tell(({ trace }, packet) => trace.dropped(A, packet, 'link: gain')),
      tell(({ trace, scheduler }, packet) => {
        scheduler.now = 1;
        trace.delivered(A, packet);
      }),
      tell(({ trace, addresses }, packet) => {
        addresses.id('203.0.113.1');
        trace.delivered(A, packet);
      }),
      tell(({ trace }) => trace.hostEvent(A, 'pipe')),
      tell(({ trace }) => trace.hostEvent(A, 'pipe', { to: 'b' })),
      tell(({ trace }) => trace.mapping(NAT, 'created', mapping)),
      tell(({ trace }) => trace.mapping(NAT, 'expired', mapping)),
      tell(({ trace }) => trace.mapping(NAT, 'created', { ...mapping, externalPort: 1 })),
      tell(() => {}),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('takes more than its buffer holds, single payloads included', () => {
    const hash = (lengths: number[], last: number): string => {
      const { trace, packet } = bench();
      for (const length of lengths) trace.sent(A, packet({ payload: Buffer.alloc(length, 1) }));
      trace.sent(A, packet({ payload: Buffer.of(last) }));
      return trace.hash.digest();
    };
    const lengths = [65_507, 100_000, 40_000, 40_000, ...Array.from({ length: 2000 }, () => 100)];
    expect(hash(lengths, 1)).toBe(hash(lengths, 1));
    expect(hash(lengths, 1)).not.toBe(hash(lengths, 2));
    expect(hash(lengths, 1)).not.toBe(hash([...lengths].reverse(), 1));
  });

  test('is closed by its first digest', () => {
    const { trace, packet } = bench();
    trace.sent(A, packet());
    const digest = trace.hash.digest();
    for (let round = 0; round < 5000; round++) trace.sent(A, packet());
    expect(trace.hash.digest()).toBe(digest);
    expect(digest).not.toBe(createHash('sha256').digest('hex'));
  });
});

const mapping = {
  protocol: UDP,
  internal: 0,
  internalPort: 5000,
  external: 1,
  externalPort: 40_000,
  remote: 1,
  remotePort: 3478,
} as const;

describe('TraceCounters', () => {
  test('count what was sent, delivered, dropped and mapped', () => {
    const { trace, packet } = bench();
    const { counters } = trace;
    trace.sent(A, packet());
    trace.sent(A, packet({ protocol: TCP, payload: Buffer.alloc(0) }));
    trace.sent(A, icmpPacket(9, 0, 'port-unreachable', quoteOf(packet())));
    trace.forwarded(NAT, packet());
    trace.translated(NAT, packet());
    trace.delivered(A, packet());
    trace.dropped(NAT, packet(), 'link: loss');
    trace.dropped(NAT, packet(), 'nat: no mapping');
    trace.dropped(NAT, packet(), 'link: loss');
    trace.mapping(NAT, 'created', mapping);
    trace.mapping(NAT, 'created', mapping);
    trace.mapping(NAT, 'expired', mapping);
    expect(counters.sentBy(A)).toEqual({ packets: 3, bytes: 48 + 40 + 56 });
    expect(counters.sentBy(NAT)).toEqual({ packets: 0, bytes: 0 });
    expect(counters.delivered).toBe(1);
    expect([counters.mappingsOf(A), counters.mappingsOf(NAT)]).toEqual([0, 2]);
    expect([...counters.drops]).toEqual([
      ['link: loss', 2],
      ['nat: no mapping', 1],
    ]);
  });
});

describe('TraceLog', () => {
  test('writes a timeline', () => {
    const { trace, scheduler, addresses, log, packet } = bench();
    const one = packet();
    trace.sent(A, one);
    scheduler.now = 200;
    trace.mapping(NAT, 'created', { ...mapping, external: addresses.id('203.0.113.1') });
    Object.assign(one, { source: addresses.id('203.0.113.1'), sourcePort: 40_000, ttl: 63 });
    trace.translated(NAT, one);
    scheduler.now = 1_234_567;
    trace.dropped(NAT, one, 'link: loss');
    trace.sent(A, packet({ id: 8, protocol: TCP, flags: SYN | ACK, sequence: 5, acknowledgement: 6, window: 1000 }));
    trace.sent(NAT, icmpPacket(9, addresses.id('10.0.1.1'), 'time-exceeded', quoteOf(packet())));
    trace.hostEvent(A, 'attempt', { plugin: 'udp-punch', tries: 2, won: true });
    expect([...log.lines(addresses)]).toEqual([
      '       0.000 ms  a       sent       UDP 10.0.1.2:5000 > 192.0.2.1:3478 len 20 ttl 64',
      '       0.200 ms  a.nat1  mapping created: UDP 10.0.1.2:5000 = 203.0.113.1:40000, first to 192.0.2.1:3478',
      '       0.200 ms  a.nat1  translated UDP 203.0.113.1:40000 > 192.0.2.1:3478 len 20 ttl 63, was UDP 10.0.1.2:5000 > 192.0.2.1:3478',
      '    1234.567 ms  a.nat1  dropped    UDP 203.0.113.1:40000 > 192.0.2.1:3478 len 20 ttl 63, because link: loss',
      '    1234.567 ms  a       sent       TCP 10.0.1.2:5000 > 192.0.2.1:3478 SYN+ACK seq 5 ack 6 win 1000 len 20 ttl 64',
      '    1234.567 ms  a.nat1  sent       ICMP 10.0.1.1 > 10.0.1.2 time-exceeded about UDP 10.0.1.2:5000 > 192.0.2.1:3478 ttl 64',
      '    1234.567 ms  a       attempt plugin=udp-punch tries=2 won=true',
    ]);
  });

  test('keeps the payload as it was sent, whatever a receiver does to it', () => {
    const { trace, log, packet } = bench();
    const one = packet();
    trace.sent(A, one);
    one.payload.fill(0);
    trace.delivered(NAT, one);
    const payloads = log.entries.map((entry) => entry.kind === 'packet' && String(Buffer.from(entry.packet.payload)));
    expect(payloads).toEqual(['twenty bytes of data', 'twenty bytes of data']);
  });

  test('shows a translated ICMP error with what it was about', () => {
    const { trace, addresses, log, packet } = bench();
    const error = icmpPacket(9, addresses.id('192.0.2.1'), 'port-unreachable', quoteOf(packet()));
    trace.forwarded(NAT, error);
    error.destination = addresses.id('10.0.1.9');
    error.icmp!.quote.source = error.destination;
    trace.translated(NAT, error);
    expect([...log.lines(addresses)][1]).toContain(
      'ICMP 192.0.2.1 > 10.0.1.9 port-unreachable about UDP 10.0.1.9:5000 > 192.0.2.1:3478 ttl 64, ' +
        'was ICMP 192.0.2.1 > 10.0.1.2, about UDP 10.0.1.2:5000 > 192.0.2.1:3478',
    );
  });

  test('stops at its limit and says so', () => {
    const { trace, scheduler, addresses, packet } = bench();
    const log = new TraceLog(2);
    trace.observe(log);
    for (let round = 0; round < 5; round++) trace.sent(A, packet());
    trace.hostEvent(A, 'late');
    trace.mapping(NAT, 'created', mapping);
    expect(log.entries).toHaveLength(2);
    expect(log.omitted).toBe(5);
    expect([...log.lines(addresses)].at(-1)).toBe('5 more');
    expect(scheduler.now).toBe(0);
  });
});
