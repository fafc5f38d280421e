import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TransportSink } from '../../plugins/transport.ts';
import { sleep } from '../../ports/sleep.ts';
import { ReliableLink } from '../reliable/reliable-link.ts';
import { TwoLinks, type Way } from './two-links.suite.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

function hear(link: { start(sink: TransportSink): void }): string[] {
  const heard: string[] = [];
  link.start({ message: (bytes) => heard.push(text(bytes)), closed: () => {}, drained: () => {} });
  return heard;
}

const RELAY: Way = { delayMs: 80 };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

describe('a link that is moved to a faster path while datagrams flow both ways', () => {
  it('loses nothing and swaps nothing, whenever each end hears of it', async () => {
    const cases = fc.record({
      seed: fc.string(),
      atMs: fc.nat(400),
      peerLaterMs: fc.nat(200),
      gapMs: fc.integer({ min: 1, max: 30 }),
      directMs: fc.integer({ min: 1, max: 120 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, atMs, peerLaterMs, gapMs, directMs }) => {
        const two = new TwoLinks(seed, RELAY);
        const heard = two.links.map(hear);
        await two.run(async () => {
          two.clock.after(atMs, () => two.upgrade({ delayMs: directMs }, peerLaterMs));
          for (let index = 0; index < 60; index++) {
            for (const link of two.links) link.send(Buffer.from(`${index}`));
            await sleep(two.clock, gapMs);
          }
          await sleep(two.clock, 4000);
          for (const link of two.links) expect(link.path.kind).toBe('direct');
          expect(two.open).toBe(2); // The old path is gone at both ends.
          for (const link of two.links) link.abort();
        });
        expect(heard).toEqual([numbers(60), numbers(60)]);
      }),
      { numRuns: 150 },
    );
  });

  it('loses no more than the network does, and swaps only what the old path itself brings too late', async () => {
    const lossy: Way = { delayMs: 80, lossPercent: 20, jitterMs: 60 };
    const two = new TwoLinks('lossy', lossy);
    const heard = two.links.map(hear);
    await two.run(async () => {
      two.clock.after(300, () => two.upgrade({ delayMs: 20 }, 20));
      for (let index = 0; index < 200; index++) {
        for (const link of two.links) link.send(Buffer.from(`${index}`));
        await sleep(two.clock, 5);
      }
      await sleep(two.clock, 4000);
      for (const link of two.links) link.abort();
    });
    for (const each of heard) {
      expect(new Set(each).size).toBe(each.length);
      expect(each.length).toBeGreaterThan(170);
      expect(each.slice(-100)).toEqual(numbers(200).slice(-100));
    }
  });
});

