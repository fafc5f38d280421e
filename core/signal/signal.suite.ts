import { describe, expect, test } from 'vitest';
import { Identity } from '../identity/identity.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Host, TcpConnection } from '../ports/index.ts';
import { inLab, type Lab, type MakeLab, pause } from '../ports/lab.suite.ts';
import { createAddress } from '../wire/address/address.ts';
import { encodeEnvelope } from '../wire/signal/envelope.ts';
import { encodeInner, SIGNAL_CONTEXT, signedMessage } from '../wire/signal/inner.ts';
import { encodeSignalContent, MAX_BODY_LENGTH } from '../wire/signal/signal-content.ts';
import { addressExchangeSuite } from './address-exchange.suite.ts';
import { brokersSuite } from './brokers.suite.ts';
import { EnvelopeKey } from './envelope-key.ts';
import { receiptSuite } from './receipts.suite.ts';
import { SignalSealer } from './sealer.ts';
import { SignalChannel } from './signal-channel.ts';
import { contentOf, startBroker, Talker, Tap, until } from './signal-helpers.suite.ts';

/** Two nodes, and a broker on the second one's host. */
interface Stage {
  readonly lab: Lab;
  readonly host: Host;
  readonly broker: Endpoint;
  readonly alice: Talker;
  readonly bob: Talker;
}

function onStage(makeLab: MakeLab, body: (stage: Stage) => Promise<void>): () => Promise<void> {
  return inLab(makeLab, async (lab) => {
    const server = await startBroker(lab);
    const alice = await Talker.open(lab.hosts[0], [server.local]);
    const bob = await Talker.open(lab.hosts[1], [server.local]);
    await body({ lab, host: lab.hosts[0], broker: server.local, alice, bob });
    await Promise.all([alice.channel.close(), bob.channel.close()]);
    await server.close();
  });
}

/** What a signal channel does, in any world. */
export function signalSuite(world: string, makeLab: MakeLab): void {
  describe(`signal: ${world}`, () => {
    talkTests(makeLab);
    attackTests(makeLab);
    brokerTests(makeLab);
    brokersSuite(makeLab);
    receiptSuite(makeLab);
    addressExchangeSuite(makeLab);
  });
}

function talkTests(makeLab: MakeLab): void {
  const staged = (body: (stage: Stage) => Promise<void>) => onStage(makeLab, body);

  test(
    'two nodes talk',
    staged(async ({ host, alice, bob, broker }) => {
      const { bytes } = createAddress(
        { issuedAtMs: host.clock.wallMs(), interfaces: [], brokers: [broker] },
        alice.identity,
      );
      await alice.channel.send(bob.key, 'test.open', Buffer.from('hello'), { address: bytes, brokers: [broker] });
      await bob.heard(1);
      expect(bob.messages[0]).toMatchObject({ kind: 'test.open', address: { brokers: [broker] } });
      expect(Buffer.from(bob.messages[0]!.from)).toEqual(Buffer.from(alice.key));
      await bob.say(alice, 'hello yourself');
      await alice.heard(1);
      expect([bob.texts, alice.texts]).toEqual([['hello'], ['hello yourself']]);
      expect(alice.channel.counters).toMatchObject({ sent: 1, received: 1 });
      expect(alice.channel.readyBrokers).toEqual([broker]);
    }),
  );

  test(
    'a burst arrives whole and in order',
    staged(async ({ alice, bob }) => {
      const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
      await Promise.all(texts.map((text) => alice.say(bob, text)));
      await bob.heard(50);
      expect(bob.texts).toEqual(texts);
    }),
  );

  test(
    'a message as long as they get arrives; a longer one is refused here',
    staged(async ({ alice, bob }) => {
      await alice.channel.send(bob.key, 'test', Buffer.alloc(MAX_BODY_LENGTH, 7));
      await bob.heard(1);
      expect(bob.messages[0]!.body).toEqual(Buffer.alloc(MAX_BODY_LENGTH, 7));
      await expect(alice.channel.send(bob.key, 'test', Buffer.alloc(MAX_BODY_LENGTH + 1))).rejects.toThrow(RangeError);
      await expect(alice.channel.send(Buffer.alloc(33, 9), 'test', Buffer.alloc(1))).rejects.toThrow(RangeError);
    }),
  );

  test(
    'a closed channel neither sends nor hears',
    staged(async ({ alice, bob }) => {
      await bob.channel.close();
      await expect(alice.say(bob, 'anyone?')).rejects.toMatchObject({ code: 'unacknowledged' });
      await expect(bob.say(alice, 'no')).rejects.toMatchObject({ code: 'closed' });
      await bob.channel.close();
      expect(bob.messages).toEqual([]);
      expect(bob.channel.connected).toBe(false);
    }),
  );
}

