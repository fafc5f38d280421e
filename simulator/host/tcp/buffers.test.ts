import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_REASSEMBLY_PIECES } from './parameters.ts';
import { ReassemblyQueue } from './reassembly.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { Receiver } from './receiver.ts';
import { SendBuffer } from './send-buffer.ts';
import { add } from './sequence.ts';
import { pattern } from './test-network.suite.ts';

const SEED = 9293;

describe('SendBuffer', () => {
  it('reads any range of what was appended and not discarded', () => {
    const step = fc.oneof(
      fc.record({ append: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ discard: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.infiniteStream(fc.nat()), (steps, numbers) => {
        const draw = (limit: number) => numbers.next().value! % limit;
        const buffer = new SendBuffer();
        let start = 0;
        let end = 0;
        for (const each of steps) {
          if ('append' in each) {
            buffer.append(pattern(each.append, end));
            end += each.append;
          } else {
            const count = Math.floor(each.discard * (end - start));
            buffer.discard(count);
            start += count;
          }
          expect(buffer.length).toBe(end - start);
          if (start === end) continue;
          const offset = draw(end - start);
          const length = 1 + draw(end - start - offset);
          expect(pattern(length, start + offset).equals(buffer.read(offset, length))).toBe(true);
        }
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('ReassemblyQueue', () => {
  it('gives back the stream, whatever the overlaps, across the wrap of sequence numbers', () => {
    const piece = fc.record({ at: fc.integer({ min: 0, max: 400 }), length: fc.integer({ min: 0, max: 120 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.constantFrom(0, 4_294_967_200), (pieces, base) => {
        const queue = new ReassemblyQueue();
        const known = new Set<number>();
        for (const { at, length } of pieces) {
          queue.insert(add(base, at), pattern(length, at));
          for (let index = at; index < at + length; index++) known.add(index);
        }
        let next = 0;
        for (;;) {
          const bytes = queue.take(add(base, next));
          if (bytes) {
            expect(pattern(bytes.length, next).equals(bytes)).toBe(true);
            for (let index = next; index < next + bytes.length; index++) expect(known.has(index)).toBe(true);
            next += bytes.length;
          } else {
            expect(known.has(next)).toBe(false);
            const later = [...known].filter((index) => index > next);
            if (later.length === 0) break;
            next = Math.min(...later);
          }
        }
        expect(queue.empty).toBe(true);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('holds no more pieces than its limit', () => {
    const queue = new ReassemblyQueue();
    for (let index = 0; index < 5000; index++) queue.insert(1 + 2 * index, pattern(1));
    let held = 0;
    for (let index = 0; index < 5000; index++) if (queue.take(1 + 2 * index)) held++;
    expect(held).toBe(MAX_REASSEMBLY_PIECES);
  });
});

describe('ReceiveQueue', () => {
  it('is a queue, also if it never runs empty', () => {
    const queue = new ReceiveQueue();
    queue.push(pattern(3));
    for (let count = 0; count < 500; count++) {
      queue.push(pattern(1, count));
      const bytes = queue.shift()!;
      expect(count === 0 ? bytes.length : bytes[0]).toBe(count === 0 ? 3 : pattern(1, count - 1)[0]);
      expect(queue.length).toBe(1);
    }
  });
});

describe('Receiver', () => {
  it('a FIN that came early ends the stream where it stands, whatever covers it later', () => {
    const receiver = new Receiver(100);
    receiver.receive(140, pattern(10), false);
    receiver.receive(120, pattern(10), true);
    expect(receiver.receive(100, pattern(60), false)).toBe(true);
    expect(receiver.queue.length).toBe(30);
    expect(receiver.next).toBe(131);
  });

  it('a FIN needs room in the window, as a byte does', () => {
    const receiver = new Receiver(100);
    receiver.receive(100, pattern(65_536), false);
    expect(receiver.advertise()).toBe(0);
    expect(receiver.receive(100 + 65_536, pattern(0), true)).toBe(false);
    expect(receiver.ackDue).toBe('now');
    while (receiver.queue.shift());
    expect(receiver.advertise()).toBe(65_536);
    expect(receiver.receive(100 + 65_536, pattern(0), true)).toBe(true);
  });

  it('a FIN behind what was received is not believed', () => {
    const receiver = new Receiver(100);
    receiver.receive(100, pattern(50), false);
    expect(receiver.receive(100, pattern(10), true)).toBe(false);
    expect(receiver.finished).toBe(false);
    expect(receiver.receive(150, pattern(5), true)).toBe(true);
  });
});
