import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../core/net/endpoint.ts';
import type { UdpSocket } from '../../core/ports/index.ts';
import { type LinkModel, type SimHost, symmetricLink, Topology, World } from '../../simulator/index.ts';
import { ByteStream, type MessagePipe } from './byte-stream.ts';

/** A pipe over a socket, as unreliable as what lies beneath. */
class SocketPipe implements MessagePipe {
  readonly reliable = false;
  readonly maxMessage = 1200;
  readonly closed: Promise<{ by: 'us' | 'peer'; text: string }>;
  readonly #socket: UdpSocket;
  readonly #peer: () => Endpoint;
  #end!: (reason: { by: 'us' | 'peer'; text: string }) => void;

  constructor(socket: UdpSocket, peer: () => Endpoint) {
    this.#socket = socket;
    this.#peer = peer;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async send(message: Uint8Array): Promise<void> {
    this.#socket.send(message, this.#peer());
  }

  onMessage(handler: (message: Uint8Array) => void): () => void {
    this.#socket.onMessage = (message) => {
      if (message.length > 0) handler(message);
      else this.#end({ by: 'peer', text: 'done' });
    };
    return () => {
      this.#socket.onMessage = undefined;
    };
  }

  close(): void {
    this.#socket.send(Buffer.alloc(0), this.#peer());
    this.#socket.close();
    this.#end({ by: 'us', text: 'closed' });
  }
}

interface Scene {
  readonly world: World;
  readonly host: SimHost;
  readonly a: ByteStream;
  readonly b: ByteStream;
}

async function scene(link: LinkModel, play: (scene: Scene) => Promise<void>): Promise<World> {
  const world = new World({ seed: 'byte stream' });
  const net = new Topology(world);
  const hosts = ['a', 'b'].map((name) => net.server(name, { link: symmetricLink(link) })) as [SimHost, SimHost];
  const at = (host: SimHost, port: number) => ({ address: host.interfaces()[1]!.addresses[0]!.address, port });
  const result = await world.run(
    async () => {
      const sockets = [await hosts[0].udp.bind(), await hosts[1].udp.bind()] as const;
      const pipes = sockets.map((socket, side) => {
        const other = 1 - side;
        return new SocketPipe(socket, () => at(hosts[other as 0 | 1], sockets[other as 0 | 1].local.port));
      });
      const [a, b] = pipes.map((pipe, side) => new ByteStream(pipe, hosts[side as 0 | 1].clock));
      await play({ world, host: hosts[0], a: a!, b: b! });
    },
    { limitUs: 3600 * 1e6, maxEvents: 20_000_000 },
  );
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
  return world;
}

async function digest(stream: ByteStream): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function random(world: World, label: string, length: number): Buffer {
  return Buffer.from(world.random.fork(label).bytes(length));
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const closed = (stream: ByteStream) => new Promise((resolve) => stream.once('close', () => resolve(stream.errored)));

describe('a byte stream over messages', () => {
  it.each<[string, LinkModel]>([
    ['a clean line', { latencyUs: 20_000 }],
    [
      'a line that loses, doubles and swaps',
      { latencyUs: 20_000, jitterUs: 15_000, reorder: true, lossPpm: 80_000, duplicatePpm: 20_000 },
    ],
    ['a narrow line with a short queue', { latencyUs: 20_000, rate: { bitsPerSecond: 4_000_000, queueBytes: 30_000 } }],
    ['a line that loses every fourth', { latencyUs: 5000, lossPpm: 250_000 }],
  ])('carries every byte both ways, in order, over %s', async (_name, link) => {
    await scene(link, async ({ world, a, b }) => {
      const [there, back] = [random(world, 'there', 700_000), random(world, 'back', 300_001)];
      a.end(there);
      b.end(back);
      const both = Promise.all([closed(a), closed(b)]);
      expect(await Promise.all([digest(b), digest(a)])).toEqual([sha256(there), sha256(back)]);
      expect(await both).toEqual([null, null]);
    });
  });

  it('ends one way while the other goes on', async () => {
    await scene({ latencyUs: 20_000, lossPpm: 50_000 }, async ({ a, b }) => {
      a.end('the question');
      let heard = '';
      for await (const chunk of b) heard += chunk;
      expect(heard).toBe('the question');
      b.end(`the answer to ${heard}`);
      let answer = '';
      for await (const chunk of a) answer += chunk;
      expect(answer).toBe('the answer to the question');
    });
  });

  it('holds the writer back while nobody reads', async () => {
    await scene({ latencyUs: 1000 }, async ({ world, host, a, b }) => {
      const bytes = random(world, 'much', 3_000_000);
      let taken = 0;
      const writing = (async () => {
        for (let at = 0; at < bytes.length; at += 10_000) {
          const room = a.write(bytes.subarray(at, at + 10_000));
          taken = at + 10_000;
          if (!room) await new Promise((resolve) => a.once('drain', resolve));
        }
        a.end();
      })();
      await new Promise<void>((resolve) => host.clock.after(30_000, resolve));
      // What waits: 512 frames there, and what the two streams hold themselves.
      expect(taken).toBeLessThan(1_000_000);
      b.end();
      expect(await digest(b)).toBe(sha256(bytes));
      await writing;
      a.resume();
    });
  });

  it('breaks with an error when the other end falls silent', async () => {
    await scene({ latencyUs: 1000 }, async ({ a, b }) => {
      b.removeAllListeners();
      a.on('error', () => {});
      b.on('error', () => {});
      const end = closed(a);
      b.destroy(new Error('gone'));
      a.write('anybody there?');
      expect(await end).toMatchObject({ message: expect.stringContaining('the peer closed the pipe') });
    });
  });
});
