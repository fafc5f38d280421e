import { z } from 'zod';
import type { RunPopulation } from './run-population.ts';

const ppm = z.number().int().nonnegative();

const published = {
  name: z.string(),
  source: z.string(),
  plugins: z.array(z.string()),
  errorPpm: ppm.nullable(),
  differs: z.array(z.string()),
};

/** The part of `run.json` that speaks of a population. */
export const runPopulation: z.ZodType<RunPopulation> = z.object({
  name: z.string(),
  source: z.string(),
  classes: z.array(z.object({ name: z.string(), weightPpm: ppm, udp: z.boolean() })),
  published: z.array(
    z.discriminatedUnion('what', [
      z.object({
        what: z.literal('pair-matrix'),
        ...published,
        cells: z.array(z.object({ a: z.string(), b: z.string(), ppm })),
      }),
      z.object({ what: z.literal('total'), ...published, among: z.array(z.string()), ppm }),
    ]),
  ),
});
