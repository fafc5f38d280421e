/**
 * The word that `text` was most likely meant to be: the one at the smallest edit distance, unless so much would have
 * to change that it is no more than a guess. The first of several equals.
 */
export function nearestWord(text: string, words: Iterable<string>): string | undefined {
  const given = text.slice(0, MAX_LENGTH).toLowerCase();
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(given.length * 0.4)) + 1;
  for (const word of words) {
    const distance = editDistance(given, word.slice(0, MAX_LENGTH).toLowerCase());
    if (distance >= least) continue;
    least = distance;
    nearest = word;
  }
  return nearest;
}

const MAX_LENGTH = 64;

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, before[column - 2]! + 1);
      current.push(best);
    }
    before = above;
    above = current;
  }
  return above[b.length]!;
}
