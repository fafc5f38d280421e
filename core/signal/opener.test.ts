import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import { SimSigner } from '../../simulator/world/signer.ts';
import { Identity } from '../identity/identity.ts';
import { createAddress } from '../wire/address/address.ts';
import { encodeEnvelope, MAX_ENVELOPE_LENGTH } from '../wire/signal/envelope.ts';
import { encodeInner, SIGNAL_CONTEXT, signedMessage } from '../wire/signal/inner.ts';
import { encodeSignalContent, type SignalContent } from '../wire/signal/signal-content.ts';
import { EnvelopeKey } from './envelope-key.ts';
import { DEFAULT_OPENER_LIMITS, SignalOpener } from './opener.ts';
import { SignalSealer } from './sealer.ts';

const MINUTE = 60_000;

/** A node without a network: a clock that a test sets, a seeded stream, a signer. */
class Bench {
  readonly random: SeededRandom;
  readonly signer = new SimSigner();
  readonly identity: Identity;
  wall = 1_900_000_000_000;
  mono = 0;
  readonly clock = {
    now: () => this.mono,
    wallMs: () => this.wall,
    after: () => {
      throw new Error('nothing here waits');
    },
  };
  readonly sealer: SignalSealer;

  constructor(label: string) {
    this.random = SeededRandom.fromText(label);
    this.identity = Identity.generate(this);
    this.sealer = new SignalSealer(this, this.identity);
  }

  pass(ms: number): void {
    this.wall += ms;
    this.mono += ms * 1000;
  }

  content(change: Partial<SignalContent> = {}): SignalContent {
    const id = this.random.bytes(16);
    return { id, sentAtMs: this.wall, ttlMs: MINUTE, kind: 'test', body: Buffer.from('hello'), ...change };
  }

  address() {
    return createAddress({ issuedAtMs: this.wall, interfaces: [], brokers: [] }, this.identity).bytes;
  }
}

/** Seals by hand, so that each part can be something else than it should be. */
function craft(
  by: Bench,
  to: Uint8Array,
  change: { senderKey?: Uint8Array; signedFor?: Uint8Array; content?: Uint8Array; secretKey?: Uint8Array } = {},
): Uint8Array {
  const ephemeral = by.signer.keyPair(change.secretKey ?? by.random.bytes(48));
  const senderKey = change.senderKey ?? by.identity.publicKey;
  const content = change.content ?? encodeSignalContent(by.content());
  const message = signedMessage(change.signedFor ?? to, ephemeral.publicKey, senderKey, content);
  const inner = encodeInner({ senderKey, signature: by.identity.sign(SIGNAL_CONTEXT, message), content });
  const key = new EnvelopeKey(by.signer.sharedSecret(ephemeral.secretKey, to), ephemeral.publicKey, to);
  return encodeEnvelope(key.seal('message', inner, by.random.bytes(12)));
}

function pair() {
  const alice = new Bench('alice');
  const bob = new Bench('bob');
  const opener = new SignalOpener(bob, bob.identity);
  const seal = (content: SignalContent) => alice.sealer.seal(bob.identity.publicKey, content);
  return { alice, bob, opener, seal };
}

