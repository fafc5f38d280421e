import { z } from 'zod';
import { listOf, nameOf, percentPpm, strictMap } from './shapes.ts';
import type { Words } from './words.ts';

const MOST_FIGURES = 50;
const FIGURES = `a list of at most ${MOST_FIGURES} published figures`;
const SHARES = 'a mapping from values of the axes to percentages';

/** The section `population`: how frequent the values of `a` and `b` are, and what others measured among such peers. */
export function populationShape(words: Pick<Words, 'populations' | 'plugins'>) {
  return strictMap({
    extends: nameOf('population', words.populations, 'a named population (docs/populations.md)')
      .describe('A named population; its weights hold but for those here')
      .optional(),
    weights: shares().describe('How frequent each value of axis a, and of axis b, is').default({}),
    published: z
      .array(figure(words), { error: FIGURES })
      .max(MOST_FIGURES, { error: FIGURES })
      .default([])
      .describe('Success rates out of the literature, to stand beside ours'),
  });
}

export type WrittenPopulation = z.output<ReturnType<typeof populationShape>>;

function shares() {
  return z.record(z.string(), percentPpm(), { error: SHARES });
}

function figure(words: Pick<Words, 'plugins'>) {
  const common = {
    name: line(100).describe('What it is called, such as Table 1'),
    source: line(500).describe('Document and section'),
    plugins: listOf(nameOf('plugin', new Set(words.plugins.keys()), 'a plugin (`lab list plugins`)'), 64, 'plugins')
      .describe('The plugins whose connections it counts. Default: all of the scenario')
      .optional(),
    error: percentPpm().describe('Plus or minus, in points, as its source says').optional(),
    differs: z
      .array(line(500), { error: 'a list of sentences' })
      .max(20, { error: 'a list of at most 20 sentences' })
      .default([])
      .describe('What is known to be different there, one sentence each'),
  };
  return z.discriminatedUnion(
    'what',
    [
      strictMap({
        what: z.literal('pair-matrix'),
        ...common,
        values: z
          .record(z.string(), shares(), { error: 'a mapping from who dials to who is dialled to percentages' })
          .describe('For who dials: for who is dialled: the share that connects'),
      }),
      strictMap({
        what: z.literal('total'),
        ...common,
        among: listOf(z.string({ error: 'a value of the axes' }), 1000, 'values of the axes')
          .describe('Both peers are of one of these. Default: any')
          .optional(),
        value: percentPpm().describe('The share of all their pairs that connects'),
      }),
    ],
    { error: 'a published figure: what is pair-matrix or total' },
  );
}

/** Text that a report prints on one line. */
function line(max: number) {
  const error = `a text of 1 to ${max} characters on one line`;
  return z
    .string({ error })
    .min(1, { error })
    .max(max, { error })
    .regex(/^[^\n\r]*$/, { error });
}
