/** Finds what a person probably meant. */

/** Longer words are not compared: nobody mistypes those, and the comparison's cost is the product of the lengths. */
const LONGEST = 64;

/** The candidate nearest to what was typed, in any case; undefined when none is near. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  const word = typed.toLowerCase();
  if (word === '' || word.length > LONGEST) return undefined;
  const tolerated = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    if (other.length > LONGEST) continue;
    const begins = word.length >= 2 && (other.startsWith(word) || word.startsWith(other));
    const edits = distance(word, other);
    if (!begins && edits > tolerated) continue;
    // A slip of one key is nearer than a word left unfinished.
    const cost = begins ? Math.min(edits, 1.5) : edits;
    if (cost < least) {
      least = cost;
      best = candidate;
    }
  }
  return best;
}

/** `; did you mean "show modules"?`, or nothing when nothing is near. */
export function didYouMean(typed: string, candidates: Iterable<string>): string {
  const near = nearest(typed, candidates);
  return near === undefined ? '' : `; did you mean "${near}"?`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
