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
  const passages = passagesOf(written, before.length, own.length);
  const lines: string[] = [];
  for (let j = 0; j < after.length; ) {
    const i = kept.get(j);
    const passage = i === undefined ? undefined : passages.get(i);
    if (passage === undefined || !isWhole(kept, j, i!, passage)) {
      const at = i === undefined ? undefined : written.get(i);
      lines.push(at === undefined ? after[j++]! : own[at]!);
      if (at !== undefined) j++;
      continue;
    }
    lines.push(...own.slice(passage.from, passage.to));
    j += passage.count;
  }
  return lines.join('\n');
}

/** Lines of the original, and how many lines they are in the other style. */
interface Passage {
  count: number;
  from: number;
  to: number;
}

/** Where what writes has moved something to other lines, such as a comment, or has left some out: by the first line in its style. */
function passagesOf(
  written: ReadonlyMap<number, number>,
  lines: number,
  ownLines: number,
): Map<number, Passage> {
  const found = new Map<number, Passage>();
  let [start, from] = [0, 0];
  for (let i = 0; i <= lines; i++) {
    const to = i === lines ? ownLines : written.get(i);
    if (to === undefined) continue;
    if (i > start) found.set(start, { count: i - start, from, to });
    // Lines that were left out stand above the next one.
    else if (to > from && i < lines) found.set(i, { count: 1, from, to: to + 1 });
    [start, from] = [i + 1, to + 1];
  }
  return found;
}

/** Whether all lines of a passage are there, one after the other. */
function isWhole(kept: ReadonlyMap<number, number>, j: number, i: number, { count }: Passage): boolean {
  return Array.from({ length: count }, (_, k) => k).every((k) => kept.get(j + k) === i + k);
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
