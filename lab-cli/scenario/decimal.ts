/**
 * `text`, a plain decimal such as `12` or `0.25`, times `scale`: exactly, or undefined if that is no safe integer.
 * Going through a float would turn 1.1 times a million into 1100000.0000000002.
 */
export function scaleDecimal(text: string, scale: number): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return undefined;
  const fraction = match[2] ?? '';
  const denominator = 10n ** BigInt(fraction.length);
  const scaled = BigInt(match[1]! + fraction) * BigInt(scale);
  if (scaled % denominator !== 0n) return undefined;
  const whole = Number(scaled / denominator);
  return Number.isSafeInteger(whole) ? whole : undefined;
}
