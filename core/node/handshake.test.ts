import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import { World } from '../../simulator/world/world.ts';
import { Identity } from '../identity/identity.ts';
import { NobleSigner } from '../identity/noble-signer.ts';
import { DatagramTransport } from '../plugins/datagram-transport.ts';
import { sleep } from '../ports/sleep.ts';
import { withContext } from '../wire/context.ts';
import type { Hello } from '../wire/proof.ts';
import { FRAME, frameKind } from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import type { HandshakeKeys } from './handshake.ts';
import { initiate } from './initiate.ts';
import { FrameGuard } from './link/frame-guard.ts';
import { respond } from './respond.ts';

const signer = new NobleSigner();
const identity = (seed: number) => Identity.fromSecretKey(signer, Buffer.alloc(32, seed));
const [alice, bob, mallory] = [identity(1), identity(2), identity(3)];
const keysOf = (who: Identity): HandshakeKeys => ({
  sign: (context, message) => who.sign(context, message),
  verify: (context, signature, message, key) => signer.verify(signature, withContext(context, message), key),
  ephemeral: () => {
    const { publicKey, secretKey } = signer.keyPair(Buffer.alloc(48, 5));
    return { share: publicKey, secret: (theirs) => signer.sharedSecret(secretKey, theirs) };
  },
});
const guardOf = (role: 'initiator' | 'responder', secret = 1) =>
  new FrameGuard(role, Buffer.alloc(64, secret), Buffer.from('session'));
const helloTo = (responder: Identity): Hello => ({
  sessionId: Buffer.alloc(16, 7),
  initiatorKey: alice.publicKey,
  responderKey: responder.publicKey,
  nonce: Buffer.alloc(16, 8),
  plugin: 'test',
});

interface Run {
  readonly lose?: (frame: Uint8Array, count: number) => boolean;
  readonly alter?: (frame: Uint8Array) => Uint8Array;
  readonly responder?: Identity;
  readonly nominate?: () => Promise<void>;
  readonly giveUpMs?: number;
  /** When the initiator hears the peer on its path, by something else than a frame. */
  readonly reachedAtMs?: number;
  /** What the responder knows of the session; undefined: nobody has agreed on anything, both ends sign. */
  readonly guard?: FrameGuard;
  /** When the initiator gets to know its part. */
  readonly guardAfterMs?: number;
}

/** Two ends joined by datagrams that take 10 ms and may get lost or altered. */
async function run(options: Run) {
  const { lose, alter, responder = bob, nominate, giveUpMs = 30_000, guard, guardAfterMs = 0, reachedAtMs } = options;
  const world = new World({ seed: 'handshake' });
  const { scheduler } = world;
  const clock = {
    now: () => world.now,
    wallMs: () => 0,
    after: (ms: number, task: () => void) => scheduler.timer(ms * 1000, task),
  };
  const kinds: number[] = [];
  const wire = (to: () => DatagramTransport) => ({
    send: (frame: Uint8Array) => {
      kinds.push(frameKind(frame));
      if (lose?.(frame, kinds.length)) return;
      const arriving = alter ? alter(frame) : frame;
      scheduler.schedule(10_000, () => to().deliver(arriving));
    },
    close: () => {},
  });
  const remote = { address: '192.0.2.1', port: 1 };
  const a: DatagramTransport = new DatagramTransport(
    wire(() => b),
    remote,
  );
  const b: DatagramTransport = new DatagramTransport(
    wire(() => a),
    remote,
  );
  const abort = new AbortController();
  const result = await world.run(async () => {
    clock.after(giveUpMs, () => abort.abort(new Error('gave up')));
    if (reachedAtMs !== undefined) clock.after(reachedAtMs, () => a.reached());
    const random = SeededRandom.fromText('handshake');
    const base = { host: { clock, random }, signal: abort.signal, plugin: 'test', kind: 'direct' as const };
    const known = guard && sleep(clock, guardAfterMs).then(() => guardOf('initiator'));
    const ends = await Promise.allSettled([
      initiate({
        ...base,
        transport: a,
        keys: keysOf(alice),
        hello: helloTo(bob),
        guard: known ?? new Promise(() => {}),
        nominate: nominate ?? (async () => {}),
      }),
      respond({
        ...base,
        transport: b,
        keys: keysOf(responder),
        nonce: Buffer.alloc(16, 9),
        admit: (hello) => {
          if (hello.plugin !== 'test') throw new WireError('another plugin');
          return guard;
        },
      }),
    ]);
    const provenMs = world.now / 1000;
    await sleep(clock, 4000); // For whoever still repeats something.
    for (const end of ends) if (end.status === 'fulfilled') end.value.abort();
    return {
      provenMs,
      texts: ends.map((end) => (end.status === 'fulfilled' ? 'proven' : (end.reason as Error).message)),
    };
  });
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return { ends: result.value.texts, provenMs: result.value.provenMs, kinds };
}

