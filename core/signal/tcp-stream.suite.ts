import { describe, expect, test } from 'vitest';
import { expectNetError, inLab, type Lab, type MakeLab, pause } from '../ports/lab.suite.ts';
import { Acceptor, connectedPair, freePort, record } from '../ports/tcp-helpers.suite.ts';
import { until } from './signal-helpers.suite.ts';
import { TcpStream, type TcpStreamOptions } from './tcp-stream.ts';

/** A stream over a connection, what happened to it, and the bare connection at its other end. */
async function connected(lab: Lab, options: TcpStreamOptions = {}) {
  const [near, far] = await connectedPair(lab);
  const stream = TcpStream.over(near, lab.hosts[0].clock, options);
  return { stream, log: logOf(stream), far };
}

function logOf(stream: TcpStream): string[] {
  const log: string[] = [];
  for (const event of ['end', 'finish', 'close']) stream.on(event, () => log.push(event));
  stream.on('error', (error: { code?: string }) => log.push(`error ${error.code}`));
  return log;
}

const isClosed = (log: string[]) => () => log.includes('close');

/** What the stream around a connection does, in any world. */
export function tcpStreamSuite(world: string, makeLab: MakeLab): void {
  describe(`TcpStream: ${world}`, () => {
    dataTests(makeLab);
    endTests(makeLab);
    dialTests(makeLab);
  });
}

function dataTests(makeLab: MakeLab): void {
  test(
    'carries what was written before the dial was through, and what comes back',
    inLab(makeLab, async (lab) => {
      const acceptor = await Acceptor.listen(lab.hosts[1].tcp, { address: lab.addresses[1], port: 0 });
      const stream = TcpStream.dial(lab.hosts[0], acceptor.local);
      stream.write('early ');
      stream.end('bird');
      const far = await acceptor.next();
      acceptor.close();
      const heard = record(far);
      await heard.until(({ log }) => log.includes('end'));
      expect(heard.text).toBe('early bird');
      far.send(Buffer.from('worm'));
      far.end();
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe('worm');
      await heard.until(({ isClosed }) => isClosed);
    }),
  );

  test(
    'holds back a writer whose reader is slow, and loses nothing',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab);
      const bytes = Buffer.alloc(8_000_000, 'abcdefg');
      let written = 0;
      stream.write(bytes.subarray(0, 4_000_000), () => written++);
      stream.write(bytes.subarray(4_000_000), () => written++);
      await pause(lab.hosts[0].clock, 200);
      expect(written).toBeLessThan(2);
      const heard = record(far);
      stream.end();
      await heard.until((recorder) => recorder.log.includes('end'));
      expect(heard.bytes.equals(bytes)).toBe(true);
      expect(written).toBe(2);
      far.end();
      stream.resume();
      await until(lab.hosts[0].clock, isClosed(log));
    }),
  );

  test(
    'holds back the peer while nobody reads',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab);
      const heard = record(far);
      const bytes = Buffer.alloc(100_000, 'x');
      let sent = 0;
      while (sent < 20_000_000 && far.send(bytes)) sent += bytes.length;
      sent += bytes.length;
      await pause(lab.hosts[0].clock, 200);
      expect(stream.readableLength).toBeLessThan(1_000_000);
      far.end();
      let received = 0;
      for await (const chunk of stream) received += (chunk as Buffer).length;
      expect(received).toBe(sent);
      await until(lab.hosts[0].clock, isClosed(log));
      await heard.until(({ isClosed }) => isClosed);
    }),
  );
}

function endTests(makeLab: MakeLab): void {
  test(
    'ends when the peer ends',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab);
      const heard = record(far);
      stream.resume();
      far.end();
      await heard.until(({ isClosed }) => isClosed);
      expect(heard.log).toEqual(['end', 'closed']);
      await until(lab.hosts[0].clock, isClosed(log));
      expect(log).toEqual(['end', 'finish', 'close']);
    }),
  );

  test(
    'is closed in good order by destroy()',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab);
      const heard = record(far);
      stream.write('goodbye');
      await heard.until(({ text }) => text === 'goodbye');
      stream.destroy();
      await heard.until((recorder) => recorder.log.includes('end'));
      far.end();
      await heard.until(({ isClosed }) => isClosed);
      expect(heard.log).toEqual(['data', 'end', 'closed']);
      expect(log).toEqual(['close']);
    }),
  );

  test(
    'resets the connection on destroy(error)',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab);
      const heard = record(far);
      stream.destroy(Object.assign(new Error('enough'), { code: 'EINVAL' }));
      await heard.until(({ isClosed }) => isClosed);
      expect(heard.log).toEqual(['closed ECONNRESET']);
      expect(log).toEqual(['error EINVAL', 'close']);
    }),
  );

  test.each([
    ['goes on talking', 0],
    ['never closes', 400],
  ])('does not wait for a peer that %s after destroy()', (_name, quietMs) =>
    inLab(makeLab, async (lab) => {
      const { stream, far } = await connected(lab, { lingerMs: 300 });
      const { clock } = lab.hosts[1];
      const heard = record(far);
      stream.destroy();
      await heard.until((recorder) => recorder.log.includes('end'));
      await pause(clock, quietMs);
      // Whoever reads no more, as after an end, may learn of the reset only when it sends.
      await until(clock, () => {
        far.send(Buffer.from('hello?'));
        return heard.isClosed;
      });
      // Linux calls a reset that meets a half-closed connection EPIPE; not every world does.
      expect(heard.log.at(-1)).toMatch(/^closed (ECONNRESET|EPIPE)$/);
    })(),
  );

  test(
    'says so when the peer resets',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab);
      stream.resume();
      record(far);
      far.reset();
      await until(lab.hosts[0].clock, isClosed(log));
      expect(log).toEqual(['error ECONNRESET', 'close']);
    }),
  );

  test(
    'breaks off with a peer that sends what it may not',
    inLab(makeLab, async (lab) => {
      const { stream, log, far } = await connected(lab, { accept: (bytes) => !bytes.includes(0) });
      const heard = record(far);
      const chunks: string[] = [];
      stream.on('data', (chunk) => chunks.push(`${chunk}`));
      far.send(Buffer.from('fine'));
      await until(lab.hosts[0].clock, () => chunks.length > 0);
      far.send(Buffer.from('not\0fine'));
      await heard.until(({ isClosed }) => isClosed);
      expect(chunks).toEqual(['fine']);
      expect(log).toEqual(['error EINVAL', 'close']);
    }),
  );
}

function dialTests(makeLab: MakeLab): void {
  test(
    'fails with the error of the dial',
    inLab(makeLab, async (lab) => {
      const port = await freePort(lab.hosts[1], lab.addresses[1]);
      const stream = TcpStream.dial(lab.hosts[0], { address: lab.addresses[1], port });
      await expectNetError('ECONNREFUSED', new Promise((_, reject) => stream.on('error', reject)));
    }),
  );

  test(
    'gives the dial up when it is destroyed',
    inLab(makeLab, async (lab) => {
      const acceptor = await Acceptor.listen(lab.hosts[1].tcp, { address: lab.addresses[1], port: 0 });
      const stream = TcpStream.dial(lab.hosts[0], acceptor.local);
      stream.write('never sent');
      const log = logOf(stream);
      stream.destroy();
      await until(lab.hosts[0].clock, isClosed(log));
      expect(log).toEqual(['close']);
      acceptor.close();
    }),
  );
}
