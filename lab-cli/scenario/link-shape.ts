import { z } from 'zod';
import { BYTES_PATTERN, parseBytes } from './byte-count.ts';
import { DURATION_PATTERN, parseDurationUs } from './duration.ts';
import { formatRate, parseRate, RATE_PATTERN } from './rate.ts';
import { choice, durationUs, nameOf, oneOf, percentPpm, strictMap, wholeNumber } from './shapes.ts';

const USUAL_QUEUE = '100ms';

/** A gigabyte: no real queue is longer, and the link's arithmetic stays exact (`Rate` of the simulator). */
const MOST_QUEUE_BYTES = 1_000_000_000;
const LONGEST = '1h';

/** A value of the link axis: a link by name, one for both directions, or one for each. */
export function linkShape(names: ReadonlySet<string>) {
  const name = nameOf('link', names, `one of the links ${choice([...names])}`);
  const direction = z.union([name, directionShape()], { error: 'the name of a link, or { latency: TIME, ... }' });
  const both = strictMap({
    up: direction.describe('From the peer to the core'),
    down: direction.describe('From the core to the peer'),
  });
  return z.union([name, directionShape(), both], {
    error: 'the name of a link, { latency: TIME, ... } one way, or { up, down }',
  });
}

export type WrittenLink = z.output<ReturnType<typeof linkShape>>;
export type WrittenDirection = z.output<ReturnType<typeof directionShape>>;

/** What goes on in one direction of a link. */
export function directionShape() {
  return strictMap({
    latency: durationUs('0ms', LONGEST).describe('One way'),
    jitter: jitter().describe('How late a packet is beyond the latency. Default: 0ms').optional(),
    loss: loss().describe('Packets lost, one way. Default: 0%').optional(),
    duplicate: percentPpm().describe('Packets that arrive twice. Default: 0%').optional(),
    reorder: strictMap({
      share: percentPpm().describe('Packets that are held back, so that later ones overtake them'),
      by: durationUs('1us', LONGEST).describe('How long'),
    })
      .describe('Default: packets keep their order')
      .optional(),
    rate: rate().describe('What the link carries, headers included. Default: no limit').optional(),
    queue: queue()
      .describe(`What may wait for it, in bytes or in time at its rate. Default: ${USUAL_QUEUE}`)
      .optional(),
    mtu: wholeNumber(68, 65_535).describe('Longest IP packet, in bytes. Default: no limit').optional(),
    oversize: oneOf(['fragment', 'ptb', 'blackhole'])
      .describe(
        'A longer packet is cut if it may be, refused by ICMP (packet too big), or dropped without a word. ' +
          'Default: fragment',
      )
      .optional(),
  })
    .refine(({ rate, queue }) => rate !== undefined || queue === undefined, {
      path: ['queue'],
      error: 'a rate beside it',
    })
    .refine((direction) => !exceedsMostBytes(direction), { path: ['queue'], error: 'at most 1GB at that rate' })
    .refine(({ mtu, oversize }) => mtu !== undefined || oversize === undefined, {
      path: ['oversize'],
      error: 'an mtu beside it',
    });
}

function exceedsMostBytes(direction: WrittenRate): boolean {
  return (queueBytes(direction) ?? 0) > MOST_QUEUE_BYTES;
}

interface WrittenRate {
  readonly rate?: number | undefined;
  readonly queue?: string | undefined;
}

/** The bytes that may be on hand; undefined without a rate. */
export function queueBytes({ rate, queue = USUAL_QUEUE }: WrittenRate): number | undefined {
  if (rate === undefined) return undefined;
  const bytes = parseBytes(queue);
  // A rate is at most 10^10 and a queue's time at most an hour: far from exact only where it is far too much.
  return bytes ?? Math.floor((parseDurationUs(queue)! * rate) / 8_000_000);
}

function jitter() {
  const exponential = strictMap({
    exponential: durationUs('1us', '2s').describe('Its mean: mostly less, seldom up to 16 times as much'),
  });
  return z.union([durationUs('0ms', LONGEST).describe('Uniform: from nothing to this'), exponential], {
    error: 'a duration such as 5ms, or { exponential: MEAN }',
  });
}

function loss() {
  const bursts = strictMap({
    toBad: percentPpm().describe('From good to bad, after each packet (Gilbert and Elliott)'),
    toGood: percentPpm().describe('From bad to good, after each packet'),
    ...lossOfStates(),
  });
  const spells = strictMap({
    good: durationUs('1us', '30m').describe('Mean time of a good spell'),
    bad: durationUs('1us', '30m').describe('Mean time of a bad spell'),
    ...lossOfStates(),
  });
  const exact = strictMap({
    exactly: wholeNumber(0, 1_000_000).describe('Packets lost'),
    of: wholeNumber(1, 1_000_000).describe('Out of so many in a row, at random places'),
  }).refine(({ exactly, of }) => exactly <= of, { path: ['exactly'], error: 'at most as many as "of"' });
  return z.union([percentPpm(), bursts, spells, exact], {
    error:
      'a percentage such as 1%, { toBad, toGood, inGood, inBad }, { good, bad, inGood, inBad }, or { exactly, of }',
  });
}

function lossOfStates() {
  return {
    inGood: percentPpm().describe('Lost in the good state. Default: 0%').optional(),
    inBad: percentPpm().describe('Lost in the bad state. Default: 100%').optional(),
  };
}

function rate() {
  const error = 'a rate from 1kbit/s to 10Gbit/s, such as 512kbit/s or 1.5Mbit/s';
  return z.codec(z.string({ error }).regex(RATE_PATTERN, { error }), z.number(), {
    decode: (text, context) => {
      const bits = parseRate(text);
      if (bits !== undefined && bits >= 1_000 && bits <= 10_000_000_000) return bits;
      context.issues.push({ code: 'custom', input: text, message: error });
      return z.NEVER;
    },
    encode: formatRate,
  });
}

/** Stays text until the rate is known. */
function queue() {
  const error = 'a number of bytes such as 64kB, or a duration of at most 1h such as 100ms';
  const longestUs = parseDurationUs(LONGEST)!;
  const holds = (text: string) => parseBytes(text) !== undefined || (parseDurationUs(text) ?? Infinity) <= longestUs;
  return z.string({ error }).regex(QUEUE_PATTERN, { error }).refine(holds, { error });
}

const QUEUE_PATTERN = new RegExp(`(?:${BYTES_PATTERN.source})|(?:${DURATION_PATTERN.source})`);