describe('a message', () => {
  it('arrives as it was sent', () => {
    const { alice, opener, seal } = pair();
    const address = alice.address();
    const message = opener.open(seal(alice.content({ kind: 'session.open', body: Buffer.from('body'), address })));
    expect(message).toMatchObject({ kind: 'session.open', sentAtMs: alice.wall });
    if (typeof message === 'string') throw new Error(message);
    expect(Buffer.from(message.body).toString()).toBe('body');
    expect(Buffer.from(message.from)).toEqual(Buffer.from(alice.identity.publicKey));
    expect(message.address?.issuedAtMs).toBe(alice.wall);
  });

  it('is taken once', () => {
    const { alice, opener, seal } = pair();
    const content = alice.content();
    const bytes = seal(content);
    expect(opener.open(bytes)).toMatchObject({ kind: 'test' });
    expect(opener.open(bytes)).toBe('duplicate');
    expect(opener.open(seal(content))).toBe('duplicate');
  });

  it('is taken once for as long as it could be taken again', () => {
    const { alice, bob, opener, seal } = pair();
    const bytes = seal(alice.content());
    bob.wall -= 9 * MINUTE;
    expect(opener.open(bytes)).toMatchObject({ kind: 'test' });
    for (let minute = 0; minute < 20; minute++) {
      expect(opener.open(bytes)).toBe('duplicate');
      bob.pass(MINUTE);
      opener.open(seal(alice.content({ sentAtMs: bob.wall })));
    }
    expect(opener.open(bytes)).toBe('duplicate');
    bob.pass(MINUTE);
    expect(opener.open(bytes)).toBe('expired');
  });

  it('does not come back when the wall clock is set back', () => {
    const { alice, bob, opener, seal } = pair();
    const bytes = seal(alice.content());
    expect(opener.open(bytes)).toMatchObject({ kind: 'test' });
    bob.pass(60 * MINUTE);
    expect(opener.open(seal(alice.content({ sentAtMs: bob.wall })))).toMatchObject({ kind: 'test' });
    bob.wall -= 60 * MINUTE;
    expect(opener.open(bytes)).toBe('expired');
    bob.pass(MINUTE);
    expect(opener.open(seal(alice.content({ sentAtMs: bob.wall })))).toMatchObject({ kind: 'test' });
  });

  it.each([
    [-11 * MINUTE, true],
    [-11 * MINUTE - 1, false],
    [11 * MINUTE, true],
    [11 * MINUTE + 1, false],
  ])('with a minute to live may be %i ms off our clock: %s', (offMs, taken) => {
    const { alice, opener, seal } = pair();
    const result = opener.open(seal(alice.content({ sentAtMs: alice.wall + offMs })));
    if (taken) expect(result).toMatchObject({ kind: 'test' });
    else expect(result).toBe('expired');
  });

  it('can be read by its receiver only', () => {
    const { alice, seal } = pair();
    const carol = new Bench('carol');
    expect(new SignalOpener(carol, carol.identity).open(seal(alice.content()))).toBe('unreadable');
    const plain = seal(alice.content({ body: Buffer.from('a word that stands out') }));
    expect(Buffer.from(plain).includes('stands out')).toBe(false);
    expect(Buffer.from(plain).includes(Buffer.from(alice.identity.publicKey))).toBe(false);
  });

  it('uses one ephemeral key for a conversation, for a while', () => {
    const { alice, opener, seal } = pair();
    const key = (bytes: Uint8Array) => Buffer.from(bytes.subarray(1, 34)).toString('hex');
    const nonce = (bytes: Uint8Array) => Buffer.from(bytes.subarray(34, 46)).toString('hex');
    const first = seal(alice.content());
    const second = seal(alice.content());
    expect(key(second)).toBe(key(first));
    expect(nonce(second)).not.toBe(nonce(first));
    alice.pass(10 * MINUTE);
    const third = seal(alice.content());
    expect(key(third)).not.toBe(key(first));
    for (const bytes of [first, second, third]) expect(opener.open(bytes)).toMatchObject({ kind: 'test' });
  });
});