describe('a reliable link over datagrams', () => {
  it('brings every message, in order, through loss, reordering and changes of path', { timeout: 120_000 }, async () => {
    const way = fc.record({ delayMs: fc.integer({ min: 1, max: 150 }), jitterMs: fc.nat(80), lossPercent: fc.nat(30) });
    const cases = fc.record({
      seed: fc.string(),
      first: way,
      upgrades: fc.array(fc.record({ afterMs: fc.integer({ min: 301, max: 2000 }), peerLaterMs: fc.nat(300), way }), {
        maxLength: 3,
      }),
      lengths: fc.array(fc.oneof(fc.nat(50), fc.nat(20_000)), { minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, first, upgrades, lengths }) => {
        const two = new TwoLinks(seed, first);
        const ends = two.links.map((link) => new ReliableLink(link, two.clock));
        const heard = ends.map(hear);
        const messages = lengths.map((length, index) => `${index} ${'x'.repeat(length)}`);
        await two.run(async () => {
          let atMs = 0; // One after the other: a nomination is answered before the next is made.
          for (const { afterMs, peerLaterMs, way: next } of upgrades) {
            atMs += afterMs;
            two.clock.after(atMs, () => two.upgrade(next, peerLaterMs));
          }
          for (const message of messages) {
            for (const end of ends) end.send(Buffer.from(message));
            await sleep(two.clock, 40);
          }
          for (let waited = 0; waited < 600 && heard.some((each) => each.length < messages.length); waited++) {
            await sleep(two.clock, 500);
          }
          for (const end of ends) end.abort();
        });
        expect(heard[0]).toEqual(messages);
        expect(heard[1]).toEqual(messages);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves it to a stream to repeat what it is given, and does it itself before and after', async () => {
    const two = new TwoLinks('stream', { delayMs: 40, lossPercent: 10 });
    const ends = two.links.map((link) => new ReliableLink(link, two.clock));
    const heard = ends.map(hear);
    await two.run(async () => {
      for (let index = 0; index < 20; index++) ends[0]!.send(Buffer.from(`${index}`));
      await sleep(two.clock, 3000);
      two.upgrade({ delayMs: 4000, stream: true }, 20); // Many times what a retransmission would wait for.
      await sleep(two.clock, 20_000);
      two.streamed = 0;
      for (let index = 20; index < 30; index++) ends[0]!.send(Buffer.from(`${index}`));
      await sleep(two.clock, 20_000);
      // Ten segments, and an acknowledgement for every second one.
      expect(two.streamed).toBe(10 + 5);
      two.upgrade({ delayMs: 40, lossPercent: 30 }, 20);
      for (let index = 30; index < 60; index++) ends[0]!.send(Buffer.from(`${index}`));
      await sleep(two.clock, 20_000);
      for (const end of ends) end.abort();
    });
    expect(heard).toEqual([[], numbers(60)]);
  });

  it('fills a path that loses nothing, and gives way on one that does', async () => {
    const took = async (lossPercent: number) => {
      const two = new TwoLinks(`speed ${lossPercent}`, { delayMs: 40, lossPercent });
      const [ours, theirs] = two.links.map((link) => new ReliableLink(link, two.clock));
      const heard = hear(theirs!);
      hear(ours!);
      return two.run(async () => {
        const message = Buffer.alloc(100_000, 'x');
        for (let count = 0; count < 10; count++) ours!.send(message);
        while (heard.length < 10) await sleep(two.clock, 10);
        for (const end of [ours!, theirs!]) end.abort();
        return two.world.now / 1000;
      });
    };
    const [clean, lossy] = [await took(0), await took(3)];
    // 840 segments: 10, 20, 40 … up to 256 a round trip of 80 ms.
    expect(clean).toBeGreaterThan(480);
    expect(clean).toBeLessThan(800);
    expect(lossy).toBeGreaterThan(clean);
    expect(lossy).toBeLessThan(20_000);
  });

  it('makes a writer wait for a reader who does not read, and goes on when he does', async () => {
    const two = new TwoLinks('back-pressure', { delayMs: 10 });
    const [ours, theirs] = two.links.map((link) => new ReliableLink(link, two.clock));
    const heard = hear(theirs!);
    let drained = 0;
    ours!.start({ message: () => {}, closed: () => {}, drained: () => void drained++ });
    await two.run(async () => {
      theirs!.pause();
      let sent = 0;
      while (ours!.send(Buffer.from(`${sent++}`))) await sleep(two.clock, 1);
      await sleep(two.clock, 20_000);
      expect([heard.length, drained, sent]).toEqual([0, 0, 512 + 256 + 1]);
      theirs!.resume();
      await sleep(two.clock, 20_000);
      expect([heard.length, drained]).toEqual([sent, 1]);
      for (const end of [ours!, theirs!]) end.abort();
    });
  });

  it('closes once the peer has everything, and says why', async () => {
    const two = new TwoLinks('close', { delayMs: 30, lossPercent: 10 });
    const [ours, theirs] = two.links.map((link) => new ReliableLink(link, two.clock));
    const heard = hear(theirs!);
    hear(ours!);
    await two.run(async () => {
      for (let index = 0; index < 50; index++) ours!.send(Buffer.from(`${index}`));
      ours!.end('that was all');
      await sleep(two.clock, 10_000);
      for (const end of [ours!, theirs!]) end.abort();
    });
    expect(heard).toEqual(numbers(50));
  });
});
