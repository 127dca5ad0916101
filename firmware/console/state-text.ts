/**
 * A module's state for a person: as much of it as a screen holds, deeper where there is room, and a count of what was
 * left out. A state may have a million entries, so no entry is looked at that is not shown.
 */
import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';
import { jsonLine } from '../host/printable.ts';
import { shown } from './words.ts';

/** Lines of a state: a terminal has 24, and the prompt, the command and the heading want some. */
const LINES = 20;
/** Entries of a collection inside of what was asked for, before the rest is counted. */
const INNER = 6;
const DEEPEST = 8;
/** Characters of a value that is written in one line. */
const LONGEST_VALUE = 72;
/** Names that an error lists. */
const NAMED = 12;

/** The runtime's mark in the place of a secret. */
const HIDDEN = '<hidden>';

/**
 * The part of a state at a path such as `interfaces.eth0` or `neighbors.10.0.0.2`: keys may have dots in them, and
 * of two that fit the longer one is meant.
 * @throws FirmwareError `STATE_PATH_UNKNOWN`
 */
export function narrow(state: unknown, path: string, module: string): unknown {
  const names = path.split('.');
  let value = state;
  let at = 0;
  while (at < names.length) {
    const step = longestKey(value, names.slice(at));
    if (step === undefined) throw unknownPath(value, names, at, module);
    value = step.value;
    at += step.taken;
  }
  return value;
}

function longestKey(value: unknown, names: readonly string[]): { value: unknown; taken: number } | undefined {
  for (let taken = names.length; taken > 0; taken--) {
    const found = entryOf(value, names.slice(0, taken).join('.'));
    if (found !== undefined) return { value: found.value, taken };
  }
  return undefined;
}

function entryOf(value: unknown, name: string): { value: unknown } | undefined {
  if (value instanceof Map) {
    if (value.has(name)) return { value: value.get(name) };
    const number = Number(name);
    return String(number) === name && value.has(number) ? { value: value.get(number) } : undefined;
  }
  if (value instanceof Set) return entryOf([...value], name);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value) && name === 'length') return undefined;
  return Object.hasOwn(value, name) ? { value: (value as Record<string, unknown>)[name] } : undefined;
}

function unknownPath(value: unknown, names: readonly string[], at: number, module: string): FirmwareError {
  const where = at === 0 ? '' : ` at "${shown(names.slice(0, at).join('.'))}"`;
  const wanted = names.slice(at).join('.');
  const known: string[] = [];
  const size = sizeOf(value);
  for (const [key] of entriesOf(value)) {
    if (known.push(key) === NAMED) break;
  }
  const there =
    size === undefined || size === 0
      ? 'there is nothing further down'
      : `there is: ${known.join(', ')}${size > known.length ? `, and ${size - known.length} more` : ''}`;
  return new FirmwareError(
    'STATE_PATH_UNKNOWN',
    `${module}'s state has no "${shown(wanted)}"${where}${didYouMean(names[at]!, known)}; ${there}`,
  );
}

/** @param again the command that would show one entry of it, for the hint */
export function stateText(value: unknown, again: string): string[] {
  const outline = new Outline();
  let best = outline.of(value, 1);
  for (let depth = 2; depth <= DEEPEST && !best.whole; depth++) {
    const deeper = outline.of(value, depth);
    if (deeper.lines.length > LINES) break;
    best = deeper;
  }
  if (best.whole) return best.lines;
  const lines = best.lines.slice(0, LINES);
  // Only at depth 1 are there too many lines, and a line is an entry there.
  if (best.lines.length > LINES) lines.push(`… ${(sizeOf(value) ?? 0) - LINES} more`);
  return [...lines, `(${again}NAME shows one of them, --json has all)`];
}

/** The lines of a value down to a depth; one more than fit, at most. */
class Outline {
  lines: string[] = [];
  whole = true;

