import { scaleDecimal } from './decimal.ts';

/** Largest first, as a duration writes them. */
const UNITS = [
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
  ['ms', 1_000],
  ['us', 1],
] as const;

const NUMBER = String.raw`\d{1,15}(?:\.\d{1,9})?`;

/** What a duration looks like, e.g. `20ms`, `2m` or `2h4m`. Every number has a unit, larger units come first. */
export const DURATION_PATTERN = new RegExp(`^(?=.)${UNITS.map(([unit]) => `(?:(${NUMBER})${unit})?`).join('')}$`);

/** The integer microseconds of a duration; undefined if the text is none, or is finer than a microsecond. */
export function parseDurationUs(text: string): number | undefined {
  const match = DURATION_PATTERN.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const [index, [, unitUs]] of UNITS.entries()) {
    const us = scaleDecimal(match[index + 1] ?? '0', unitUs);
    if (us === undefined) return undefined;
    total += us;
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

/** The shortest text in whole numbers that {@link parseDurationUs} reads back: `2h4m`, `20ms`, `0ms`. */
export function formatDurationUs(durationUs: number): string {
  let rest = durationUs;
  let text = '';
  for (const [unit, unitUs] of UNITS) {
    const count = Math.floor(rest / unitUs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitUs;
  }
  return text || '0ms';
}
