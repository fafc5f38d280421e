import { describe, expect, it, test } from 'vitest';
import { directionShape } from './link-shape.ts';
import { LINKS } from './links.ts';
import { loadScenario } from './load-scenario.ts';
import { FileError } from './problem.ts';
import { describeDirection, writeDirection } from './resolve-links.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';
import type { LinkSpec } from './types.ts';

function load(link: string): LinkSpec {
  const yaml = scenarioText(`axes: { a: [open], b: [open], link: [${link}] }`);
  return loadScenario(yaml, 'm.yaml', VOCABULARY).cells[0]!.link;
}

/** Each with the column where it is, and without the place that they have in common. */
function complaints(link: string): string[] {
  try {
    load(link);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.message.split('\n').map((line) => line.replace('m.yaml:3:', '').replaceAll('axes.link[0]', 'LINK'));
  }
  return [];
}

const KEYS = 'latency, jitter, loss, duplicate, reorder, rate, queue, mtu or oversize';
const DURATION = 'with its unit, such as 20ms, 2m or 2h4m';
const PERCENT = 'a percentage from 0% to 100%, such as 1% or 0.25%';
const LOSS =
  'a percentage such as 1%, { toBad, toGood, inGood, inBad }, { good, bad, inGood, inBad }, or { exactly, of }';
const RATE = 'a rate from 1kbit/s to 10Gbit/s, such as 512kbit/s or 1.5Mbit/s';
const QUEUE = 'a number of bytes such as 64kB, or a duration of at most 1h such as 100ms';

describe('says of a link what is wrong, where, what was expected and what may have been meant', () => {
  it.each<[string, ...string[]]>([
    [
      '{ latncy: 20ms }',
      `38: LINK has no key "latency", expected a duration of 0ms to 1h in whole us, ${DURATION}`,
      `40: unknown key "latncy" in LINK, expected ${KEYS}; did you mean "latency"?`,
    ],
    ['{ latency: 2h }', `49: LINK.latency is "2h", expected a duration of 0ms to 1h in whole us, ${DURATION}`],
    ['{ latency: 1ms, jitter: 5 }', '62: LINK.jitter is 5, expected a duration such as 5ms, or { exponential: MEAN }'],
    [
      '{ latency: 1ms, jitter: { expontial: 5ms } }',
      `62: LINK.jitter has no key "exponential", expected a duration of 1us to 2s in whole us, ${DURATION}`,
      '64: unknown key "expontial" in LINK.jitter, expected exponential; did you mean "exponential"?',
    ],
    ['{ latency: 1ms, loss: 1 }', `60: LINK.loss is 1, expected ${LOSS}`],
    ['{ latency: 1ms, loss: 1.00005% }', `60: LINK.loss is "1.00005%", expected ${PERCENT}`],
    [
      '{ latency: 1ms, loss: { toBad: 1%, toGod: 5% } }',
      `60: LINK.loss has no key "toGood", expected ${PERCENT}`,
      '73: unknown key "toGod" in LINK.loss, expected toBad, toGood, inGood or inBad; did you mean "toGood"?',
    ],
    [
      '{ latency: 1ms, loss: { good: 1s, bad: 0ms } }',
      `77: LINK.loss.bad is "0ms", expected a duration of 1us to 30m in whole us, ${DURATION}`,
    ],
    [
      '{ latency: 1ms, loss: { exact: 5, of: 100 } }',
      '60: LINK.loss has no key "exactly", expected a whole number from 0 to 1000000',
      '62: unknown key "exact" in LINK.loss, expected exactly or of; did you mean "exactly"?',
    ],
    ['{ latency: 1ms, loss: { exactly: 6, of: 5 } }', '71: LINK.loss.exactly is 6, expected at most as many as "of"'],
    ['{ latency: 1ms, duplicate: 5 }', `65: LINK.duplicate is 5, expected ${PERCENT}`],
    ['{ latency: 1ms, reorder: 5% }', '63: LINK.reorder is "5%", expected a mapping with the keys share, by'],
    ['{ latency: 1ms, rate: 10Mbps }', `60: LINK.rate is "10Mbps", expected ${RATE}`],
    ['{ latency: 1ms, rate: 100bit/s }', `60: LINK.rate is "100bit/s", expected ${RATE}`],
    ['{ latency: 1ms, rate: 1Mbit/s, queue: 1.5B }', `76: LINK.queue is "1.5B", expected ${QUEUE}`],
    ['{ latency: 1ms, rate: 1Mbit/s, queue: 2h }', `76: LINK.queue is "2h", expected ${QUEUE}`],
    ['{ latency: 1ms, rate: 10Gbit/s, queue: 1s }', '77: LINK.queue is "1s", expected at most 1GB at that rate'],
    ['{ latency: 1ms, queue: 5kB }', '61: LINK.queue is "5kB", expected a rate beside it'],
    ['{ latency: 1ms, mtu: 60 }', '59: LINK.mtu is 60, expected a whole number from 68 to 65535'],
    [
      '{ latency: 1ms, mtu: 1280, oversize: fragmen }',
      '75: LINK.oversize is "fragmen", expected fragment, ptb or blackhole; did you mean "fragment"?',
    ],
    ['{ latency: 1ms, oversize: ptb }', '64: LINK.oversize is "ptb", expected an mtu beside it'],
    ['{ up: fibre }', '38: LINK has no key "down", expected the name of a link, or { latency: TIME, ... }'],
    [
      '{ up: fibre, down: { latency: 1ms, jiter: 1ms } }',
      `73: unknown key "jiter" in LINK.down, expected ${KEYS}; did you mean "jitter"?`,
    ],
    ['7', '38: LINK is 7, expected the name of a link, { latency: TIME, ... } one way, or { up, down }'],
  ])('%s', (link, ...expected) => {
    expect(complaints(link)).toEqual(expected);
  });
});

