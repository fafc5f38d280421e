import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import { World } from '../../simulator/world/world.ts';
import { Identity } from '../identity/identity.ts';
import { NobleSigner } from '../identity/noble-signer.ts';
import { DatagramTransport } from '../plugins/datagram-transport.ts';
import { withContext } from '../wire/context.ts';
import type { Hello } from '../wire/proof.ts';
import { FRAME, frameKind } from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import { type HandshakeKeys, initiate, respond } from './handshake.ts';

const signer = new NobleSigner();
const identity = (seed: number) => Identity.fromSecretKey(signer, Buffer.alloc(32, seed));
const [alice, bob, mallory] = [identity(1), identity(2), identity(3)];
const keysOf = (who: Identity): HandshakeKeys => ({
  sign: (context, message) => who.sign(context, message),
  verify: (context, signature, message, key) => signer.verify(signature, withContext(context, message), key),
});
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
}

/** Two ends joined by datagrams that take 10 ms and may get lost or altered. */
async function run({ lose, alter, responder = bob, nominate, giveUpMs = 30_000 }: Run) {
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
    const base = { clock, signal: abort.signal };
    const ends = await Promise.allSettled([
      initiate({
        ...base,
        transport: a,
        keys: keysOf(alice),
        hello: helloTo(bob),
        nominate: nominate ?? (async () => {}),
      }),
      respond({
        ...base,
        transport: b,
        keys: keysOf(responder),
        nonce: Buffer.alloc(16, 9),
        admit: (hello) => {
          if (hello.plugin !== 'test') throw new WireError('another plugin');
        },
      }),
    ]);
    return ends.map((end) => (end.status === 'fulfilled' ? 'proven' : (end.reason as Error).message));
  });
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return { ends: result.value, kinds };
}

describe('the proof handshake', () => {
  it('takes four frames when nothing gets lost', async () => {
    const { ends, kinds } = await run({});
    expect(ends).toEqual(['proven', 'proven']);
    expect(kinds).toEqual([FRAME.hello, FRAME.proof, FRAME.confirm, FRAME.accept]);
  });

  it('survives the loss of any one frame, and of half of all frames', async () => {
    for (let lost = 1; lost <= 4; lost++) {
      expect((await run({ lose: (_, count) => count === lost })).ends).toEqual(['proven', 'proven']);
    }
    for (let seed = 0; seed < 20; seed++) {
      const random = SeededRandom.fromText(`loss ${seed}`);
      expect((await run({ lose: () => random.below(2) === 0 })).ends).toEqual(['proven', 'proven']);
    }
  });

  it('refuses a responder that does not hold the key of the address', async () => {
    const { ends } = await run({ responder: mallory });
    expect(ends).toEqual(['gave up', 'gave up']);
  });

  it('refuses a confirm whose signature was altered', async () => {
    const alter = (frame: Uint8Array) => {
      if (frameKind(frame) !== FRAME.confirm) return frame;
      return Uint8Array.from(frame, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    };
    expect((await run({ alter })).ends).toEqual(['gave up', 'gave up']);
  });

  it('ignores a proof that is cut short', async () => {
    const { ends } = await run({
      alter: (frame) => (frameKind(frame) === FRAME.proof ? frame.subarray(0, 40) : frame),
    });
    expect(ends[0]).toBe('gave up');
  });

  it('confirms nothing before the path is nominated', async () => {
    const { ends, kinds } = await run({ nominate: () => new Promise(() => {}) });
    expect(ends).toEqual(['gave up', 'gave up']);
    expect(kinds).not.toContain(FRAME.confirm);
  });

  it('gives up, and stops sending, when the signal fires', async () => {
    const { ends, kinds } = await run({ lose: () => true, giveUpMs: 1000 });
    expect(ends).toEqual(['gave up', 'gave up']);
    expect(kinds).toEqual([FRAME.hello, FRAME.hello, FRAME.hello]);
  });
});
