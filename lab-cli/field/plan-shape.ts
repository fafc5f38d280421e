import { z } from 'zod';
import type { PluginOptions } from '../../core/plugins/plugin-options.ts';
import { pluginList } from '../scenario/scenario-shape.ts';
import { durationMs, listOf, oneOf, strictMap, wholeNumber } from '../scenario/shapes.ts';

/** The name of an agent becomes part of a cell's id, and the name of a file. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const NAME_EXPECTED = 'lower-case letters, digits and dashes, a letter or digit first, at most 32';
const KEY_EXPECTED = 'the public key of a machine, as `lab key NAME` prints it there';
/** 33 bytes, of which the first is 2 or 3 (SEC 1, a compressed point). */
const KEY = /^A[g-z0-9_-][A-Za-z0-9_-]{42}$/;
const AGENTS = 'a mapping of 2 to 32 names to public keys';
const PAIR = 'two names, such as [alice, bob]: the first one dials';

export const MAX_AGENTS = 32;

const name = () => z.string({ error: NAME_EXPECTED }).regex(NAME, { error: NAME_EXPECTED });

/** What a plan of `lab field` says. */
export function planShape(plugins: ReadonlyMap<string, PluginOptions>) {
  return strictMap({
    schema: z.literal(1, { error: '1, the version of this format' }),
    name: name().describe('Names the run, and its directory out/NAME-AGENT'),
    agents: z
      .record(name(), z.string({ error: KEY_EXPECTED }).regex(KEY, { error: KEY_EXPECTED }), { error: AGENTS })
      .refine((agents) => Object.keys(agents).length >= 2 && Object.keys(agents).length <= MAX_AGENTS, {
        error: AGENTS,
      })
      .describe('Who takes part, each with its public key, and nobody else'),
    pairs: z
      .union(
        [
          z.literal('all', { error: 'all, or a list of pairs' }),
          listOf(z.tuple([name(), name()], { error: PAIR }), MAX_AGENTS ** 2, 'pairs of agents'),
        ],
        { error: 'all, or a list of pairs of agents' },
      )
      .default('all')
      .describe('Who dials whom. Default: everybody everybody else'),
    rounds: wholeNumber(1, 100_000).default(10).describe('Trials of each pair'),
    every: durationMs('1s').prefault('10m').describe('From one round of a pair to the next'),
    mode: oneOf(['race', 'each']).default('race').describe('As in a scenario'),
    plugins: pluginList({ plugins }).optional().describe('Strategies that take part. Default: all'),
    limits: strictMap({ time: durationMs('1s', '5m').prefault('20s').describe('From the dial on') }).prefault({}),
    addresses: oneOf(['anonymised', 'kept'])
      .default('anonymised')
      .describe('What becomes of IP addresses in results: a keyed hash takes their place, or they stay'),
  });
}
