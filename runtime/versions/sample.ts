/**
 * A small copy of a state or a message: what it looks like, not all that is in it. Of a list, a Map or a Set only the first
 * items are copied, of bytes and text only the head. No code of the value's runs, and no reference to it is kept.
 */
import { types } from 'node:util';
import { isRecord } from '../state/copy.ts';
import { type AnyTable, isTable, Table } from '../state/table.ts';

/** Items of one list, Map or Set. */
const MOST_ITEMS = 8;
/** Bytes, or characters, of one value: more than the largest packet. */
const MOST_BYTES = 65_536;

/** @param most values copied altogether; what comes after is left out */
export function sampleOf(value: unknown, most = 1_000): unknown {
  const copies = new Map<object, unknown>();
  let left = most;

  const copy = (original: unknown): unknown => {
    if (left-- <= 0 || typeof original === 'function' || typeof original === 'symbol') return undefined;
    if (typeof original === 'string') return original.slice(0, MOST_BYTES);
    if (typeof original !== 'object' || original === null) return original;
    if (copies.has(original)) return copies.get(original);
    const made = !types.isProxy(original) && isTable(original) ? new Table() : empty(original);
    copies.set(original, made);
    if (made instanceof Table) {
      for (const [key, item] of first((original as AnyTable).entries())) made.set(key, copy(item));
    } else if (made instanceof Map) {
      for (const [key, item] of first(Map.prototype.entries.call(original))) made.set(copy(key), copy(item));
    } else if (made instanceof Set) {
      for (const item of first(Set.prototype.values.call(original))) made.add(copy(item));
    } else if (Array.isArray(made)) {
      const length = Math.min((original as unknown[]).length, MOST_ITEMS);
      for (let i = 0; i < length; i++) made.push(copy(valueAt(original, String(i))));
    } else if (isPlain(made)) {
      for (const key of Object.keys(original)) {
        if (left <= 0) break;
        made[key] = copy(valueAt(original, key));
      }
    }
    return made;
  };
  return copy(value);
}

/** The container of a copy's items; of a value without items, the copy itself; undefined when it is not plain data. */
function empty(original: object): unknown {
  if (types.isProxy(original)) return undefined;
  if (types.isMap(original)) return new Map();
  if (types.isSet(original)) return new Set();
  if (Array.isArray(original)) return [];
  if (types.isTypedArray(original)) return Uint8Array.prototype.slice.call(original, 0, MOST_BYTES);
  if (types.isArrayBuffer(original)) return ArrayBuffer.prototype.slice.call(original, 0, MOST_BYTES);
  if (types.isDate(original)) return new Date(Date.prototype.getTime.call(original));
  return isPlain(original) ? {} : undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && isRecord(value);
}

/** A property's value; undefined when it would have to be computed. */
function valueAt(original: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(original, key)?.value;
}

function* first<Item>(items: Iterable<Item>): Generator<Item> {
  let count = 0;
  for (const item of items) {
    if (count++ >= MOST_ITEMS) return;
    yield item;
  }
}
