import { scaleDecimal } from './decimal.ts';

/** A share as people write it, e.g. `1%` or `0.25%`. */
export const PERCENT_PATTERN = /^\d{1,3}(?:\.\d{1,4})?%$/;

/** Parts per million of a percentage; undefined if the text is none or exceeds 100%. */
export function parsePercentPpm(text: string): number | undefined {
  if (!PERCENT_PATTERN.test(text)) return undefined;
  const ppm = scaleDecimal(text.slice(0, -1), 10_000);
  return ppm !== undefined && ppm <= 1_000_000 ? ppm : undefined;
}

export function formatPercent(ppm: number): string {
  const fraction = String(ppm % 10_000)
    .padStart(4, '0')
    .replace(/0+$/, '');
  return `${Math.floor(ppm / 10_000)}${fraction && `.${fraction}`}%`;
}
