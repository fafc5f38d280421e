import { expect, test } from 'vitest';
import { inLab, type MakeLab, settle } from './lab.suite.ts';
import { Acceptor, connectedPair, freePort, Recorder, record, sendUntilStuck } from './tcp-helpers.suite.ts';

/** Aborted connections. */
export function tcpResetCases(makeLab: MakeLab): void {
  telling(makeLab);
  leaving(makeLab);
}

function telling(makeLab: MakeLab): void {
  test.each(['the dialler', 'the acceptor'])('a reset by %s is ECONNRESET to the other, once', (who) =>
    inLab(makeLab, async (lab) => {
      const pair = await connectedPair(lab);
      const [one, two] = who === 'the dialler' ? pair : (pair.toReversed() as typeof pair);
      const [atOne, atTwo] = [record(one), record(two)];
      one.reset();
      expect(atOne.log).toEqual([]);
      one.reset();
      await atOne.until(() => atOne.isClosed);
      await atTwo.until(() => atTwo.isClosed);
      two.send(Buffer.from('into the void'));
      two.end();
      two.reset();
      await settle(lab.hosts[0].clock);
      expect(atOne.log).toEqual(['closed']);
      expect(atTwo.log).toEqual(['closed ECONNRESET']);
    })(),
  );

  test(
    'a reset before start() is told after it',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      near.reset();
      await settle(lab.hosts[0].clock);
      const [atNear, atFar] = [new Recorder(), new Recorder()];
      near.start(atNear);
      far.start(atFar);
      expect([atNear.log, atFar.log]).toEqual([[], []]);
      await atNear.until(() => atNear.isClosed);
      await atFar.until(() => atFar.isClosed);
      expect(atNear.log).toEqual(['closed']);
      expect(atFar.log).toEqual(['closed ECONNRESET']);
    }),
  );
}

function leaving(makeLab: MakeLab): void {
  test(
    'a reset does not wait for queued bytes',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const atNear = record(near);
      await sendUntilStuck(near, atNear, lab.hosts[0].clock);
      near.reset();
      await atNear.until(() => atNear.isClosed);
      expect(atNear.log).toEqual(['closed']);
      far.reset();
    }),
  );

  test.each(['at once', 'later'])('a reset %s after end() still closes', (when) =>
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const [atNear, atFar] = [record(near), record(far)];
      near.end();
      if (when === 'later') await atFar.until(() => atFar.log.includes('end'));
      near.reset();
      await atNear.until(() => atNear.isClosed);
      expect(atNear.log).toEqual(['closed']);
      far.reset();
      await atFar.until(() => atFar.isClosed);
    })(),
  );

  test(
    'a reset after the peer’s end is told by the next send at the latest',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const [atNear, atFar] = [record(near), record(far)];
      near.end();
      await atFar.until(() => atFar.log.includes('end'));
      near.reset();
      await atNear.until(() => atNear.isClosed);
      await settle(lab.hosts[0].clock);
      far.send(Buffer.from('too late'));
      await atFar.until(() => atFar.isClosed);
      expect(atFar.log).toEqual(['end', 'closed EPIPE']);
    }),
  );

  test(
    'nothing is heard after a reset but that the connection is closed',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const atFar = new Recorder();
      const calls: string[] = [];
      far.start({
        data: (bytes) => {
          calls.push(`data ${bytes.length}`);
          far.reset();
        },
        end: () => calls.push('end'),
        drained: () => calls.push('drained'),
        closed: (error) => {
          calls.push('closed');
          atFar.closed(error);
        },
      });
      const atNear = record(near);
      near.send(Buffer.from('x'));
      near.end();
      await atFar.until(() => atFar.isClosed);
      await settle(lab.hosts[0].clock);
      expect(calls).toEqual(['data 1', 'closed']);
      near.reset();
      await atNear.until(() => atNear.isClosed);
    }),
  );

  test(
    'a reset frees the port at once: the same two endpoints connect again',
    inLab(makeLab, async (lab) => {
      const [near, far] = lab.hosts;
      const acceptor = await Acceptor.listen(far.tcp, { address: lab.addresses[1], port: 0 });
      const local = { localAddress: lab.addresses[0], localPort: await freePort(near, lab.addresses[0]) };
      for (let round = 0; round < 5; round++) {
        const dialled = await near.tcp.dial(acceptor.local, local);
        const accepted = await acceptor.next();
        const atFar = record(accepted);
        dialled.reset();
        await atFar.until(() => atFar.isClosed);
      }
      acceptor.close();
    }),
  );

  test(
    'a sender that never waits breaks its own connection: ENOBUFS',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const [atNear, atFar] = [record(near), record(far)];
      far.pause();
      const much = Buffer.alloc(16 * 1024 * 1024);
      for (let count = 0; count < 8; count++) expect(near.send(much)).toBe(false);
      await atNear.until(() => atNear.isClosed);
      expect(atNear.log).toEqual(['closed ENOBUFS']);
      far.reset();
      await atFar.until(() => atFar.isClosed);
    }),
  );
}
