import { cpuUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import { Identity } from '../identity/identity.ts';
import { NobleSigner } from '../identity/noble-signer.ts';
import { encodeEnvelope } from '../wire/signal/envelope.ts';
import { type Refusal, SignalOpener } from './opener.ts';
import { Receipts } from './receipts.ts';
import { SignalSealer } from './sealer.ts';

const COUNT = 50_000;
/** What all tables at their limits may hold; a leak of a hundred bytes a signal would be more. */
const GROWTH_BYTES = 4_000_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

function stage() {
  const signer = new NobleSigner();
  const random = SeededRandom.fromText('flood');
  let nowUs = 0;
  const clock = {
    now: () => nowUs,
    wallMs: () => 1_900_000_000_000 + nowUs / 1000,
    after: () => ({ cancel: () => {} }),
  };
  const host = { clock, random, signer };
  const [alice, bob] = [Identity.generate(host), Identity.generate(host)];
  const receipts = new Receipts(host, () => {});
  const opener = new SignalOpener(host, bob, undefined, (...receipt) => receipts.owe(...receipt));
  const sealer = new SignalSealer(host, alice);
  const id = () => random.bytes(16);
  const body = Buffer.alloc(200);
  const seal = () =>
    sealer.seal(bob.publicKey, { id: id(), sentAtMs: clock.wallMs(), ttlMs: 60_000, kind: 'test', body });
  return { host, opener, sealer, seal, tick: () => (nowUs += 1000), alice };
}

describe.each<[string, (scene: ReturnType<typeof stage>) => Uint8Array, Refusal]>([
  ['of no signals', ({ host }) => host.random.bytes(400), 'malformed'],
  [
    'under keys that nobody has seen',
    ({ host }) => {
      const part = (length: number) => host.random.bytes(length);
      const ephemeralKey = Buffer.concat([Buffer.of(2), part(32)]);
      const [nonce, ciphertext, tag] = [part(12), part(448), part(16)];
      return encodeEnvelope({ type: 'message', ephemeralKey, nonce, ciphertext, tag });
    },
    'busy',
  ],
])('a flood %s, a thousand a second', (name, make, reason) => {
  it('is refused at next to no cost, and keeps no memory', { timeout: 120_000 }, () => {
    const scene = stage();
    expect(scene.opener.open(scene.seal())).toMatchObject({ kind: 'test' });
    const before = heapBytes();
    const refused = new Map<unknown, number>();
    const start = cpuUsage();
    for (let count = 0; count < COUNT; count++) {
      scene.tick();
      const result = scene.opener.open(make(scene));
      refused.set(result, (refused.get(result) ?? 0) + 1);
    }
    const { user } = cpuUsage(start);
    if (process.env.SHOW_COSTS) console.log(`${name}: ${(user / COUNT).toFixed(1)} us of CPU each`, refused);
    expect(refused.get(reason)! / COUNT).toBeGreaterThan(0.98);
    expect(heapBytes() - before).toBeLessThan(GROWTH_BYTES);
    expect(scene.opener.open(scene.seal())).toMatchObject({ kind: 'test' });
  });
});

it('copies of one message are refused, and one receipt is owed for all of them', { timeout: 120_000 }, () => {
  const scene = stage();
  const copy = scene.seal();
  expect(scene.opener.open(copy)).toMatchObject({ kind: 'test' });
  const before = heapBytes();
  const start = cpuUsage();
  for (let count = 0; count < COUNT; count++) expect(scene.opener.open(copy) === 'duplicate').toBe(true);
  if (process.env.SHOW_COSTS) console.log(`copies: ${(cpuUsage(start).user / COUNT).toFixed(1)} us of CPU each`);
  expect(heapBytes() - before).toBeLessThan(GROWTH_BYTES);
});

it('forged receipts cost one symmetric check each', () => {
  const scene = stage();
  scene.seal();
  const { random } = scene.host;
  for (let count = 0; count < 1000; count++) {
    const ephemeralKey = Buffer.concat([Buffer.of(2), random.bytes(32)]);
    const [nonce, ciphertext, tag] = [random.bytes(12), random.bytes(16), random.bytes(16)];
    const receipt = { type: 'acknowledgement', ephemeralKey, nonce, ciphertext, tag } as const;
    expect(scene.sealer.openAcknowledgement(receipt)).toBeUndefined();
  }
});
