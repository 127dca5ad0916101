/** A configuration file as a person may see it: as it is written, with secrets hidden. */
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

const HIDDEN = '<hidden>';

/** Some key may name a secret, or hide its name behind an escape. */
const PERHAPS = /pass(?:word|wd|phrase|code)|secret|credential|token|psk|key|\\/;

/** Keys that name a secret, without capitals, `_` and `-`. */
const SECRET = /pass(word|wd|phrase|code)|secret|credential|token$|psk$|key$/;

/** Replaces the values of keys that name a secret, whatever they hold. Text that is not YAML is hidden whole. */
export function withoutSecrets(source: string): string {
  // Most have none, and reading a long one holds the event loop.
  if (!PERHAPS.test(plainly(source))) return source;
  const document = parseDocument(source, { uniqueKeys: false });
  if (document.errors.length > 0) return `# ${HIDDEN}: the file is not YAML just now\n`;
  const ranges: [from: number, to: number][] = [];
  find(document.contents, ranges);
  let text = source;
  for (const [from, to] of ranges.toSorted(([a], [b]) => b - a))
    text = `${text.slice(0, from)}${HIDDEN}${text.slice(from + text.slice(from, to).trimEnd().length)}`;
  return text;
}

/** A line of words, as `set` takes them, with its value hidden where it is a secret. */
export function withoutSecret(line: string): string {
  const words = line.split(' ');
  const from = words.findIndex((word) => isSecret(word));
  return from < 0 || from === words.length - 1 ? line : [...words.slice(0, from + 1), HIDDEN].join(' ');
}

function isSecret(name: string): boolean {
  return SECRET.test(plainly(name));
}

function plainly(text: string): string {
  return text.toLowerCase().replace(/[_-]/g, '');
}

function find(node: unknown, ranges: [number, number][]): void {
  if (isSeq(node)) for (const item of node.items) find(item, ranges);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const range = (value as { range?: [number, number, number] | null } | null)?.range;
    if (isSecret(name) && range) ranges.push([range[0], range[1]]);
    else find(value, ranges);
  }
}