function attackTests(makeLab: MakeLab): void {
  const tapped = (body: (stage: Stage, tap: Tap) => Promise<void>) =>
    onStage(makeLab, async (stage) => {
      const tap = await Tap.open(stage.host, stage.broker, stage.bob.key);
      await body(stage, tap);
      // Whatever was tried, the conversation goes on.
      const before = stage.bob.messages.length;
      await stage.alice.say(stage.bob, 'still here');
      await stage.bob.heard(before + 1);
      expect(stage.bob.texts.at(-1)).toBe('still here');
      await tap.close();
    });

  test(
    'what is overheard is unreadable, and refused when it is played back',
    tapped(async ({ host, alice, bob }, tap) => {
      await alice.say(bob, 'the secret');
      await bob.heard(1);
      await tap.overhear(1);
      const [bytes] = tap.overheard;
      expect(Buffer.from(bytes!).includes('secret')).toBe(false);
      await tap.publish(bob.key, bytes!);
      await bob.refused('duplicate');
      await tap.publish(alice.key, bytes!);
      await alice.refused('unreadable');
      expect(bob.messages.length).toBe(1);
      await until(host.clock, () => tap.overheard.length === 2);
    }),
  );

  test(
    "a message in another's name is refused",
    tapped(async ({ host, alice, bob }, tap) => {
      const mallory = Identity.generate(host);
      const { secretKey, publicKey } = host.signer.keyPair(host.random.bytes(48));
      const content = encodeSignalContent(contentOf(host, 'it is I, Alice'));
      const message = signedMessage(bob.key, publicKey, alice.key, content);
      const inner = encodeInner({ senderKey: alice.key, signature: mallory.sign(SIGNAL_CONTEXT, message), content });
      const key = new EnvelopeKey(host.signer.sharedSecret(secretKey, bob.key), publicKey, bob.key);
      await tap.publish(bob.key, encodeEnvelope(key.seal('message', inner, host.random.bytes(12))));
      await bob.refused('forged');
      expect(bob.messages).toEqual([]);
    }),
  );

  test(
    'what is old, what is for someone else and what is no signal is refused',
    tapped(async ({ host, alice, bob }, tap) => {
      const sealer = new SignalSealer(host, alice.identity);
      const old = contentOf(host, 'news', { sentAtMs: host.clock.wallMs() - 3_600_000 });
      await tap.publish(bob.key, sealer.seal(bob.key, old));
      await bob.refused('expired');
      await tap.publish(bob.key, sealer.seal(Identity.generate(host).publicKey, contentOf(host, 'for Carol')));
      await bob.refused('unreadable');
      await tap.publish(bob.key, Buffer.from('junk'));
      await bob.refused('malformed');
      expect(bob.messages).toEqual([]);
    }),
  );
}

function brokerTests(makeLab: MakeLab): void {
  test(
    'a broker may restart',
    inLab(makeLab, async (lab) => {
      const first = await startBroker(lab);
      const { local } = first;
      const alice = await Talker.open(lab.hosts[0], [local]);
      const bob = await Talker.open(lab.hosts[1], [local]);
      await first.close();
      await until(lab.hosts[0].clock, () => !alice.channel.connected && !bob.channel.connected);
      const late = alice.say(bob, 'before it is back');
      const second = await startBroker(lab, { port: local.port });
      await until(lab.hosts[0].clock, () => alice.channel.connected && bob.channel.connected);
      await late;
      await alice.say(bob, 'after');
      await until(lab.hosts[0].clock, () => bob.texts.includes('after'));
      await Promise.all([alice.channel.close(), bob.channel.close()]);
      await second.close();
    }),
  );

  test(
    'without a broker a channel opens all the same, and a message waits no longer than it was told to',
    inLab(makeLab, async (lab) => {
      const nowhere = { address: lab.addresses[1], port: 1 };
      const alice = await Talker.open(lab.hosts[0], [nowhere]);
      expect(alice.channel.connected).toBe(false);
      const sending = alice.channel.send(alice.key, 'test', Buffer.alloc(1), { timeoutMs: 50 });
      await expect(sending).rejects.toMatchObject({ code: 'timeout' });
      const cut = alice.channel.send(alice.key, 'test', Buffer.alloc(1));
      await alice.channel.close();
      await expect(cut).rejects.toMatchObject({ code: 'closed' });
      expect(alice.channel.counters.sent).toBe(0);
    }),
  );

  test(
    'a broker that wants a password gets it',
    inLab(makeLab, async (lab) => {
      const server = await startBroker(lab, { credentials: [{ username: 'lab', password: 'right' }] });
      const endpoint = server.local;
      const open = (password: string) =>
        SignalChannel.open(lab.hosts[0], Identity.generate(lab.hosts[0]), {
          brokers: [{ endpoint, username: 'lab', password }],
        });
      const channels = [await open('right'), await open('wrong')];
      expect(channels.map((channel) => channel.connected)).toEqual([true, false]);
      await Promise.all(channels.map((channel) => channel.close()));
      await server.close();
    }),
  );

  // CONNACK, SUBACK, then the header of a PUBLISH of 256 MiB, or of one at QoS 2.
  test.each([
    ['announces a packet too long', [0x30, 0xff, 0xff, 0xff, 0x7f]],
    ['sends a message at QoS 2', [0x34, 0x05, 0x00, 0x01, 0x61, 0x00, 0x01]],
    ['sends no MQTT', [0xff, 0xff, 0xff]],
  ])('a broker that %s is left', (_name, bytes) =>
    inLab(makeLab, async (lab) => {
      const { tcp, clock } = lab.hosts[1];
      const connections: TcpConnection[] = [];
      const listener = await tcp.listen({ address: lab.addresses[1] }, (connection) => {
        connections.push(connection);
        let step = 0;
        connection.start({
          data: (packet) => {
            const id = packet.subarray(2, 4);
            if (++step === 1) connection.send(Buffer.from([0x20, 0x02, 0x00, 0x00]));
            else if (step === 2) connection.send(Buffer.from([0x90, 0x03, ...id, 0x01, ...bytes]));
          },
          end: () => connection.end(),
          closed: () => {},
          drained: () => {},
        });
      });
      const alice = await Talker.open(lab.hosts[0], [listener.local]);
      await until(clock, () => connections.length >= 3);
      await alice.channel.close();
      listener.close();
      for (const connection of connections) connection.reset();
      await pause(clock, 50);
    })(),
  );
}
