/**
 * Text from modules, bundles and neighbours reaches a person's terminal. A terminal obeys control characters, so
 * none may pass: each is shown as its code instead.
 */

// Besides C0, DEL and C1: line separators and the marks that reorder text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const BEYOND_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escaped = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line of text in which no control character is left. */
export function printable(text: string): string {
  return text.replace(CONTROL, (c) => (c === '\t' ? ' ' : c === '\n' ? ' / ' : escaped(c)));
}

/**
 * One line of JSON that a terminal can be shown. Modules answer with structured-cloneable data, which is more
 * than JSON has: a Map becomes an object, a Set a list, bytes hexadecimal text, a bigint its digits.
 */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, (_key, v: unknown) => {
    if (v instanceof Map) return Object.fromEntries([...v].map(([k, each]) => [String(k), each]));
    if (v instanceof Set) return [...v];
    if (v instanceof Uint8Array) return Buffer.from(v).toString('hex');
    if (typeof v === 'bigint') return v.toString();
    return v;
  });
  return (text ?? 'null').replace(BEYOND_JSON, escaped);
}

/** The same in pieces, for what may be long: lists and mappings near the top have one for each entry. */
export function* jsonPieces(value: unknown, depth = 3): Generator<string> {
  if (depth === 0 || !(Array.isArray(value) || isRecord(value))) {
    yield jsonLine(value);
    return;
  }
  const isList = Array.isArray(value);
  let before = isList ? '[' : '{';
  for (const [key, item] of isList ? value.entries() : Object.entries(value)) {
    if (!isList && item === undefined) continue;
    yield isList ? before : `${before}${jsonLine(key)}:`;
    yield* jsonPieces(item, depth - 1);
    before = ',';
  }
  if (before !== ',') yield before;
  yield isList ? ']' : '}';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
