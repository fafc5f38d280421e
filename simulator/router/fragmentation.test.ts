import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { icmpPacket, type Packet, quoteOf, TCP, udpPacket, wireLength } from '../packet.ts';
import { World } from '../world/world.ts';
import { cut, mayBeCut } from './fragmentation.ts';
import { Reassembler } from './reassembler.ts';

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index * 7));
const datagram = (length: number): Packet => udpPacket(7, 1, 4000, 2, 5000, 64, bytes(length));
const parts = (pieces: readonly Packet[]) => pieces.map(({ fragment }) => fragment);

describe('cut (RFC 791 section 3.2)', () => {
  test('fills every piece but the last up to a multiple of 8 bytes, and only the first has the ports', () => {
    const pieces = cut(datagram(2500), 1000); // 2508 bytes of data, 976 fit
    expect(parts(pieces)).toEqual([
      { offset: 0, more: true },
      { offset: 976, more: true },
      { offset: 1952, more: false },
    ]);
    expect(pieces.map(wireLength)).toEqual([996, 996, 576]);
    expect(pieces.map(({ payload }) => payload.length)).toEqual([968, 976, 556]);
    expect(pieces.map(({ sourcePort, destinationPort }) => [sourcePort, destinationPort])).toEqual([
      [4000, 5000],
      [0, 0],
      [0, 0],
    ]);
    expect(Buffer.concat(pieces.map(({ payload }) => payload))).toEqual(bytes(2500));
  });

  test('a piece that is cut again keeps its place', () => {
    const [first, middle, last] = cut(datagram(2500), 1000);
    expect(parts(cut(first!, 500))).toEqual([
      { offset: 0, more: true },
      { offset: 480, more: true },
      { offset: 960, more: true },
    ]);
    expect(parts(cut(middle!, 500))).toEqual([
      { offset: 976, more: true },
      { offset: 1456, more: true },
      { offset: 1936, more: true },
    ]);
    expect(parts(cut(last!, 500))).toEqual([
      { offset: 1952, more: true },
      { offset: 2432, more: false },
    ]);
  });

  test('is for UDP over IPv4', () => {
    const packet = datagram(1);
    expect(mayBeCut(packet, false)).toBe(true);
    expect(mayBeCut(packet, true)).toBe(false);
    expect(mayBeCut({ ...packet, protocol: TCP }, false)).toBe(false);
    expect(mayBeCut(icmpPacket(1, 1, 'port-unreachable', quoteOf(packet)), false)).toBe(false);
  });
});

interface Bench {
  readonly world: World;
  readonly events: string[];
  readonly expired: Packet[];
  readonly reassembler: Reassembler;
  /** Until so many seconds after the start. */
  runUntil(seconds: number): void;
}

function bench(): Bench {
  const world = new World({ seed: 'fragments' });
  const events: string[] = [];
  world.trace.observe({
    packet: (_time, _device, event, { fragment }, reason) =>
      void events.push(`${event} ${fragment?.offset}${reason && `: ${reason}`}`),
    mapping: () => {},
    hostEvent: () => {},
  });
  const expired: Packet[] = [];
  const reassembler = new Reassembler(world, world.device('host'), (first) => expired.push(first));
  const runUntil = (seconds: number): void => {
    while (world.scheduler.nextTime <= seconds * 1e6) world.scheduler.step();
  };
  return { world, events, expired, reassembler, runUntil };
}

describe('Reassembler', () => {
  test('lets through what is whole', () => {
    const { reassembler, events } = bench();
    const packet = datagram(10);
    expect(reassembler.take(packet)).toBe(packet);
    expect(events).toEqual([]);
  });

  test('RFC 4787 REQ-14: takes fragments in any order, cut once or twice', () => {
    const sizes = fc.record({
      length: fc.integer({ min: 1200, max: 5000 }),
      mtu: fc.integer({ min: 200, max: 1200 }),
      narrower: fc.integer({ min: 68, max: 300 }),
      order: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(sizes, ({ length, mtu, narrower, order }) => {
        const { reassembler, events } = bench();
        const pieces = cut(datagram(length), mtu).flatMap((piece) =>
          wireLength(piece) > narrower ? cut(piece, narrower) : [piece],
        );
        const keys = pieces.map(() => order.next().value as number);
        const shuffled = pieces.map((_, index) => index).sort((a, b) => keys[a]! - keys[b]!);
        const results = shuffled.map((index) => reassembler.take(pieces[index]!));
        expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true);
        expect(results.at(-1)).toEqual({ ...datagram(length), payload: bytes(length) });
        expect(events).toEqual(pieces.slice(1).map(({ fragment }) => `joined ${fragment!.offset}`));
      }),
      { seed: 791, numRuns: 300 },
    );
  });

  test('keeps datagrams apart', () => {
    const { reassembler } = bench();
    const [one, other] = [datagram(2000), { ...datagram(1500), id: 8 }];
    const [first, second] = [cut(one, 1200), cut(other, 1200)];
    expect(reassembler.take(first[0]!)).toBeUndefined();
    expect(reassembler.take(second[1]!)).toBeUndefined();
    expect(reassembler.take(second[0]!)?.payload.length).toBe(1500);
    expect(reassembler.take(first[1]!)?.payload.length).toBe(2000);
  });

  test('drops a fragment that came before', () => {
    const { reassembler, events } = bench();
    const [first, second] = cut(datagram(2000), 1200);
    reassembler.take(first!);
    expect(reassembler.take({ ...first! })).toBeUndefined();
    expect(events).toEqual(['dropped 0: ip: repeated fragment']);
    expect(reassembler.take(second!)?.payload.length).toBe(2000);
  });

  test.each([
    ['before', [0, 1], [900, 400]],
    ['behind', [1, 0], [900, 400]],
  ])('RFC 5722: a fragment that overlaps the one %s ends the datagram', (_, order, mtus) => {
    const { reassembler, events } = bench();
    const pieces = [cut(datagram(2000), mtus[0]!)[0]!, cut(datagram(2000), mtus[1]!)[1]!];
    for (const index of order) expect(reassembler.take(pieces[index]!)).toBeUndefined();
    expect(events).toEqual(['dropped 0: ip: overlapping fragments', 'dropped 376: ip: overlapping fragments']);
  });

  test('gives up after 30 s, and tells who sent the first fragment', () => {
    const { reassembler, events, expired, runUntil } = bench();
    const [first, second] = cut(datagram(2000), 1200);
    reassembler.take(first!);
    reassembler.take({ ...second!, id: 9 });
    runUntil(29.9);
    expect(events).toEqual([]);
    runUntil(30);
    expect(events).toEqual(['dropped 0: ip: fragments missing', 'dropped 1176: ip: fragments missing']);
    expect(expired).toEqual([first]);
    expect(reassembler.take(second!)).toBeUndefined();
  });

  test('holds 4 MB at most, and has room again when they are gone', () => {
    const { reassembler, events } = bench();
    const big = Array.from({ length: 65 }, (_, id) => cut({ ...datagram(65_000), id }, 64_996));
    for (const [first] of big) reassembler.take(first!);
    expect(events).toEqual(['dropped 0: ip: no room for fragments']);
    expect(reassembler.take(big[0]![1]!)?.payload.length).toBe(65_000);
    expect(reassembler.take(big[64]![0]!)).toBeUndefined();
    expect(events.filter((event) => event.startsWith('dropped'))).toHaveLength(1);
  });
});
