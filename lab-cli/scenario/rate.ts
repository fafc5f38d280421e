import { scaleDecimal } from './decimal.ts';

/** Largest first. */
const UNITS = [
  ['Gbit', 1_000_000_000],
  ['Mbit', 1_000_000],
  ['kbit', 1_000],
  ['bit', 1],
] as const;

/** What a rate looks like, e.g. `10Mbit/s` or `1.5Gbit/s`. */
export const RATE_PATTERN = /^(\d{1,15}(?:\.\d{1,9})?)([GMk]?bit)\/s$/;

/** The integer bits per second of a rate; undefined if the text is none, or is finer than that. */
export function parseRate(text: string): number | undefined {
  const [, number, unit] = RATE_PATTERN.exec(text) ?? [];
  const scale = UNITS.find(([name]) => name === unit)?.[1];
  return number === undefined || scale === undefined ? undefined : scaleDecimal(number, scale);
}

/** In the largest unit that there is at least one of: `1.5Mbit/s`. Division by a power of ten prints exactly. */
export function formatRate(bitsPerSecond: number): string {
  const [unit, scale] = UNITS.find(([, size]) => bitsPerSecond >= size) ?? ['bit', 1];
  return `${bitsPerSecond / scale}${unit}/s`;
}
