/** Plain data (design rule 3): structured-cloneable, with no functions and no behaviour. */
import { types } from 'node:util';
import { isRecord, nameOf } from './copy.ts';
import { isBuiltIn } from './realm.ts';
import { isTable, Table } from './table.ts';

/** A list with more items is not asked for all its keys: those that are no indices are then not looked at. */
const MOST_LISTED = 10_000;

/**
 * The path of the first value that is not plain data, and what it is; undefined when all is plain.
 * @param tables names of the state's members that are Tables
 * @param rows whether the rows of these are looked at
 */
export function notPlain(
  value: unknown,
  path = 'state',
  tables: Iterable<string> = [],
  rows = true,
): string | undefined {
  const seen = new Set<unknown>();
  try {
    return inTables(value, path, tables, seen, rows) ?? find(value, path, seen);
  } catch (thrown) {
    if (thrown instanceof RangeError) return `${path} is nested too deeply to be copied`;
    throw thrown;
  }
}

/** A function and a symbol are named by their type, an object by its class. */
function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `an instance of ${nameOf(value)}`
    : `a ${typeof value}`;
}

function inTables(
  state: unknown,
  path: string,
  tables: Iterable<string>,
  seen: Set<unknown>,
  rows: boolean,
): string | undefined {
  for (const name of tables) {
    const place = member(path, name);
    const table = ownMember(state, name);
    if (!isTable(table)) return noTable(place, table);
    if (seen.has(table)) return `${place} is the same Table as another member`;
    seen.add(table);
    if (!rows) continue;
    for (const [key, row] of table) {
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'bigint')
        return `a key of ${place} is ${kindOf(key)}; keys of a Table are strings, numbers or bigints`;
      const wrong = find(row, `${place}.get(${textOf(key)})`, seen);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

/** The fault of a state's direct members, as far as Tables go; its rows are not looked at. */
export function misplacedTable(state: unknown, tables: readonly string[]): string | undefined {
  for (const name of tables) {
    const table = ownMember(state, name);
    if (!isTable(table)) return noTable(member('state', name), table);
  }
  if (typeof state !== 'object' || state === null) return undefined;
  for (const name of Object.keys(state)) {
    if (!tables.includes(name) && ownMember(state, name) instanceof Table)
      return `${member('state', name)} ${STRAY}`;
  }
  return undefined;
}

const STRAY =
  "is a Table; a Table must be a direct member of the state, of class Table itself, and named in the manifest's state.tables";

function noTable(place: string, found: unknown): string {
  return `${place} is ${found === undefined ? 'missing' : kindOf(found)}, but the manifest's state.tables says that it is a Table`;
}

function ownMember(state: unknown, name: string): unknown {
  return typeof state === 'object' && state !== null
    ? Object.getOwnPropertyDescriptor(state, name)?.value
    : undefined;
}

function find(value: unknown, path: string, seen: Set<unknown>): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `${path} is a ${typeof value}`;
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  // Its traps are code: nothing else of it is looked at.
  if (types.isProxy(value)) return `${path} is a Proxy`;
  if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return undefined;
  if (value instanceof Table) {
    return `${path} ${STRAY}`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (types.isDate(value) && isBuiltIn('Date', prototype)) return undefined;
  if (types.isMap(value) && isBuiltIn('Map', prototype)) return inCollection(value, path, seen);
  if (types.isSet(value) && isBuiltIn('Set', prototype)) return inCollection(value, path, seen);
  if (!isRecord(value) && !(Array.isArray(value) && isBuiltIn('Array', prototype)))
    return `${path} is ${kindOf(value)}`;
  return inMembers(value, path, seen);
}

function inCollection(
  collection: Map<unknown, unknown> | Set<unknown>,
  path: string,
  seen: Set<unknown>,
): string | undefined {
  for (const [key, item] of collection.entries()) {
    const wrong =
      find(key, `${path} key`, seen) ??
      (types.isMap(collection) ? find(item, `${path}.get(${textOf(key)})`, seen) : undefined);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function inMembers(value: object, path: string, seen: Set<unknown>): string | undefined {
  if (Object.getOwnPropertySymbols(value).length > 0) return `${path} has a symbol as a key`;
  for (const name of keysOf(value)) {
    const place = Array.isArray(value) ? `${path}[${name}]` : member(path, name);
    const descriptor = Object.getOwnPropertyDescriptor(value, name)!;
    if (!('value' in descriptor)) return `${place} is an accessor (get or set)`;
    const wrong = find(descriptor.value, place, seen);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The names of a value's members. Of a long list one after the other: all its indices as texts may fill the heap at once. */
function keysOf(value: object): Iterable<string> {
  return Array.isArray(value) && value.length > MOST_LISTED ? indicesOf(value) : Object.keys(value);
}

function* indicesOf(list: readonly unknown[]): Generator<string> {
  for (let i = 0; i < list.length; i++) if (Object.hasOwn(list, i)) yield String(i);
}

/**
 * A value in pieces: itself without what is in it, then its members, to a depth. Each piece, when it is called, returns
 * what is not plain data in it.
 */
export function* partsOf(value: unknown, path: string, depth: number): Generator<() => string | undefined> {
  const isWhole = typeof value !== 'object' || value === null || ArrayBuffer.isView(value);
  // The traps of a Proxy are code.
  if (depth === 0 || isWhole || types.isProxy(value)) {
    yield () => notPlain(value, path);
    return;
  }
  const itself = notPlain(emptied(value), path);
  yield () => itself;
  if (itself !== undefined) return;
  if (types.isMap(value) || types.isSet(value)) {
    for (const [key, item] of value.entries()) {
      yield () => notPlain(key, `${path} key`);
      if (types.isMap(value)) yield* partsOf(item, `${path}.get(${textOf(key)})`, depth - 1);
    }
    return;
  }
  for (const name of keysOf(value)) {
    const place = Array.isArray(value) ? `${path}[${name}]` : member(path, name);
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    if (descriptor === undefined) continue;
    if ('value' in descriptor) yield* partsOf(descriptor.value, place, depth - 1);
    else yield () => `${place} is an accessor (get or set)`;
  }
}

/** Of the same kind, with nothing in it. */
function emptied(value: object): object {
  const made = types.isMap(value) ? new Map() : types.isSet(value) ? new Set() : undefined;
  if (types.isDate(value) || types.isAnyArrayBuffer(value)) return value;
  const empty = made ?? (Array.isArray(value) ? [] : {});
  return Object.setPrototypeOf(empty, Object.getPrototypeOf(value)) as object;
}

/** The path of the first object in `made` that is also in `source`; undefined when they share none. */
export function sharedPart(source: unknown, made: unknown): string | undefined {
  const parts = new Set<unknown>();
  visit(source, '', (part) => {
    if (parts.has(part)) return 'known';
    parts.add(part);
    return 'new';
  });
  const seen = new Set<unknown>();
  let shared: string | undefined;
  visit(made, 'the new row', (part, path) => {
    if (parts.has(part)) shared ??= path;
    if (shared !== undefined || seen.has(part)) return 'known';
    seen.add(part);
    return 'new';
  });
  return shared;
}

/** Calls `see` for every object in plain data, and goes on into those that are new to it. */
function visit(value: unknown, path: string, see: (part: object, path: string) => 'new' | 'known'): void {
  if (typeof value !== 'object' || value === null || see(value, path) === 'known') return;
  if (types.isMap(value) || types.isSet(value)) {
    for (const [key, item] of value.entries()) {
      visit(key, `${path} key`, see);
      if (types.isMap(value)) visit(item, `${path}.get(${textOf(key)})`, see);
    }
  } else if (!ArrayBuffer.isView(value)) {
    for (const [name, item] of Object.entries(value)) visit(item, member(path, name), see);
  }
}

/** A member's path as an author would write it. */
export function member(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${textOf(name)}]`;
}

/** A key as an author would write it. */
export function textOf(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}…` : key);
  if (typeof key === 'bigint') return `${key}n`;
  return typeof key === 'object' && key !== null ? '…' : String(key);
}
