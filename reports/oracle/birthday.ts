/**
 * The chance that at least one of `probes` distinct ports, drawn at random out of `range`, is one of `open`: one less the
 * hypergeometric chance of none.
 */
export function birthday(open: number, probes: number, range: number): number {
  if (open + probes > range) return 1;
  let miss = 1;
  for (let index = 0; index < probes; index++) miss *= (range - open - index) / (range - index);
  return 1 - miss;
}
