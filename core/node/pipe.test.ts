import { beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import type { Transport, TransportSink } from '../plugins/transport.ts';
import { FRAME } from '../wire/proof.ts';
import { SEALED_OVERHEAD } from '../wire/sealed-frame.ts';
import { FrameGuard } from './link/frame-guard.ts';
import { Link } from './link/link.ts';
import { LinkPath } from './link/link-path.ts';
import { Pipe, PipeClosed } from './pipe.ts';
import { ReceiveTimeout, SUB_ALL } from './subscription.ts';

const guard = (role: 'initiator' | 'responder') => new FrameGuard(role, Buffer.alloc(32, 1), Buffer.from('test'));

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
  readonly peer = guard('responder');

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

  /** What the peer says. */
  say(text: string, kind: number = FRAME.data): void {
    this.sink.message(this.peer.seal(kind, Buffer.from(text)));
  }

  /** What was sent to the peer, of this kind. */
  told(kind: number): Uint8Array[] {
    const reader = guard('responder');
    return this.sent.flatMap((bytes) => reader.open(bytes) ?? []).flatMap((f) => (f.kind === kind ? f.body : []));
  }
}

/** Timers that the test fires by hand, all at once. */
class TestClock {
  readonly timers = new Set<() => void>();
  /** How long after each other. */
  stepMs = 0;
  #nowMs = 0;

  now(): number {
    return this.#nowMs * 1000;
  }

  wallMs(): number {
    return 0;
  }

  after(_delayMs: number, task: () => void) {
    this.timers.add(task);
    return { cancel: () => void this.timers.delete(task) };
  }

  fire(): void {
    this.#nowMs += this.stepMs;
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
    return new Pipe({ link: link(), ...options() });
  }

  function link(): Link {
    const path = new LinkPath({
      transport,
      host: { clock, random: SeededRandom.fromText('path') },
      guard: guard('initiator'),
      plugin: 'test',
      kind: 'direct',
      nominate: () => Buffer.alloc(0),
    });
    transport.sent.length = 0; // The nomination.
    path.release = () => {
      disposed++;
    };
    return new Link(path, { clock, random: SeededRandom.fromText('pipe') });
  }

  function options() {
    const settled = Promise.resolve();
    return { clock, peerKey: Buffer.alloc(33, 2), attempts: () => [], settled };
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
    transport.say('done', FRAME.close);
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
    expect(transport.told(FRAME.data).map(text)).toEqual(['1', '2']);
  });

  it('refuses a message that is too long by name of the limit', async () => {
    const limit = 1000 - SEALED_OVERHEAD;
    expect(pipe.maxMessage).toBe(limit);
    await expect(pipe.send(new Uint8Array(limit + 1))).rejects.toThrow(`at most ${limit}`);
  });

  it('tells the peer why it closes, lets a stream drain, then frees everything', async () => {
    pipe.close('that was all');
    expect(transport.told(FRAME.close).map(text)).toEqual(['that was all']);
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
    const held = link();
    for (let count = 0; count < 64; count++) transport.say(`${count}`);
    expect(transport.paused).toBe(true);
    transport.onResume = () => transport.say('64');
    const ordered = new Pipe({ link: held, ...options() });
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

  it('lets nobody else in: what the peer did not seal, and what was there before, is no message and closes nothing', async () => {
    pipe = open(false);
    const heard: string[] = [];
    pipe.onMessage((message) => heard.push(text(message)));
    const frame = transport.peer.seal(FRAME.data, Buffer.from('once'));
    const stranger = new FrameGuard('responder', Buffer.alloc(32, 2), Buffer.from('test'));
    transport.sink.message(frame);
    transport.sink.message(frame);
    transport.sink.message(stranger.seal(FRAME.close, Buffer.from('bye')));
    transport.sink.message(Buffer.concat([Buffer.of(FRAME.close), Buffer.from('bye')]));
    transport.sink.message(
      transport.sent[0] ?? guard('initiator').seal(FRAME.close, Buffer.from('our own, reflected')),
    );
    transport.say('still there');
    expect(heard).toEqual(['once', 'still there']);
    expect(transport.state).toBe('open');
  });

  it('ends a stream into which somebody else got', async () => {
    transport.sink.message(guard('initiator').seal(FRAME.data, Buffer.from('x')));
    expect(await pipe.closed).toEqual({ by: 'network', text: 'a frame came that the peer did not seal' });
  });

  it('keeps a path of datagrams alive, and closes when the peer does not answer for 30 s (RFC 7675)', async () => {
    pipe = open(false);
    clock.stepMs = 1000;
    for (let beat = 0; beat < 20; beat++) {
      clock.fire();
      for (const ping of transport.told(FRAME.ping).slice(-1)) transport.say(text(ping), FRAME.pong);
    }
    expect(transport.told(FRAME.ping)).toHaveLength(10);
    for (let beat = 0; beat < 40 && transport.state === 'open'; beat++) clock.fire();
    expect(await pipe.closed).toEqual({ by: 'network', text: 'the peer has gone silent' });
    expect([transport.state, disposed, clock.timers.size]).toEqual(['aborted', 1, 0]);
  });

  it('takes what anybody can send for no sign of life', async () => {
    pipe = open(false);
    clock.stepMs = 1000;
    for (let beat = 0; beat < 60 && transport.state === 'open'; beat++) {
      transport.sink.message(Buffer.of(FRAME.pong));
      clock.fire();
    }
    expect(transport.state).toBe('aborted');
  });
});