const MODELS: [written: string, name: string, model: Record<string, unknown>][] = [
  ['{ latency: 20ms }', '20ms', { latencyUs: 20_000 }],
  [
    '{ latency: 20ms, jitter: 5ms, loss: 1% }',
    '20ms-jitter-5ms-loss-1%',
    { latencyUs: 20_000, jitterUs: 5_000, lossPpm: 10_000 },
  ],
  [
    '{ latency: 0ms, jitter: { exponential: 250us } }',
    '0ms-jitter-exponential-250us',
    { latencyUs: 0, exponentialJitterUs: 250 },
  ],
  [
    '{ latency: 1ms, loss: { toBad: 0.5%, toGood: 20% } }',
    '1ms-bursts-0.5%-20%-0%-100%',
    {
      latencyUs: 1000,
      burstLoss: { toBadPpm: 5_000, toGoodPpm: 200_000, goodLossPpm: 0, badLossPpm: 1_000_000 },
    },
  ],
  [
    '{ latency: 1ms, loss: { toBad: 0.5%, toGood: 20%, inGood: 0.1%, inBad: 75% } }',
    '1ms-bursts-0.5%-20%-0.1%-75%',
    {
      latencyUs: 1000,
      burstLoss: { toBadPpm: 5_000, toGoodPpm: 200_000, goodLossPpm: 1_000, badLossPpm: 750_000 },
    },
  ],
  [
    '{ latency: 1ms, loss: { good: 2s, bad: 100ms, inBad: 90% } }',
    '1ms-bursts-2s-100ms-0%-90%',
    { latencyUs: 1000, timedLoss: { goodUs: 2_000_000, badUs: 100_000, goodLossPpm: 0, badLossPpm: 900_000 } },
  ],
  [
    '{ latency: 1ms, loss: { exactly: 5, of: 100 } }',
    '1ms-loss-5-of-100',
    { latencyUs: 1000, exactLoss: { lost: 5, of: 100 } },
  ],
  [
    '{ latency: 1ms, duplicate: 0.1%, reorder: { share: 2%, by: 10ms } }',
    '1ms-duplicate-0.1%-reorder-2%-by-10ms',
    { latencyUs: 1000, duplicatePpm: 1_000, holdBack: { sharePpm: 20_000, byUs: 10_000 } },
  ],
  [
    '{ latency: 1ms, rate: 1.5Mbit/s, queue: 64kB }',
    '1ms-1.5Mbit-queue-64kB',
    { latencyUs: 1000, rate: { bitsPerSecond: 1_500_000, queueBytes: 64_000 } },
  ],
  [
    '{ latency: 1ms, rate: 10Gbit/s, queue: 800ms }',
    '1ms-10Gbit-queue-1000MB',
    { latencyUs: 1000, rate: { bitsPerSecond: 10_000_000_000, queueBytes: 1_000_000_000 } },
  ],
  [
    '{ latency: 1ms, mtu: 1280, oversize: blackhole }',
    '1ms-mtu-1280-blackhole',
    { latencyUs: 1000, mtu: { bytes: 1280, oversize: 'blackhole' } },
  ],
];

describe('a link', () => {
  it.each(MODELS)('%s is %s', (written, name, model) => {
    const { up, down, name: own } = load(written);
    expect(own).toBe(name);
    expect(without(up, 0)).toEqual(without(model, 0));
    expect(down).toEqual(up);
  });

  it('queues for 100 ms and fragments unless told otherwise', () => {
    const { up } = load('{ latency: 1ms, rate: 8Mbit/s, mtu: 1280 }');
    expect(up.rate).toEqual({ bitsPerSecond: 8_000_000, queueBytes: 100_000 });
    expect(up.mtu).toEqual({ bytes: 1280, oversize: 'fragment' });
  });

  it('may be different in each direction, by name or written out', () => {
    const { name, up, down } = load('{ up: { latency: 9ms, loss: { exactly: 1, of: 2 } }, down: satellite }');
    expect(name).toBe('up-9ms-loss-1-of-2-down-satellite');
    expect(up.latencyUs).toBe(9_000);
    expect(down).toEqual(LINKS.get('satellite')!.down);
  });
});

/** What is 0 might as well be left out. */
function without(model: object, nothing: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(model).filter(([, value]) => value !== nothing));
}

test.each([...LINKS].flatMap(([name, { up, down }]) => [[`${name} up`, up] as const, [`${name} down`, down] as const]))(
  '%s can be written out and read back',
  (_, model) => {
    const read = describeDirection(directionShape().parse(writeDirection(model)));
    expect(without(read, 0)).toEqual(without(model, 0));
  },
);
