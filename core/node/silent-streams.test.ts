import { expect, it } from 'vitest';
import { PipeStage } from './pipe-stage.suite.ts';

const TCP = { nats: ['full-cone', 'full-cone'] as const, connect: { transport: 'stream' as const } };

it('a peer that vanishes from a pipe over TCP is noticed, though nothing is said', () =>
  PipeStage.run(TCP, async (stage) => {
    expect(stage.pipes[0].protocol).toBe('tcp');
    await stage.sleep(100_000);
    const { network } = stage.sides[1].host;
    for (const on of [...network.interfaces]) network.detach(on);
    const since = stage.world.now;
    expect(await stage.pipes[0].closed).toEqual({ by: 'network', text: 'the peer has gone silent' });
    expect((stage.world.now - since) / 1e6).toBeLessThan(90);
  }));

it('a peer that does not read for minutes, and a pipe on which nothing is said for half an hour, are still there', () =>
  PipeStage.run(TCP, async (stage) => {
    const [pipe, other] = stage.pipes;
    const subscription = other.subscribe(); // Nobody reads it: the writer has to wait.
    const writing = (async () => {
      for (let index = 0; index < 2000; index++) await pipe.send(Buffer.alloc(10_000, index));
    })();
    await stage.sleep(300_000);
    expect(subscription.length).toBeLessThan(2000);
    for (let index = 0; index < 2000; index++) {
      expect((await subscription.recv())[0]).toBe(index % 256);
    }
    await writing;
    await stage.sleep(1_800_000);
    await pipe.send(Buffer.from('still there'));
    expect(Buffer.from(await subscription.recv()).toString()).toBe('still there');
  }));
