import { scaleDecimal } from './decimal.ts';

/** Largest first; thousands, as in rates. */
const UNITS = [
  ['MB', 1_000_000],
  ['kB', 1_000],
  ['B', 1],
] as const;

/** What a number of bytes looks like, e.g. `64kB`. */
export const BYTES_PATTERN = /^(\d{1,15}(?:\.\d{1,9})?)(MB|kB|B)$/;

/** Undefined if the text is no whole number of bytes. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit] = BYTES_PATTERN.exec(text) ?? [];
  const scale = UNITS.find(([name]) => name === unit)?.[1];
  return number === undefined || scale === undefined ? undefined : scaleDecimal(number, scale);
}

/** In the largest unit that there is at least one of: `312.5kB`. Division by a power of ten prints exactly. */
export function formatBytes(bytes: number): string {
  const [unit, scale] = UNITS.find(([, size]) => bytes >= size) ?? ['B', 1];
  return `${bytes / scale}${unit}`;
}