  of(value: unknown, depth: number): { lines: string[]; whole: boolean } {
    this.lines = [];
    this.whole = true;
    if (sizeOf(value) === undefined) this.lines.push(scalar(value));
    else {
      const short = isPlainList(value) ? inline(value, LONGEST_VALUE) : undefined;
      if (short === undefined && sizeOf(value) !== 0) this.#write(value, depth, '', LINES + 1);
      else this.lines.push(short ?? (isList(value) ? '[]' : '{}'));
    }
    return { lines: this.lines, whole: this.whole };
  }

  /** @param most entries of this collection */
  #write(value: unknown, depth: number, indent: string, most: number): void {
    let written = 0;
    for (const [key, each] of entriesOf(value)) {
      if (this.lines.length > LINES) {
        this.whole = false;
        return;
      }
      if (written++ === most) {
        this.whole = false;
        this.lines.push(`${indent}… ${sizeOf(value)! - most} more`);
        return;
      }
      const short = inline(each, LONGEST_VALUE);
      if (short !== undefined) this.lines.push(`${indent}${shown(key)}: ${short}`);
      else if (depth > 1) {
        this.lines.push(`${indent}${shown(key)}:`);
        this.#write(each, depth - 1, `${indent}  `, INNER);
      } else {
        this.whole = false;
        this.lines.push(`${indent}${shown(key)}: ${summary(each)}`);
      }
    }
  }
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || value instanceof Set;
}

/** A short list of values that are no collections themselves is as well read in one line. */
function isPlainList(value: unknown): boolean {
  if (!isList(value) || sizeOf(value)! > LONGEST_VALUE) return false;
  for (const [, each] of entriesOf(value)) if (sizeOf(each)) return false;
  return true;
}

function summary(value: unknown): string {
  const size = sizeOf(value)!;
  return `… ${size} ${size === 1 ? 'entry' : 'entries'}`;
}

/** A value in one line; undefined when it is a collection that has no room in it. */
function inline(value: unknown, room: number): string | undefined {
  const size = sizeOf(value);
  if (size === undefined) return scalar(value);
  const list = isList(value);
  if (size === 0) return list ? '[]' : '{}';
  // Each entry takes three characters at the least.
  if (size * 3 > room) return undefined;
  const parts: string[] = [];
  let left = room - 4;
  for (const [key, each] of entriesOf(value)) {
    const text = inline(each, left);
    if (text === undefined) return undefined;
    const part = list ? text : `${key}: ${text}`;
    left -= part.length + 2;
    if (left < 0) return undefined;
    parts.push(part);
  }
  return list ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
}

function scalar(value: unknown): string {
  if (value === HIDDEN) return HIDDEN;
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, 24)).toString('hex');
    return `${text || 'no bytes'}${value.length > 24 ? ` … (${value.length} bytes)` : ''}`;
  }
  if (typeof value === 'string') {
    return value.length > LONGEST_VALUE
      ? `${jsonLine(value.slice(0, LONGEST_VALUE - 20))} … (${value.length} characters)`
      : jsonLine(value);
  }
  if (typeof value === 'number' || typeof value === 'bigint' || value === undefined) return String(value);
  const text = jsonLine(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 2)} …` : text;
}

/** Entries of a collection; undefined for what is none. */
function sizeOf(value: unknown): number | undefined {
  if (value instanceof Map || value instanceof Set) return value.size;
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return undefined;
  return value instanceof Date || value instanceof ArrayBuffer ? undefined : Object.keys(value).length;
}

function* entriesOf(value: unknown): Generator<[key: string, value: unknown]> {
  if (value instanceof Map) for (const [key, each] of value) yield [keyText(key), each];
  else if (Array.isArray(value) || value instanceof Set) {
    let i = 0;
    for (const each of value) yield [String(i++), each];
  } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    for (const key in value)
      if (Object.hasOwn(value, key)) yield [key, (value as Record<string, unknown>)[key]];
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? key : typeof key === 'object' ? jsonLine(key) : String(key);
}
