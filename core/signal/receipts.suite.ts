import { expect, test } from 'vitest';
import { inLab, type MakeLab, pause } from '../ports/lab.suite.ts';
import { decodeEnvelope, encodeEnvelope } from '../wire/signal/envelope.ts';
import { startBroker, Talker, Tap } from './signal-helpers.suite.ts';

/** How senders learn that a message has arrived. */
export function receiptSuite(makeLab: MakeLab): void {
  test(
    'receipts travel with the next message the other way, and alone if there is none',
    inLab(makeLab, async (lab) => {
      const server = await startBroker(lab);
      const alice = await Talker.open(lab.hosts[0], [server.local]);
      const bob = await Talker.open(lab.hosts[1], [server.local]);
      let answered: Promise<void> | undefined;
      bob.channel.onMessage(() => {
        answered ??= bob.say(alice, 'answer');
      });
      await alice.say(bob, 'question');
      await answered;
      expect(bob.channel.counters).toMatchObject({ sent: 1, receipts: 0, acknowledged: 1 });
      expect(alice.channel.counters).toMatchObject({ sent: 1, receipts: 1, acknowledged: 1 });
      await Promise.all([alice.channel.close(), bob.channel.close()]);
      await server.close();
    }),
  );

  test(
    'a receipt is believed of the receiver alone, and copies of a message do not multiply',
    inLab(makeLab, async (lab) => {
      const server = await startBroker(lab);
      const alice = await Talker.open(lab.hosts[0], [server.local]);
      const bob = await Talker.open(lab.hosts[1], [server.local]);
      const tap = await Tap.open(lab.hosts[0], server.local, bob.key);
      await alice.say(bob, 'one');
      await bob.channel.close();
      const lost = alice.say(bob, 'two', [], { timeoutMs: 2000 });
      await tap.overhear(2);
      const { ephemeralKey, nonce } = decodeEnvelope(tap.overheard[1]!);
      const [ciphertext, tag] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
      const forged = encodeEnvelope({ type: 'acknowledgement', ephemeralKey, nonce, ciphertext, tag });
      await tap.publish(alice.key, forged);
      await alice.refused('unreadable');
      await expect(lost).rejects.toMatchObject({ code: 'unacknowledged' });

      const carol = await Talker.open(lab.hosts[1], [server.local]);
      const ear = await Tap.open(lab.hosts[0], server.local, carol.key);
      const mouth = await Tap.open(lab.hosts[0], server.local, alice.key);
      await alice.say(carol, 'three');
      for (let copy = 0; copy < 50; copy++) await ear.publish(carol.key, ear.overheard[0]!);
      await carol.refused('duplicate', 50);
      await pause(lab.hosts[0].clock, 500);
      expect(mouth.overheard.length).toBeLessThan(20);
      expect(carol.texts).toEqual(['three']);
      await Promise.all([alice.channel.close(), carol.channel.close(), tap.close(), ear.close(), mouth.close()]);
      await server.close();
    }),
  );
}