describe('a forger', () => {
  it("can't speak in another's name", () => {
    const { alice, bob, opener } = pair();
    const mallory = new Bench('mallory');
    const bytes = craft(mallory, bob.identity.publicKey, { senderKey: alice.identity.publicKey });
    expect(opener.open(bytes)).toBe('forged');
  });

  it("can't turn a message to one node into one to another", () => {
    const { alice, bob, opener } = pair();
    const carol = new Bench('carol');
    const bytes = craft(alice, bob.identity.publicKey, { signedFor: carol.identity.publicKey });
    expect(opener.open(bytes)).toBe('forged');
  });

  it("can't put a signed message into an envelope of his own", () => {
    const { alice, bob, opener } = pair();
    const content = encodeSignalContent(alice.content());
    const own = alice.signer.keyPair(alice.random.bytes(48));
    const other = alice.signer.keyPair(alice.random.bytes(48));
    const to = bob.identity.publicKey;
    const message = signedMessage(to, own.publicKey, alice.identity.publicKey, content);
    const signature = alice.identity.sign(SIGNAL_CONTEXT, message);
    const inner = encodeInner({ senderKey: alice.identity.publicKey, signature, content });
    const key = new EnvelopeKey(alice.signer.sharedSecret(other.secretKey, to), other.publicKey, to);
    expect(opener.open(encodeEnvelope(key.seal('message', inner, alice.random.bytes(12))))).toBe('forged');
  });

  it("can't change sides within a conversation", () => {
    const { alice, bob, opener } = pair();
    const secretKey = alice.random.bytes(48);
    expect(opener.open(craft(alice, bob.identity.publicKey, { secretKey }))).toMatchObject({ kind: 'test' });
    const senderKey = new Bench('carol').identity.publicKey;
    expect(opener.open(craft(alice, bob.identity.publicKey, { secretKey, senderKey }))).toBe('wrong-sender');
  });

  it("can't lend a node another node's address", () => {
    const { alice, opener, seal } = pair();
    const address = new Bench('carol').address();
    expect(opener.open(seal(alice.content({ address })))).toBe('bad-address');
    expect(opener.open(seal(alice.content({ address: Buffer.alloc(100) })))).toBe('bad-address');
    const bent = Uint8Array.from(alice.address());
    bent[bent.length - 1]! ^= 1;
    expect(opener.open(seal(alice.content({ address: bent })))).toBe('bad-address');
  });

  it("can't make a refused message count as taken", () => {
    const { alice, bob, opener } = pair();
    const content = encodeSignalContent(alice.content());
    const mallory = new Bench('mallory');
    const forged = craft(mallory, bob.identity.publicKey, { senderKey: alice.identity.publicKey, content });
    expect(opener.open(forged)).toBe('forged');
    expect(opener.open(craft(alice, bob.identity.publicKey, { content }))).toMatchObject({ kind: 'test' });
  });

  it('gets nowhere by changing bytes, and nothing throws', () => {
    const { alice, opener, seal } = pair();
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
    const bytes = seal(alice.content());
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const bent = Uint8Array.from(bytes);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      expect(['malformed', 'unreadable', 'busy']).toContain(opener.open(bent));
    }
    expect(opener.open(bytes)).toMatchObject({ kind: 'test' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (input) => {
        expect(typeof opener.open(input)).toBe('string');
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(opener.open(new Uint8Array(MAX_ENVELOPE_LENGTH + 1))).toBe('malformed');
  });
});

describe('a flood', () => {
  it('by strangers costs a bounded number of public-key operations, and does not shut out who is known', () => {
    const { alice, bob, opener, seal } = pair();
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
    let work = 0;
    const shared = bob.identity.sharedSecret.bind(bob.identity);
    bob.identity.sharedSecret = (key) => {
      work++;
      return shared(key);
    };
    const mallory = new Bench('mallory');
    const results = Array.from({ length: 100 }, () => opener.open(craft(mallory, mallory.identity.publicKey)));
    expect(results.filter((result) => result === 'busy').length).toBe(100 - 31);
    expect(work).toBe(31);
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
    bob.pass(1000);
    expect(opener.open(craft(mallory, bob.identity.publicKey))).toMatchObject({ kind: 'test' });
  });

  it('by one sender is cut to its rate', () => {
    const { alice, bob, opener, seal } = pair();
    const send = (count: number) =>
      Array.from({ length: count }, () => opener.open(seal(alice.content({ sentAtMs: bob.wall }))));
    const first = send(100);
    expect(first.filter((result) => typeof result !== 'string').length).toBe(64);
    expect(first.slice(64).every((result) => result === 'rate')).toBe(true);
    bob.pass(5000);
    expect(send(10).filter((result) => typeof result !== 'string').length).toBe(5);
  });

  it("in another's name does not spend that sender's rate", () => {
    const { alice, bob, seal } = pair();
    const limits = { ...DEFAULT_OPENER_LIMITS, newcomers: { burst: 500, perSecond: 1 } };
    const opener = new SignalOpener(bob, bob.identity, limits);
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
    const mallory = new Bench('mallory');
    for (let index = 0; index < 200; index++) {
      const bytes = craft(mallory, bob.identity.publicKey, { senderKey: alice.identity.publicKey });
      expect(opener.open(bytes)).toBe('forged');
    }
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
  });

  it('that fills the table refuses strangers and keeps what is remembered', () => {
    const { alice, bob, seal } = pair();
    const limits = { ...DEFAULT_OPENER_LIMITS, ids: 8, idsPerSender: 4 };
    const opener = new SignalOpener(bob, bob.identity, limits);
    const first = seal(alice.content());
    expect(opener.open(first)).toMatchObject({ kind: 'test' });
    for (let index = 0; index < 5; index++) {
      expect(opener.open(craft(new Bench(`stranger ${index}`), bob.identity.publicKey))).toMatchObject({
        kind: 'test',
      });
    }
    expect(opener.open(craft(new Bench('one more'), bob.identity.publicKey))).toBe('full');
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
    expect(opener.open(seal(alice.content()))).toMatchObject({ kind: 'test' });
    expect(opener.open(seal(alice.content()))).toBe('full');
    expect(opener.open(first)).toBe('duplicate');
    bob.pass(12 * MINUTE);
    const later = { sentAtMs: bob.wall };
    expect(opener.open(seal(alice.content(later)))).toMatchObject({ kind: 'test' });
  });
});
