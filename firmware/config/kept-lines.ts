/** Keeps the lines of a file that an edit did not change as somebody wrote them: what writes YAML has a style of its own. */

/** Pairs of lines that are compared for one edit: more are not worth their time. */
const MOST_PAIRS = 4_000_000;

/**
 * @param original the file as it is
 * @param rewritten the same without the edit, in the style of what writes
 * @param edited with the edit, in that style
 * @returns the edited file, with the original's lines where they say the same
 */
export function withKeptLines(original: string, rewritten: string, edited: string): string {
  const [own, before, after] = [original, rewritten, edited].map((text) => text.split('\n')) as [
    string[],
    string[],
    string[],
  ];
  const written = common(before, own, withoutStyle);
  const kept = common(after, before, (line) => line);
  if (written === undefined || kept === undefined) return edited;
  return after
    .map((line, j) => {
      const i = kept.get(j);
      const at = i === undefined ? undefined : written.get(i);
      return at === undefined ? line : own[at]!;
    })
    .join('\n');
}

/** Spaces and the quotes of words are style. */
function withoutStyle(line: string): string {
  return line.replaceAll(/[\s"']+/g, '');
}

/** A longest common subsequence: by line of the one, the line of the other. Undefined where that would take too long. */
function common(
  one: readonly string[],
  other: readonly string[],
  keyOf: (line: string) => string,
): Map<number, number> | undefined {
  const [a, b] = [one.map(keyOf), other.map(keyOf)];
  const pairs = new Map<number, number>();
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) pairs.set(head, head++);
  let [aEnd, bEnd] = [a.length, b.length];
  while (aEnd > head && bEnd > head && a[aEnd - 1] === b[bEnd - 1]) pairs.set(--aEnd, --bEnd);
  const [rows, columns] = [aEnd - head, bEnd - head];
  if (rows * columns > MOST_PAIRS) return undefined;
  // length[i][j]: how many lines the rests from i and j have in common.
  const length = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const same = (i: number, j: number) => a[head + i] === b[head + j];
  for (let i = rows - 1; i >= 0; i--)
    for (let j = columns - 1; j >= 0; j--)
      length[i]![j] = same(i, j)
        ? length[i + 1]![j + 1]! + 1
        : Math.max(length[i + 1]![j]!, length[i]![j + 1]!);
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (same(i, j)) pairs.set(head + i++, head + j++);
    else if (length[i + 1]![j]! >= length[i]![j + 1]!) i++;
    else j++;
  }
  return pairs;
}
