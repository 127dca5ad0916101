/** A state as a person may see it: JSON, with secrets hidden. */
import { types } from 'node:util';
import { isTable } from './table.ts';

export interface ViewLimits {
  /** Levels shown; 32 unless told. */
  depth?: number;
  /** Entries shown of every object, list, Map, Set and Table; all unless told. */
  entries?: number;
  /** Values shown in all; 100,000 unless told. */
  size?: number;
  /** Characters shown of a string; all unless told. */
  text?: number;
}

export const HIDDEN = '<hidden>';

/** Bytes shown of a buffer. */
const MOST_BYTES = 64;

/** Names that say that something is secret, without capitals, `_` and `-`. */
const SECRET =
  /pass(word|wd|phrase|code)|secret|credential|(^|access|auth|authentication|bearer|session|refresh|api)tokens?$|^psk$|(private|auth|authentication|shared|api|md5|hmac|crypt|encryption|decryption|signing|session|secret|host)keys?$/;

/**
 * A JSON-able view of a state. Properties and keys that name a secret show `<hidden>` whatever they hold. They are those in
 * `secrets`, and those whose name tells (password, secret, token, private key, authentication key, …).
 * Maps and Tables become objects by key, or lists of pairs where keys are no names. Sets become lists, bytes hexadecimal
 * strings, bigints strings, Dates ISO 8601. A cycle shows where it leads, and what is cut off says how much.
 */
export function redacted(state: unknown, secrets: Iterable<string> = [], limits: ViewLimits = {}): unknown {
  return new Redaction(new Set(secrets), limits).view(state, 'state', 0);
}

class Redaction {
  readonly #secrets: ReadonlySet<string>;
  readonly #depth: number;
  readonly #entries: number;
  readonly #text: number;
  #left: number;
  /** Paths of what is being shown now. */
  readonly #above = new Map<object, string>();

  constructor(secrets: ReadonlySet<string>, { depth = 32, entries, size = 100_000, text }: ViewLimits) {
    this.#secrets = secrets;
    this.#depth = depth;
    this.#entries = entries ?? Number.POSITIVE_INFINITY;
    this.#text = text ?? Number.POSITIVE_INFINITY;
    this.#left = size;
  }

  view(value: unknown, path: string, depth: number): unknown {
    this.#left--;
    if (typeof value !== 'object' || value === null) return this.#primitive(value);
    // Its traps are code.
    if (types.isProxy(value)) return '<Proxy>';
    if (types.isDate(value)) return Number.isNaN(value.getTime()) ? '<no date>' : value.toISOString();
    if (ArrayBuffer.isView(value)) return hex(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    if (types.isAnyArrayBuffer(value)) return hex(Buffer.from(value));
    const above = this.#above.get(value);
    if (above !== undefined) return `<the same as ${above}>`;
    if (depth >= this.#depth) return '<…>';
    this.#above.set(value, path);
    try {
      return this.#container(value, path, depth + 1);
    } finally {
      this.#above.delete(value);
    }
  }

  #primitive(value: unknown): unknown {
    if (typeof value === 'string') return this.#cut(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    return typeof value === 'function' || typeof value === 'symbol' ? `<${typeof value}>` : value;
  }

  #cut(text: string): string {
    return text.length > this.#text ? `${text.slice(0, this.#text)}…` : text;
  }

  #container(value: object, path: string, depth: number): unknown {
    if (Array.isArray(value)) return this.#list(value, value.length, path, depth);
    if (types.isSet(value)) return this.#list(value, value.size, path, depth);
    if (types.isMap(value) || isTable(value)) {
      const pairs = value as Iterable<[unknown, unknown]>;
      return isNamed(value.keys(), this.#entries)
        ? this.#object(pairs, value.size, path, depth)
        : this.#pairs(pairs, value.size, path, depth);
    }
    const names = Object.keys(value);
    return this.#object(members(value, names), names.length, path, depth);
  }

  /** Whether the `index`th entry still fits. */
  #fits(index: number): boolean {
    return index < this.#entries && this.#left > 0;
  }

  #list(items: Iterable<unknown>, size: number, path: string, depth: number): unknown[] {
    const list: unknown[] = [];
    for (const item of items) {
      if (!this.#fits(list.length)) {
        list.push(`<${size - list.length} more>`);
        break;
      }
      list.push(this.view(item, `${path}[${list.length}]`, depth) ?? null);
    }
    return list;
  }

  #pairs(entries: Iterable<[unknown, unknown]>, size: number, path: string, depth: number): unknown[] {
    const list: unknown[] = [];
    for (const [key, item] of entries) {
      if (!this.#fits(list.length)) {
        list.push(`<${size - list.length} more>`);
        break;
      }
      const hidden = typeof key === 'string' && this.#isSecret(key);
      const at = `${path}[${list.length}]`;
      list.push([this.view(key, at, depth) ?? null, hidden ? HIDDEN : (this.view(item, at, depth) ?? null)]);
    }
    return list;
  }

  #object(entries: Iterable<[unknown, unknown]>, size: number, path: string, depth: number): object {
    const shown: [string, unknown][] = [];
    for (const [key, item] of entries) {
      if (!this.#fits(shown.length)) {
        shown.push(['…', `<${size - shown.length} more>`]);
        break;
      }
      const name = String(key);
      const hidden = item !== undefined && this.#isSecret(name);
      shown.push([name, hidden ? HIDDEN : this.view(item, `${path}.${name}`, depth)]);
    }
    return Object.fromEntries(shown);
  }

  #isSecret(name: string): boolean {
    return this.#secrets.has(name) || SECRET.test(name.replaceAll(/[\s_-]/g, '').toLowerCase());
  }
}

/** Accessors are not called: they are code. */
function* members(value: object, names: string[]): Generator<[string, unknown]> {
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(value, name);
    yield [name, descriptor !== undefined && !('value' in descriptor) ? '<accessor>' : descriptor?.value];
  }
}

/** Whether the first keys can be names of an object: no two of them read the same. */
function isNamed(keys: Iterable<unknown>, most: number): boolean {
  let type = '';
  let left = most;
  for (const key of keys) {
    if (left-- <= 0) break;
    type ||= typeof key;
    if (typeof key !== type || (type !== 'string' && type !== 'number' && type !== 'bigint')) return false;
  }
  return true;
}

function hex(bytes: Buffer): string {
  const shown = bytes.subarray(0, MOST_BYTES).toString('hex');
  return bytes.length > MOST_BYTES ? `${shown}… (${bytes.length} bytes)` : shown;
}
