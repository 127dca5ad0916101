/** A small state that looks like a large one: to warm a new version on an instance that is thrown away (design rule 13). */
import { copyOfBytes, isRecord, put } from './copy.ts';
import { isTable, Table } from './table.ts';

/** Entries taken of every Map, Set, list and Table. */
const MOST_ENTRIES = 32;
/** Members taken of an object: a record has fewer, a dictionary may have any number. */
const MOST_MEMBERS = 256;
const MOST_CHARACTERS = 256;
/** Bytes of a buffer. */
const MOST_BYTES = 4096;

/**
 * A copy of a state with at most `budget` values in it, taken level by level so that every member has its share.
 * Strings and buffers are cut; what the budget does not reach is an empty object, list, Map, Set or Table, so
 * that its kind is right. Functions and symbols are left out, an instance of a class is copied as a record.
 * Takes no longer than the budget, but for objects with very many members: V8 lists them all.
 */
export function sampleOf(state: unknown, budget = 10_000): unknown {
  const made = new Map<object, object>();
  const waiting: [source: object, target: object][] = [];
  let left = budget;
  const take = (value: unknown): unknown => {
    left--;
    if (typeof value === 'string') return value.slice(0, MOST_CHARACTERS);
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    const known = made.get(value);
    if (known !== undefined) return known;
    const target = emptied(value);
    made.set(value, target);
    if (!(target instanceof Date) && !isBytes(target)) waiting.push([value, target]);
    return target;
  };
  const sample = take(state);
  // The list grows while it is walked.
  for (const [source, target] of waiting) fill(source, target, take, () => left > 0);
  return sample;
}

function emptied(source: object): object {
  if (isTable(source)) return new Table();
  if (Array.isArray(source)) return [];
  if (source instanceof Map) return new Map();
  if (source instanceof Set) return new Set();
  if (source instanceof Date) return copyOfBytes(source);
  if (isBytes(source)) return cutBytes(source);
  return isRecord(source) && Object.getPrototypeOf(source) === null ? Object.create(null) : {};
}

function isBytes(value: object): value is ArrayBuffer | SharedArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

function cutBytes(source: ArrayBuffer | SharedArrayBuffer | ArrayBufferView): object {
  if (!ArrayBuffer.isView(source)) return new Uint8Array(new Uint8Array(source, 0, least(source))).buffer;
  if (source instanceof DataView)
    return copyOfBytes(new DataView(source.buffer, source.byteOffset, least(source)));
  const list = source as Uint8Array;
  return copyOfBytes(list.subarray(0, Math.floor(MOST_BYTES / list.BYTES_PER_ELEMENT)));
}

function least({ byteLength }: { byteLength: number }): number {
  return Math.min(byteLength, MOST_BYTES);
}

function fill(source: object, target: object, take: (value: unknown) => unknown, more: () => boolean): void {
  let entries = MOST_ENTRIES;
  if (Array.isArray(source)) {
    const list = target as unknown[];
    for (let i = 0; i < source.length && entries-- > 0 && more(); i++) list[i] = take(source[i]);
  } else if (source instanceof Map || source instanceof Table) {
    const map = target as Map<unknown, unknown> | Table<string, unknown>;
    for (const [key, value] of source as Iterable<[string, unknown]>) {
      if (entries-- <= 0 || !more()) break;
      map.set(take(key) as string, take(value));
    }
  } else if (source instanceof Set) {
    for (const value of source) {
      if (entries-- <= 0 || !more()) break;
      (target as Set<unknown>).add(take(value));
    }
  } else {
    fillMembers(source, target, take, more);
  }
}

function fillMembers(
  source: object,
  target: object,
  take: (value: unknown) => unknown,
  more: () => boolean,
): void {
  let members = MOST_MEMBERS;
  for (const name in source) {
    if (members-- <= 0 || !more()) break;
    const member = Object.getOwnPropertyDescriptor(source, name);
    if (member !== undefined && 'value' in member) put(target, name, take(member.value));
  }
}
