/** A share as a percentage with one decimal; 0% and 100% only where it is nothing or all. */
export function sharePercent(share: number): string {
  if (share <= 0) return '0%';
  if (share >= 1) return '100%';
  if (share < 0.0005) return '<0.1%';
  return share >= 0.9995 ? '>99.9%' : `${(100 * share).toFixed(1)}%`;
}

/** A difference of two shares in percentage points. */
export function points(difference: number): string {
  return (100 * Math.abs(difference)).toFixed(1);
}

/** `+14.2`, `−0.4`, `0.0`. */
export function signedPoints(difference: number): string {
  const text = points(difference);
  if (Number(text) === 0) return text;
  return `${difference < 0 ? '−' : '+'}${text}`;
}

/** `14.2 points higher`. */
export function distance(difference: number): string {
  const text = points(difference);
  if (Number(text) === 0) return 'the same';
  return `${text} points ${difference < 0 ? 'lower' : 'higher'}`;
}
