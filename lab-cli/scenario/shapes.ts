import { z } from 'zod';
import { COMPARISON_PATTERN, parseComparison } from './comparison.ts';
import { DURATION_PATTERN, formatDurationUs, parseDurationUs } from './duration.ts';
import { formatPercent, PERCENT_PATTERN, parsePercentPpm } from './percent.ts';
import type { Comparison } from './types.ts';

// The building blocks of the scenario's schema. The message of every issue is what was expected there: `explain` says
// what stands there instead, where that is, and which word it may have been meant to be.

/** A mapping with these keys and no others. */
export function strictMap<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape);
  const expected = keys.length > 0 ? keys.join(', ') : 'no keys';
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? expected : `a mapping with the keys ${expected}`),
  });
}

export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: choice(words) });
}

const MOST_WORDS = 24;

/** `a, b or c`. */
export function choice(words: readonly string[]): string {
  if (words.length > MOST_WORDS) return `one of ${words.slice(0, MOST_WORDS).join(', ')} … (${words.length} in all)`;
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

export function wholeNumber(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function flag() {
  return z.boolean({ error: 'true or false' });
}

export function listOf<Item extends z.ZodType>(item: Item, max: number, what: string) {
  const error = listText(max, what);
  return z.array(item, { error }).min(1, { error }).max(max, { error });
}

export function listText(max: number, what: string): string {
  return `a list of 1 to ${max} ${what}`;
}

/** A duration with its unit, in integer microseconds. */
export function durationUs(min: string, max?: string) {
  return duration(min, max, 1, 'us');
}

/** The same in integer milliseconds. */
export function durationMs(min: string, max?: string) {
  return duration(min, max, 1000, 'ms');
}

function duration(min: string, max = '720h', stepUs: number, stepName: string) {
  const error = `a duration of ${min} to ${max} in whole ${stepName}, with its unit, such as 20ms, 2m or 2h4m`;
  const minUs = parseDurationUs(min)!;
  const maxUs = parseDurationUs(max)!;
  return z.codec(z.string({ error }).regex(DURATION_PATTERN, { error }), z.number(), {
    decode: (text, context) => {
      const us = parseDurationUs(text);
      if (us !== undefined && us % stepUs === 0 && us >= minUs && us <= maxUs) return us / stepUs;
      context.issues.push({ code: 'custom', input: text, message: error });
      return z.NEVER;
    },
    encode: (steps) => formatDurationUs(steps * stepUs),
  });
}

/** A percentage, in parts per million. */
export function percentPpm() {
  const error = 'a percentage from 0% to 100%, such as 1% or 0.25%';
  return z.codec(z.string({ error }).regex(PERCENT_PATTERN, { error }), z.number(), {
    decode: (text, context) => {
      const ppm = parsePercentPpm(text);
      if (ppm !== undefined) return ppm;
      context.issues.push({ code: 'custom', input: text, message: error });
      return z.NEVER;
    },
    encode: formatPercent,
  });
}

export function comparison() {
  const error = 'a comparison with a share in quotes, such as ">= 0.99", ">= 99%" or "= 0"';
  return z
    .string({ error })
    .regex(COMPARISON_PATTERN, { error })
    .transform((text, context): Comparison => {
      const parsed = parseComparison(text);
      if (parsed) return parsed;
      context.issues.push({ code: 'custom', input: text, message: error });
      return z.NEVER;
    });
}

/** A name out of a set that the shape can't know: `kind` says what it names. */
export function nameOf(kind: string, names: ReadonlySet<string>, expected: string) {
  return z
    .string({ error: expected })
    .refine((name) => names.has(name), { error: expected, params: { kind, names: [...names] } })
    .meta({ examples: [...names] });
}
