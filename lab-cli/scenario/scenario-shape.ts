import { z } from 'zod';
import type { PluginOption, PluginOptions } from '../../core/plugins/plugin-options.ts';
import { clocksShape } from './clocks-shape.ts';
import { linkShape } from './link-shape.ts';
import { natEvents } from './nat-events.ts';
import { NAT_KEYS } from './nat-shape.ts';
import { defaultText, valueText, writtenOption } from './plugin-options.ts';
import { populationShape } from './population-shape.ts';
import { comparison, durationMs, listOf, nameOf, oneOf, strictMap, wholeNumber } from './shapes.ts';
import { sideShape } from './side-shape.ts';
import { topology } from './topology-shape.ts';
import type { Words } from './words.ts';

/** No comma, plus sign, slash, hash or space: names become parts of cell ids and of `DIR#CELL/TRIAL`. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const NAME_EXPECTED = 'lower-case letters, digits, dots, dashes and underscores, a letter or digit first, at most 64';

const name = () => z.string({ error: NAME_EXPECTED }).regex(NAME, { error: NAME_EXPECTED });

/** Sections are parsed one by one, so that a mistake in one hides none in another. */
export function scenarioSections(words: Words) {
  return {
    schema: z.literal(1, { error: '1' }).describe('Version of this format'),
    name: name().describe('Names the run, and its directory out/NAME'),
    seed: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(1).describe('Of the run: the same seed, the same results'),
    trials: wholeNumber(1, 1_000_000).default(20).describe('Per cell'),
    nats: z
      .record(name(), natEntry(words), { error: NATS })
      .refine((nats) => Object.keys(nats).length <= 1000, { error: NATS })
      .default({})
      .describe('NATs of your own, to be used on the axes'),
    axes: strictMap({
      a: sides(words).describe('NATs in front of the peer that dials'),
      b: sides(words)
        .describe('NATs in front of the peer that is dialled; with same-lan and same-nat they are those of a')
        .optional(),
      link: listOf(linkShape(words.links), 100, 'links')
        .default(['broadband'])
        .describe('Between each peer and the core of the network'),
    }).describe('Every combination of their values is a cell'),
    topology: topology()
      .default('separate')
      .describe(
        'separate: each peer behind NATs of its own; same-lan: both on one LAN; same-nat: behind one NAT, each on a LAN ' +
          'of its own; shared-cgn: the outermost NAT of a is that of b',
      ),
    plugins: pluginList(words).optional().describe('Strategies that take part. Default: all'),
    mode: oneOf(['race', 'each'])
      .default('race')
      .describe('race: the real cascade, who wins; each: every plugin alone, who could'),
    limits: strictMap({
      time: durationMs('1ms').prefault('60s').describe('Virtual time from the dial on'),
    }).prefault({}),
    events: natEvents().optional().describe('What happens to NATs after the dial'),
    clocks: clocksShape().optional().describe('How wrong the date is by the clock of each peer. Default: not at all'),
    population: populationShape(words)
      .optional()
      .describe(
        'How frequent each value of a and b is, and what others measured: for the report, it changes no result',
      ),
    expect: z
      .array(expectation(words), { error: EXPECT })
      .max(1000, { error: EXPECT })
      .default([])
      .describe('Claims that the run must prove; one that fails makes the command exit with 1'),
  };
}

const NATS = 'a mapping from at most 1000 names to NATs';
const EXPECT = 'a list of at most 1000 expectations';

function natName(words: Words) {
  return nameOf('NAT', words.nats, 'a preset (`lab list nats`) or an entry of nats');
}

function natEntry(words: Words) {
  return strictMap({
    extends: natName(words).describe('What it is but for the other keys here').optional(),
    ...NAT_KEYS,
  });
}

export const AXIS = { max: 1000, what: 'NATs or chains of NATs' };

function sides(words: Words) {
  return listOf(
    sideShape(() => natName(words)),
    AXIS.max,
    AXIS.what,
  );
}

/** Plugins by name, with options or without. */
export function pluginList(words: Pick<Words, 'plugins'>) {
  return listOf(plugin(words), 64, 'plugins');
}

function plugin(words: Pick<Words, 'plugins'>) {
  const names = new Set(words.plugins.keys());
  const options = [...words.plugins].map(([key, known]) => [key, pluginOptions(known).optional()] as const);
  const single = strictMap(Object.fromEntries(options)).refine((map) => Object.keys(map).length === 1, {
    error: 'one plugin and its options',
  });
  return z.union([nameOf('plugin', names, 'a plugin (`lab list plugins`)'), single], {
    error: 'the name of a plugin, or { NAME: { OPTION: VALUE } }',
  });
}

function pluginOptions(known: PluginOptions) {
  const options = Object.entries(known).map(([name, option]) => {
    const described = optionValue(option).describe(`${option.meaning}. Default: ${defaultText(option)}`);
    return [writtenOption(name, option), described.optional()] as const;
  });
  return strictMap(Object.fromEntries(options));
}

function optionValue(option: PluginOption): z.ZodType<string | number> {
  switch (option.kind) {
    case 'choice':
      return oneOf(option.choices);
    case 'number':
      return wholeNumber(option.min, option.max);
    case 'duration':
      return durationMs(valueText(option, option.min), valueText(option, option.max));
  }
}

function expectation(words: Words) {
  const text = z.string({ error: 'the text of a value of that axis' });
  const value = z.union([text, listOf(text, 1000, 'values of that axis')], {
    error: 'a value of that axis, chains joined by +, or a list of them',
  });
  return strictMap({
    where: strictMap({ a: value.optional(), b: value.optional(), link: value.optional() })
      .default({})
      .describe('The cells it speaks of. Default: all'),
    connected: comparison()
      .prefault('>= 1')
      .describe('Holds in every one of these cells for the share of trials that connect. Default: ">= 1"'),
    path: oneOf(['lan', 'hairpin', 'direct', 'relayed']).describe('Only what connects over it counts').optional(),
    plugin: nameOf('plugin', new Set(words.plugins.keys()), 'a plugin (`lab list plugins`)')
      .describe('Only what it connects counts')
      .optional(),
  });
}