const { hello, proof, confirm, accept, answer, nominate: taken } = FRAME;

describe('the handshake of two ends that know the keys of their session', () => {
  it('takes one round trip until the initiator has a proven path, and one way more until both have', async () => {
    const { ends, kinds, provenMs } = await run({ guard: guardOf('responder') });
    expect(ends).toEqual(['proven', 'proven']);
    expect(kinds).toEqual([hello, answer, taken, accept]);
    expect(provenMs).toBe(30); // Of 10 ms each.
  });

  it('waits for the keys if the path is faster than the signal channel', async () => {
    const { ends, provenMs } = await run({ guard: guardOf('responder'), guardAfterMs: 700 });
    expect([ends, provenMs]).toEqual([['proven', 'proven'], 710]);
  });

  it('takes nobody for the peer who does not know them', async () => {
    expect((await run({ guard: guardOf('responder', 2) })).ends).toEqual(['gave up', 'gave up']);
  });

  it('refuses an answer and a nomination that were altered', async () => {
    for (const kind of [answer, taken]) {
      const alter = (frame: Uint8Array) => {
        if (frameKind(frame) !== kind) return frame;
        return Uint8Array.from(frame, (byte, index) => (index === 9 ? byte ^ 1 : byte));
      };
      const { ends } = await run({ guard: guardOf('responder'), alter });
      expect([kind, ends]).toEqual([kind, [kind === taken ? 'proven' : 'gave up', 'gave up']]);
    }
  });
});

describe.each([
  ['known keys', true],
  ['signatures', false],
])('the handshake by %s', (_, keyed) => {
  const start = (options: Run) => run(keyed ? { ...options, guard: guardOf('responder') } : options);

  it('survives the loss of any one frame, and of half of all frames', async () => {
    for (let lost = 1; lost <= 4; lost++) {
      expect((await start({ lose: (_, count) => count === lost })).ends).toEqual(['proven', 'proven']);
    }
    for (let seed = 0; seed < 20; seed++) {
      const random = SeededRandom.fromText(`loss ${seed}`);
      expect((await start({ lose: () => random.below(2) === 0 })).ends).toEqual(['proven', 'proven']);
    }
  });

  it('says hello again as soon as the peer is heard', async () => {
    const early = (_: Uint8Array, count: number) => count === 1;
    expect((await start({ lose: early })).kinds.slice(0, 2)).toEqual([hello, hello]);
    const { ends, kinds, provenMs } = await start({ lose: early, reachedAtMs: 70 });
    expect([ends, provenMs]).toEqual([['proven', 'proven'], 70 + 30]); // And not 100 + 30.
    expect(kinds).toHaveLength(5);
    expect((await start({ lose: early, reachedAtMs: 30 })).provenMs).toBe(100 + 30); // It could have been underway.
    expect((await start({ reachedAtMs: 75 })).kinds).toHaveLength(4); // What is proven needs no repeating.
  });

  it('takes no path before it is nominated', async () => {
    const { ends, kinds } = await start({ nominate: () => new Promise(() => {}) });
    expect(ends).toEqual(['gave up', 'gave up']);
    expect(kinds.filter((kind) => kind === confirm || kind === taken)).toEqual([]);
  });

  it('gives up, and stops sending, when the signal fires', async () => {
    const { ends, kinds } = await start({ lose: () => true, giveUpMs: 1000 });
    expect(ends).toEqual(['gave up', 'gave up']);
    expect(kinds).toEqual([hello, hello, hello, hello]);
  });
});

describe('the handshake of two ends that know nothing of each other but keys', () => {
  it('takes four frames when nothing gets lost', async () => {
    const { ends, kinds } = await run({});
    expect(ends).toEqual(['proven', 'proven']);
    expect(kinds).toEqual([hello, proof, confirm, accept]);
  });

  it('refuses a responder that does not hold the key of the address', async () => {
    expect((await run({ responder: mallory })).ends).toEqual(['gave up', 'gave up']);
  });

  it('refuses a confirm that was altered: its signature, or the share that it vouches for', async () => {
    for (const at of [20, 80]) {
      const alter = (frame: Uint8Array) => {
        if (frameKind(frame) !== confirm) return frame;
        return Uint8Array.from(frame, (byte, index) => (index === at ? byte ^ 1 : byte));
      };
      expect((await run({ alter })).ends).toEqual(['proven', 'gave up']);
    }
  });

  it('ignores a proof that is cut short', async () => {
    const { ends } = await run({ alter: (frame) => (frameKind(frame) === proof ? frame.subarray(0, 40) : frame) });
    expect(ends[0]).toBe('gave up');
  });
});
