import { beforeEach, describe, expect, it } from 'vitest';
import type { Transport, TransportSink } from '../plugins/transport.ts';
import { Pipe, PipeClosed } from './pipe.ts';
import { ProvenLink } from './proven-link.ts';
import { ReceiveTimeout, SUB_ALL } from './subscription.ts';

/** A transport whose other end is the test. */
class TestTransport implements Transport {
  readonly protocol = 'tcp';
  readonly reliable: boolean;
  readonly maxMessage = 1000;
  readonly sent: Uint8Array[] = [];
  full = false;
  paused = false;
  onResume: (() => void) | undefined;
  state: 'open' | 'ended' | 'aborted' = 'open';
  sink!: TransportSink;

  constructor(reliable = true) {
    this.reliable = reliable;
  }

  trust(): void {}

  start(sink: TransportSink): void {
    this.sink = sink;
  }

  send(message: Uint8Array): boolean {
    this.sent.push(message);
    return !this.full;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.onResume?.();
  }

  end(): void {
    this.state = 'ended';
  }

  abort(): void {
    this.state = 'aborted';
    this.sink.closed();
  }

  /** What the peer says: a data frame. */
  say(text: string): void {
    this.sink.message(Buffer.concat([Buffer.of(0x84), Buffer.from(text)]));
  }
}

/** Timers that the test fires by hand. */
class TestClock {
  readonly timers = new Set<() => void>();

  now(): number {
    return 0;
  }

  wallMs(): number {
    return 0;
  }

  after(_delayMs: number, task: () => void) {
    this.timers.add(task);
    return { cancel: () => void this.timers.delete(task) };
  }

