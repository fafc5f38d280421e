import { expect, test } from 'vitest';
import type { Clock } from './index.ts';
import { closeBoth, connectedPair, inLab, type MakeLab, pause, Recorder, record, settle } from './lab.suite.ts';

const CHUNK = 1024 * 1024;
const MOST_CHUNKS = 96;

/** Byte n of the stream is n mod 251, so that no chunk looks like the one before. */
const PERIOD = 251;
const PATTERN = Buffer.from(Array.from({ length: CHUNK + PERIOD }, (_, index) => index % PERIOD));
const chunkAt = (offset: number): Uint8Array => PATTERN.subarray(offset % PERIOD, (offset % PERIOD) + CHUNK);

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
      near.send(Buffer.from('more'));
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
      let sent = 0;
      let stuck = false;
      while (!stuck && sent < MOST_CHUNKS * CHUNK) {
        const drains = atNear.drains;
        const room = near.send(chunkAt(sent));
        sent += CHUNK;
        if (!room) stuck = await waitsLonger(atNear, drains, lab.hosts[0].clock);
      }
      expect(stuck).toBe(true);
      expect(atFar.log).toEqual([]);

      const drains = atNear.drains;
      if (state === 'is paused') far.resume();
      else far.start(atFar);
      await atNear.until(() => atNear.drains > drains);
      near.end();
      await atFar.until(() => atFar.log.includes('end'));
      expectPattern(atFar.bytes, sent);
      await closeBoth([near, atNear], [far, atFar]);
    })(),
  );
}

/** True if no room is made within a while. Slowness can only make it true, and then more data is not needed. */
async function waitsLonger(recorder: Recorder, drains: number, clock: Clock): Promise<boolean> {
  const drained = recorder.until(() => recorder.drains > drains).then(() => false);
  return Promise.race([drained, pause(clock, 100).then(() => true)]);
}

function expectPattern(bytes: Buffer, length: number): void {
  expect(bytes.length).toBe(length);
  for (let offset = 0; offset < length; offset += CHUNK) {
    if (Buffer.compare(bytes.subarray(offset, offset + CHUNK), chunkAt(offset)) !== 0) {
      throw new Error(`the bytes from ${offset} on are not those that were sent`);
    }
  }
}
