import { expect, test } from 'vitest';
import { inLab, type MakeLab, settle } from './lab.suite.ts';
import { closeBoth, connectedPair, patternBreak, Recorder, record, sendUntilStuck } from './tcp-helpers.suite.ts';

/** Bytes, ends and back-pressure. */
export function tcpStreamCases(makeLab: MakeLab): void {
  ends(makeLab);
  reading(makeLab);
  backPressure(makeLab);
}

function ends(makeLab: MakeLab): void {
  test.each(['the dialler', 'the acceptor'])('half close by %s: the other half goes on', (who) =>
    inLab(makeLab, async (lab) => {
      const pair = await connectedPair(lab);
      const [one, two] = who === 'the dialler' ? pair : (pair.toReversed() as typeof pair);
      const [atOne, atTwo] = [record(one), record(two)];
      one.send(Buffer.from('last words'));
      one.end();
      await atTwo.until(() => atTwo.log.includes('end'));
      expect(atTwo.text).toBe('last words');
      for (const word of ['and', ' ', 'reply']) two.send(Buffer.from(word));
      await atOne.until(() => atOne.text === 'and reply');
      two.end();
      await atOne.until(() => atOne.isClosed);
      await atTwo.until(() => atTwo.isClosed);
      await settle(lab.hosts[0].clock);
      expect(atOne.log).toEqual(['data', 'end', 'closed']);
      expect(atTwo.log).toEqual(['data', 'end', 'closed']);
    })(),
  );

  test(
    'both ends may end at once',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const [atNear, atFar] = [record(near), record(far)];
      await closeBoth([near, atNear], [far, atFar]);
      await settle(lab.hosts[0].clock);
      expect([atNear.log, atFar.log]).toEqual([
        ['end', 'closed'],
        ['end', 'closed'],
      ]);
    }),
  );

  test(
    'after the end nothing is sent, and ending again does nothing',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const [atNear, atFar] = [record(near), record(far)];
      near.send(Buffer.from('all'));
      near.end();
      expect(near.send(Buffer.from('more'))).toBe(false);
      near.end();
      await atFar.until(() => atFar.log.includes('end'));
      far.end();
      await atNear.until(() => atNear.isClosed);
      await atFar.until(() => atFar.isClosed);
      near.send(Buffer.from('more'));
      near.end();
      near.reset();
      await settle(lab.hosts[0].clock);
      expect(atFar.text).toBe('all');
      expect(atNear.log).toEqual(['end', 'closed']);
    }),
  );
}

function reading(makeLab: MakeLab): void {
  test(
    'what came before start() is delivered after it, in order, the end too',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      for (const word of ['before', ' ', 'start']) near.send(Buffer.from(word));
      near.end();
      await settle(lab.hosts[0].clock);
      const atFar = new Recorder();
      far.start(atFar);
      expect(atFar.log).toEqual([]);
      await atFar.until(() => atFar.log.includes('end'));
      expect(atFar.text).toBe('before start');
      await closeBoth([near, record(near)], [far, atFar]);
      expect(atFar.log).toEqual(['data', 'end', 'closed']);
    }),
  );

  test(
    'start() hands the connection to another sink',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const first = record(far);
      near.send(Buffer.from('one'));
      await first.until(() => first.text === 'one');
      const second = record(far);
      near.send(Buffer.from('two'));
      await second.until(() => second.text === 'two');
      await closeBoth([near, record(near)], [far, second]);
      expect(first.log).toEqual(['data']);
      expect(second.log).toEqual(['data', 'end', 'closed']);
    }),
  );

  test(
    'only resume() undoes pause(), whoever reads',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      far.pause();
      const first = record(far);
      near.send(Buffer.from('kept'));
      await settle(lab.hosts[0].clock);
      const second = record(far);
      await settle(lab.hosts[0].clock);
      expect([first.log, second.log]).toEqual([[], []]);
      far.resume();
      await second.until(() => second.text === 'kept');
      await closeBoth([near, record(near)], [far, second]);
      expect(first.log).toEqual([]);
    }),
  );

  test(
    'a connection that ended before start() says so after it',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      near.end();
      far.end();
      await settle(lab.hosts[0].clock);
      const [atNear, atFar] = [record(near), record(far)];
      await atNear.until(() => atNear.isClosed);
      await atFar.until(() => atFar.isClosed);
      expect([atNear.log, atFar.log]).toEqual([
        ['end', 'closed'],
        ['end', 'closed'],
      ]);
    }),
  );
}

function backPressure(makeLab: MakeLab): void {
  test.each(['has not started', 'is paused'])('backs up while the reader %s, and loses nothing', (state) =>
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const [atNear, atFar] = [record(near), new Recorder()];
      if (state === 'is paused') {
        far.start(atFar);
        far.pause();
      }
      const sent = await sendUntilStuck(near, atNear, lab.hosts[0].clock);
      expect(atFar.log).toEqual([]);

      const drains = atNear.drains;
      if (state === 'is paused') far.resume();
      else far.start(atFar);
      await atNear.until(() => atNear.drains > drains);
      near.end();
      await atFar.until(() => atFar.log.includes('end'));
      expect(atFar.bytes.length).toBe(sent);
      expect(patternBreak(atFar.bytes)).toBe(-1);
      await closeBoth([near, atNear], [far, atFar]);
    })(),
  );

  test(
    'takes the bytes at once: the buffer is the sender’s again',
    inLab(makeLab, async (lab) => {
      const [near, far] = await connectedPair(lab);
      const buffer = Buffer.alloc(16 * 1024 * 1024, 'x');
      expect(near.send(buffer)).toBe(false);
      buffer.fill(0);
      near.end();
      const [atNear, atFar] = [record(near), record(far)];
      await atFar.until(() => atFar.log.includes('end'));
      expect(atFar.bytes.equals(Buffer.alloc(buffer.length, 'x'))).toBe(true);
      await closeBoth([near, atNear], [far, atFar]);
    }),
  );
}