  fire(): void {
    for (const task of [...this.timers]) {
      this.timers.delete(task);
      task();
    }
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('Pipe', () => {
  let transport: TestTransport;
  let clock: TestClock;
  let disposed: number;

  function open(reliable = true): Pipe {
    transport = new TestTransport(reliable);
    clock = new TestClock();
    disposed = 0;
    return new Pipe({
      link: new ProvenLink(transport, clock, () => {}),
      clock,
      plugin: 'test',
      peerKey: Buffer.alloc(33, 2),
      attempts: [],
      dispose: () => {
        disposed++;
      },
    });
  }

  let pipe: Pipe;
  beforeEach(() => {
    pipe = open();
  });

  it('keeps what came before anybody read', async () => {
    transport.say('one');
    transport.say('two');
    expect(text(await pipe.recv(SUB_ALL))).toBe('one');
    expect(text(await pipe.recv())).toBe('two');
  });

  it('gives each subscription its own copy of what matches', async () => {
    const all = pipe.subscribe();
    const pings = pipe.subscribe({ pattern: /^ping/g });
    const prefixed = pipe.subscribe({ pattern: Buffer.from('po') });
    const strangers = pipe.subscribe({ from: 'somebody-else' });
    const own = pipe.subscribe({ from: pipe.peerId });
    for (const word of ['ping 1', 'pong', 'ping 2']) transport.say(word);
    expect([all, pings, prefixed, strangers, own].map(({ length }) => length)).toEqual([3, 2, 1, 0, 3]);
    expect(text(await pings.recv())).toBe('ping 1');
    expect(text(await pings.recv())).toBe('ping 2');
  });

  it('counts a message that no reader wants', () => {
    pipe.subscribe({ pattern: /^x/ });
    transport.say('y');
    expect(pipe.dropped).toBe(1);
  });

  it('calls handlers until they are taken off', () => {
    const heard: string[] = [];
    const off = pipe.onMessage((message) => heard.push(text(message)));
    transport.say('a');
    off();
    transport.say('b');
    expect(heard).toEqual(['a']);
  });

  it('ends a recv by its timeout without losing the next message', async () => {
    const waiting = pipe.recv(SUB_ALL, { timeoutMs: 2000 });
    clock.fire();
    await expect(waiting).rejects.toBeInstanceOf(ReceiveTimeout);
    transport.say('late');
    expect(text(await pipe.recv(SUB_ALL))).toBe('late');
  });

  it('ends a recv by its signal', async () => {
    const abort = new AbortController();
    const waiting = pipe.recv(SUB_ALL, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('iterates to the end of the pipe: what waits is read first', async () => {
    const words: string[] = [];
    const reading = (async () => {
      for await (const message of pipe) words.push(text(message));
    })();
    transport.say('a');
    transport.say('b');
    transport.sink.message(Buffer.concat([Buffer.of(0x85), Buffer.from('done')]));
    transport.sink.closed();
    await reading;
    expect(words).toEqual(['a', 'b']);
    expect(await pipe.closed).toEqual({ by: 'peer', text: 'done' });
  });

  it('pushes back when nobody reads, and lets go when somebody does', async () => {
    for (let count = 0; count < 256; count++) transport.say(`${count}`);
    expect(transport.paused).toBe(true);
    expect(text(await pipe.recv())).toBe('0');
    expect(transport.paused).toBe(false);
  });

  it('drops what an unreliable pipe cannot hold, and counts it', () => {
    pipe = open(false);
    for (let count = 0; count < 300; count++) transport.say('x');
    expect([pipe.dropped, transport.paused]).toEqual([44, false]);
  });

  it('makes a writer wait for room', async () => {
    transport.full = true;
    await pipe.send(Buffer.from('1'));
    let second = false;
    const waiting = pipe.send(Buffer.from('2')).then(() => {
      second = true;
    });
    await Promise.resolve();
    expect(second).toBe(false);
    transport.full = false;
    transport.sink.drained();
    await waiting;
    expect(transport.sent).toHaveLength(2);
  });

  it('refuses a message that is too long by name of the limit', async () => {
    expect(pipe.maxMessage).toBe(999);
    await expect(pipe.send(new Uint8Array(1000))).rejects.toThrow('at most 999');
  });

  it('tells the peer why it closes, lets a stream drain, then frees everything', async () => {
    pipe.close('that was all');
    expect(text(transport.sent[0]!.subarray(1))).toBe('that was all');
    expect([transport.state, disposed]).toEqual(['ended', 0]);
    expect(await pipe.closed).toEqual({ by: 'us', text: 'that was all' });
    await expect(pipe.send(Buffer.from('x'))).rejects.toBeInstanceOf(PipeClosed);
    await expect(pipe.recv()).rejects.toThrow('closed by us: that was all');
    transport.sink.closed();
    expect(disposed).toBe(1);
  });

  it('frees everything in the end though the peer never closes its half', () => {
    pipe.close();
    clock.fire();
    expect(disposed).toBe(1);
  });

  it('says when the network, not the peer, ended it', async () => {
    transport.sink.closed();
    expect((await pipe.closed).by).toBe('network');
  });

  it('keeps the order of what came before the pipe and what the transport still held back', async () => {
    transport = new TestTransport();
    clock = new TestClock();
    const link = new ProvenLink(transport, clock, () => {});
    for (let count = 0; count < 64; count++) transport.say(`${count}`);
    expect(transport.paused).toBe(true);
    transport.onResume = () => transport.say('64');
    const options = { clock, plugin: 'test', peerKey: Buffer.alloc(33, 2), attempts: [], dispose: () => {} };
    const ordered = new Pipe({ link, ...options });
    for (let count = 0; count <= 64; count++) expect(text(await ordered.recv())).toBe(`${count}`);
  });

  it('is not held up by a loop that was left, nor by a filter that was read once', async () => {
    const leaving = (async () => {
      for await (const message of pipe) return text(message);
      return undefined;
    })();
    transport.say('first');
    expect(await leaving).toBe('first');
    const once = pipe.recv({ pattern: /x/ });
    transport.say('x');
    await once;
    pipe.onMessage(() => {});
    for (let count = 0; count < 1000; count++) transport.say('x');
    expect(transport.paused).toBe(false);
  });

  it('shares one queue among equal filters', async () => {
    const first = pipe.recv({ pattern: /^a/ });
    for (const word of ['a1', 'b', 'a2']) transport.say(word);
    expect([text(await first), text(await pipe.recv({ pattern: /^a/ }))]).toEqual(['a1', 'a2']);
  });

  it('keeps an unreliable transport alive, and notices when the peer has gone silent', async () => {
    pipe = open(false);
    for (let beat = 0; beat < 3; beat++) clock.fire();
    transport.say('still here');
    for (let beat = 0; beat < 4; beat++) clock.fire();
    expect(transport.sent.map(([kind]) => kind)).toEqual(Array(7).fill(0x87));
    clock.fire();
    expect(await pipe.closed).toEqual({ by: 'network', text: 'the peer has gone silent' });
    expect([transport.state, disposed, clock.timers.size]).toEqual(['aborted', 1, 0]);
  });
});
