/**
 * Deep copies of plain data. Unlike `structuredClone` they keep a `Buffer` a Buffer, cost a fraction, and refuse
 * what is not plain data instead of turning it into something else.
 */
import { types } from 'node:util';
import { HitlessError } from '../errors.ts';
import { isBuiltIn } from './realm.ts';

/**
 * A copy that shares nothing with its original. Cycles and values that occur twice stay so.
 * @throws HitlessError `STATE_NOT_PLAIN` at a function, a symbol or an instance of a class
 */
export function copyOf<T>(value: T): T {
  return isPrimitive(value) ? value : (copy(value, undefined, mutable) as T);
}

/**
 * A copy that throws when it is written (in strict code, as every class body and every TypeScript bundle is).
 * Bytes cannot be frozen: a write to those of a Buffer changes the copy only.
 * @throws HitlessError `STATE_NOT_PLAIN` as `copyOf`
 */
export function frozenCopyOf<T>(value: T): T {
  return isPrimitive(value) ? value : (copy(value, undefined, freeze) as T);
}

/** Puts a member that may have any name, `__proto__` too. */
export function put(target: object, name: string, value: unknown): void {
  if (name !== '__proto__') (target as Record<string, unknown>)[name] = value;
  else Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** True for what is its own copy; functions and symbols are not. */
export function isPrimitive(value: unknown): boolean {
  const type = typeof value;
  return value === null || (type !== 'object' && type !== 'function' && type !== 'symbol');
}

/** An object's prototype says whether it is a plain one. */
export function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || isBuiltIn('Object', prototype);
}

/** Copies of the objects met so far. Made with the second one: most rows hold none. */
type Seen = Map<object, object>;
type Finish = (made: object) => void;

const mutable: Finish = () => {};

function copy(value: unknown, seen: Seen | undefined, finish: Finish): unknown {
  if (isPrimitive(value)) return value;
  if (typeof value !== 'object') throw notCopied(`a ${typeof value}`);
  const source = value as object;
  const before = seen?.get(source);
  if (before !== undefined) return before;
  const known: Seen = seen ?? new Map();
  const made = shell(source);
  known.set(source, made);
  fill(source, made, (item) => (isPrimitive(item) ? item : copy(item, known, finish)));
  finish(made);
  return made;
}

/** An empty object of the same kind; bytes and dates come with their content. */
function shell(source: object): object {
  if (Array.isArray(source)) return new Array(source.length);
  if (isRecord(source)) return Object.getPrototypeOf(source) === null ? Object.create(null) : {};
  if (types.isMap(source)) return new Map();
  if (types.isSet(source)) return new Set();
  return copyOfBytes(source);
}

/** Copies a Date, a buffer or a view of one. @throws HitlessError `STATE_NOT_PLAIN` */
export function copyOfBytes(source: object): object {
  if (types.isDate(source)) return new Date(source.getTime());
  if (types.isArrayBuffer(source)) return source.slice(0);
  if (Buffer.isBuffer(source)) return Buffer.from(source);
  if (ArrayBuffer.isView(source)) {
    const bytes = new Uint8Array(source.byteLength);
    bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
    const View = source.constructor as new (buffer: ArrayBuffer) => object;
    return new View(bytes.buffer);
  }
  throw notCopied(`an instance of ${nameOf(source)}`);
}

/** The name of an object's class, for messages. */
export function nameOf(value: object): string {
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'a class';
}

function fill(source: object, made: object, item: (value: unknown) => unknown): void {
  if (Array.isArray(source)) {
    const list = made as unknown[];
    for (let i = 0; i < source.length; i++) if (i in source) list[i] = item(source[i]);
  } else if (types.isMap(source)) {
    for (const [key, value] of source) (made as Map<unknown, unknown>).set(item(key), item(value));
  } else if (types.isSet(source)) {
    for (const value of source) (made as Set<unknown>).add(item(value));
  } else if (isRecord(source)) {
    for (const name of Object.keys(source)) put(made, name, item(source[name]));
  }
}

function freeze(made: object): void {
  if (ArrayBuffer.isView(made) || made instanceof ArrayBuffer) return;
  if (made instanceof Map) Object.defineProperties(made, { set: LOCKED, delete: LOCKED, clear: LOCKED });
  else if (made instanceof Set) Object.defineProperties(made, { add: LOCKED, delete: LOCKED, clear: LOCKED });
  Object.freeze(made);
}

/** Not enumerable, so that comparisons and copies do not see it. */
const LOCKED = {
  value: () => {
    throw new TypeError('this is read only: rows of a Table are changed by set, update and delete');
  },
};

function notCopied(what: string): HitlessError {
  return new HitlessError(
    'STATE_NOT_PLAIN',
    `${what} is not plain data; keep objects, arrays, Maps, Sets, Dates, Buffers and primitives only`,
  );
}
