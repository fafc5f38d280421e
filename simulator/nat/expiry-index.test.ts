import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpiryIndex } from './expiry-index.ts';

interface Item {
  deadline: number;
  slot: number;
}

function indexOfItems(): ExpiryIndex<Item> {
  return new ExpiryIndex<Item>({
    deadlineOf: (item) => item.deadline,
    slotOf: (item) => item.slot,
    setSlot: (item, slot) => {
      item.slot = slot;
    },
  });
}

function drain(index: ExpiryIndex<Item>, now: number): Item[] {
  const due: Item[] = [];
  for (let item = index.takeDue(now); item; item = index.takeDue(now)) due.push(item);
  return due;
}

test('gives what is due, earliest first, and nothing else', () => {
  const index = indexOfItems();
  for (const deadline of [50, 10, 40, 20, 30]) index.add({ deadline, slot: -1 });
  expect(drain(index, 9)).toEqual([]);
  expect(drain(index, 30).map(({ deadline }) => deadline)).toEqual([10, 20, 30]);
  expect(drain(index, 1000).map(({ deadline }) => deadline)).toEqual([40, 50]);
});

test('a deadline that was moved later by a plain write counts, and keeps its place in the order', () => {
  const index = indexOfItems();
  const early = { deadline: 10, slot: -1 };
  const late = { deadline: 20, slot: -1 };
  index.add(early);
  index.add(late);
  early.deadline = 25;
  expect(drain(index, 30)).toEqual([late, early]);
});

test('agrees with a scan of all items under any mixture of changes', () => {
  const step = fc.record({
    action: fc.constantFrom('add', 'refresh', 'hasten', 'remove', 'wait'),
    pick: fc.nat(),
    by: fc.integer({ min: 0, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = indexOfItems();
      let live: Item[] = [];
      let now = 0;
      for (const { action, pick, by } of steps) {
        const item = live[pick % live.length];
        if (action === 'wait') {
          now += by;
        } else if (action === 'add') {
          const fresh = { deadline: now + by, slot: -1 };
          index.add(fresh);
          live.push(fresh);
        } else if (item && action === 'refresh') {
          item.deadline += by;
        } else if (item && action === 'hasten') {
          item.deadline = Math.max(now, item.deadline - by);
          index.hasten(item);
        } else if (item && action === 'remove') {
          index.remove(item);
          live = live.filter((other) => other !== item);
        }
        const expected = live.filter(({ deadline }) => deadline <= now).map(({ deadline }) => deadline);
        live = live.filter(({ deadline }) => deadline > now);
        expect(drain(index, now).map(({ deadline }) => deadline)).toEqual(expected.sort((a, b) => a - b));
      }
    }),
    { seed: 4787 },
  );
});
