import { expect, test } from 'vitest';
import type { Host } from '../ports/index.ts';
import { inLab, type MakeLab, pause } from '../ports/lab.suite.ts';
import { type Address, createAddress } from '../wire/address/address.ts';
import { encodeRefresh } from '../wire/address/refresh.ts';
import { AddressExchange } from './address-exchange.ts';
import { startBroker, Talker } from './signal-helpers.suite.ts';

function addressOf(talker: Talker, host: Host, issuedAtMs = host.clock.wallMs()): Address {
  const brokers = talker.channel.readyBrokers;
  return createAddress({ issuedAtMs, interfaces: [], brokers }, talker.identity);
}

/** How a node learns what address another has by now. */
export function addressExchangeSuite(makeLab: MakeLab): void {
  test(
    'an old address leads to the new one, and who has the new one is told so',
    inLab(makeLab, async (lab) => {
      const [host] = lab.hosts;
      const server = await startBroker(lab);
      const alice = await Talker.open(lab.hosts[0], [server.local]);
      const bob = await Talker.open(lab.hosts[1], [server.local]);
      const old = addressOf(bob, host);
      const current = addressOf(bob, host, old.issuedAtMs + 1);
      const asking = new AddressExchange(host, alice.channel, { current: () => addressOf(alice, host) });
      const asked: string[] = [];
      const answering = new AddressExchange(lab.hosts[1], bob.channel, {
        current: () => current,
        answer: (key) => asked.push(Buffer.from(key).toString('hex')) < 3,
      });
      const fresh = await asking.refresh(old);
      expect(Buffer.from(fresh.bytes).equals(current.bytes)).toBe(true);
      expect(await asking.refresh(current)).toBe(current);
      expect(asked).toEqual([Buffer.from(alice.key).toString('hex'), Buffer.from(alice.key).toString('hex')]);
      await expect(asking.refresh(old, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'timeout' });
      answering.close();
      const abort = new AbortController();
      const given = asking.refresh(old, { signal: abort.signal });
      abort.abort(new Error('enough'));
      await expect(given).rejects.toThrow('enough');
      asking.close();
      await Promise.all([alice.channel.close(), bob.channel.close()]);
      await server.close();
    }),
  );

  test(
    "an older address, another node's, or none at all is no news",
    inLab(makeLab, async (lab) => {
      const [host] = lab.hosts;
      const server = await startBroker(lab);
      const alice = await Talker.open(lab.hosts[0], [server.local]);
      const [bob, mallory] = [await Talker.open(host, [server.local]), await Talker.open(host, [server.local])];
      const known = addressOf(bob, host);
      const older = addressOf(bob, host, known.issuedAtMs - 1);
      const exchange = new AddressExchange(host, alice.channel, { current: () => known });
      const answer = encodeRefresh({ type: 'answer', issuedAtMs: known.issuedAtMs + 5 });
      const asking = exchange.refresh(known);
      await bob.heard(1);
      const theirs = addressOf(mallory, host, known.issuedAtMs + 5);
      await mallory.channel.send(alice.key, 'address', answer, { address: theirs.bytes });
      await bob.channel.send(alice.key, 'address', Buffer.from('nonsense'));
      const stolen = bob.channel.send(alice.key, 'address', answer, { address: theirs.bytes, timeoutMs: 300 });
      await expect(stolen).rejects.toMatchObject({ code: 'unacknowledged' });
      await alice.refused('bad-address');
      await pause(host.clock, 50);
      await bob.channel.send(alice.key, 'address', answer, { address: older.bytes });
      expect(await asking).toBe(known);
      exchange.close();
      await Promise.all([alice, bob, mallory].map(({ channel }) => channel.close()));
      await server.close();
    }),
  );
}
