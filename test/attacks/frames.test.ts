import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MqttGuard } from '../../core/signal/mqtt-guard.ts';
import { AddressError } from '../../core/wire/address/address-error.ts';
import { HttpCollector } from '../../core/wire/igd/http-message.ts';
import { NameFramer } from '../../core/wire/names/frames.ts';
import { StreamFramer } from '../../core/wire/turn/stream-framer.ts';
import { WireError } from '../../core/wire/wire-error.ts';
import { SeededRandom } from '../../simulator/world/random.ts';
import { DECODERS } from './decoders.suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const random = SeededRandom.fromText('frames');

/** These read no bytes of others: what stands beside them does, and calls them. */
const PARTS = new Set([
  'decodeAttribute',
  'decodeAddress',
  'decodeXorAddress',
  'decodeContent',
  'decodeOptions',
  'decodeEntry',
]);

/** Every function of the engine that decodes or parses, by name. */
function decodersOf(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|suite)\.ts$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, directory, file), 'utf8');
      return [...text.matchAll(/^export function ((?:decode|parse)\w+|openFrame|readRecord)\(/gm)].map(
        (match) => match[1]!,
      );
    });
}

/** What is neither taken nor refused in the way that callers expect fails the test. */
function tries(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    return decode(bytes) !== undefined;
  } catch (error) {
    if (error instanceof WireError || error instanceof AddressError) return false;
    throw error;
  }
}

it('every decoder of the engine is in the table', () => {
  const table = readFileSync(join(ROOT, 'test/attacks/decoders.suite.ts'), 'utf8');
  const names = [...decodersOf('core/wire'), ...decodersOf('core/plugins'), ...decodersOf('core/signal')];
  expect(names.length).toBeGreaterThan(30);
  expect(
    names.filter(
      (name) =>
        !PARTS.has(name) && name !== 'parseName' && !table.includes(`${name}(`) && !table.includes(`decode: ${name}`),
    ),
  ).toEqual([]);
});

describe.each(DECODERS)('$name', ({ decode, sample }) => {
  it('is taken as it is', () => expect(tries(decode, sample)).toBe(true));

  it('ends in a refusal and in no other error wherever it is cut, or bent in one byte or two', () => {
    for (let length = 0; length < sample.length; length++) tries(decode, sample.subarray(0, length));
    for (let at = 0; at < sample.length; at++) {
      for (const value of [0, 0xff, sample[at]! ^ 1, sample[at]! ^ 0x80]) {
        const bent = Uint8Array.from(sample);
        bent[at] = value;
        tries(decode, bent);
        bent[random.below(bent.length)] = random.below(256);
        tries(decode, bent);
      }
    }
  });

  it('ends in a refusal and in no other error with a long tail, as noise, and as nothing', () => {
    tries(decode, new Uint8Array(0));
    for (const filler of [0, 0x41, 0xff]) {
      tries(decode, Buffer.concat([sample, Buffer.alloc(65_536, filler)]));
      tries(decode, Buffer.alloc(65_536, filler));
    }
    for (let count = 0; count < 200; count++) tries(decode, random.bytes(random.below(1500)));
    // The head of a true one, and then noise.
    for (let count = 0; count < 200; count++) {
      const kept = random.below(sample.length);
      tries(decode, Buffer.concat([sample.subarray(0, kept), random.bytes(random.below(1500))]));
    }
  });
});

/** Feeds a stream that never makes a message, a kilobyte at a time, until it is broken off. */
function fed(take: (bytes: Uint8Array) => boolean, head: Uint8Array, filler: number): number {
  const piece = Buffer.alloc(1024, filler);
  for (let total = 0; total < 4 << 20; total += piece.length)
    if (!take(total === 0 ? Buffer.from(head) : piece)) return total;
  return Number.POSITIVE_INFINITY;
}

const broken = (action: () => unknown): boolean => {
  try {
    return action() !== undefined;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
};

describe('streams that never make a message', () => {
  it.each<[string, () => (bytes: Uint8Array) => boolean, Uint8Array, number, number]>([
    [
      'STUN over TCP',
      () => {
        const it = new StreamFramer();
        return (b) => broken(() => it.push(b));
      },
      Buffer.from('0001ffff2112a442', 'hex'),
      0xff,
      70_000,
    ],
    [
      'names',
      () => {
        const it = new NameFramer();
        return (b) => broken(() => it.push(b));
      },
      Buffer.from('ffff', 'hex'),
      0,
      0,
    ],
    [
      'HTTP with an endless head',
      () => {
        const it = new HttpCollector('until-close', 65_536);
        return (b) => broken(() => it.take(b) ?? null);
      },
      Buffer.from('HTTP/1.1 200 OK\r\n'),
      0x41,
      10_000,
    ],
    [
      'HTTP with an endless body',
      () => {
        const it = new HttpCollector('until-close', 65_536);
        return (b) => broken(() => it.take(b) ?? null);
      },
      Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
      0x41,
      70_000,
    ],
    [
      'HTTP with an endless chunk',
      () => {
        const it = new HttpCollector('until-close', 65_536);
        return (b) => broken(() => it.take(b) ?? null);
      },
      Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n'),
      0x41,
      70_000,
    ],
    [
      'MQTT with the longest packet',
      () => {
        const it = new MqttGuard(20_000);
        return (b) => it.accept(b);
      },
      Buffer.from('30ffffff7f', 'hex'),
      0,
      0,
    ],
  ])('%s are broken off', (_, make, head, filler, limit) => {
    expect(fed(make(), head, filler)).toBeLessThanOrEqual(limit);
  });
});
