/**
 * The text of a file by the keys at its top, each with the lines below it: one key is changed without reading the others
 * again, which may have ten thousand lines.
 */
import { isMap, isScalar } from 'yaml';
import { nameOf } from './nodes.ts';

/** Offsets into the text, by key, in the order of the text. What stands between two parts belongs to none. */
export type Parts = ReadonlyMap<string, { from: number; to: number }>;

/**
 * @param contents of the document without mistakes that the text is
 * @returns nothing where keys do not stand at the beginning of lines, or where more than one mapping is there
 */
export function partsOf(text: string, contents: unknown): Parts | undefined {
  // Directives and markers are of the document, not of a key.
  if (!isMap(contents) || contents.flow || /^(?:---|\.\.\.|%)/m.test(text)) return undefined;
  const starts: { name: string; from: number }[] = [];
  for (const { key } of contents.items) {
    const from = isScalar(key) ? key.range?.[0] : undefined;
    if (from === undefined || !isLineStart(text, from)) return undefined;
    starts.push({ name: nameOf(key)!, from });
  }
  return new Map(
    starts.map(({ name, from }, i) => {
      return [name, { from, to: endOf(text, from, starts[i + 1]?.from ?? text.length) }];
    }),
  );
}

/** The text with another part for a key; without one, the key is taken out. A key that is not there comes last. */
export function replacedIn(
  text: string,
  parts: Parts,
  name: string,
  part: string | undefined,
): { text: string; parts: Parts } {
  const { from, to } = parts.get(name) ?? { from: text.length, to: text.length };
  const before = isLineStart(text, from) ? text.slice(0, from) : `${text.slice(0, from)}\n`;
  const after = text.slice(to);
  const own = part === undefined || after === '' || part.endsWith('\n') ? (part ?? '') : `${part}\n`;
  const next = new Map<string, { from: number; to: number }>();
  const moved = before.length + own.length - to;
  for (const [key, place] of parts)
    if (key !== name)
      next.set(key, place.from < from ? place : { from: place.from + moved, to: place.to + moved });
    else if (part !== undefined) next.set(key, { from: before.length, to: before.length + own.length });
  if (part !== undefined && !next.has(name))
    next.set(name, { from: before.length, to: before.length + own.length });
  return { text: before + own + after, parts: next };
}

function isLineStart(text: string, offset: number): boolean {
  return offset === 0 || text[offset - 1] === '\n';
}

/** Comments before the next key that stand at the beginning of lines are about what follows. */
function endOf(text: string, from: number, next: number): number {
  let end = next;
  for (let at = next; ; ) {
    const line = text.lastIndexOf('\n', at - 2) + 1;
    if (line <= from || !/^(?:#|\s*$)/.test(text.slice(line, at))) return end;
    if (text[line] === '#') end = line;
    at = line;
  }
}
