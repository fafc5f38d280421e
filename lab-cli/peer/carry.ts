import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { Pipe } from '../../core/node/index.ts';
import type { Clock } from '../../core/ports/index.ts';
import { ByteStream } from './byte-stream.ts';

export interface Ends {
  /** What goes to the peer; undefined: nothing does. */
  readonly input: Readable | undefined;
  /** What comes from it; it stays open. */
  readonly output: Writable;
}

/**
 * Carries input to the peer and what comes back to the output, until both directions have ended.
 *
 * @returns bytes each way
 * @throws Error if the pipe breaks before that; the signal's reason
 */
export async function carry(
  pipe: Pipe,
  clock: Clock,
  { input, output }: Ends,
  signal: AbortSignal,
): Promise<{ sent: number; received: number }> {
  const stream = new ByteStream(pipe, clock);
  let [sent, received] = [0, 0];
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      sent += chunk.length;
      yield chunk;
    }
  };
  const abort = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  stream.on('data', (chunk: Buffer) => (received += chunk.length));
  stream.pause();
  // Both must be over before anybody closes the pipe; the first that fails ends the other.
  const over = finished(stream);
  over.catch(() => {});
  try {
    const inward = pipeline(stream, output, { end: false });
    const outward = input ? pipeline(input, counted, stream) : Promise.resolve(void stream.end());
    await Promise.all([inward, outward, over]);
    return { sent, received };
  } finally {
    signal.removeEventListener('abort', abort);
    stream.destroy();
  }
}
