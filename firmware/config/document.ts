/**
 * A YAML file as plain data, together with where each key and value stands. Duplicate keys, anchors and keys
 * that are no plain words are told here: they are gone once the file is data.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import { formatPath, type KeyPath, type Problem } from './problem.ts';

/** The contents of a file; `syntax` is empty when it is YAML, and then `data` is what the router reads. */
export class YamlFile {
  readonly file: string;
  readonly data: unknown;
  readonly syntax: Problem[] = [];
  readonly structure: Problem[] = [];
  /** Paths of values that are told in `structure` and missing in `data`. */
  #lost: string[] = [];
  /** Offsets into the text, by path: of the value, and of the key before it. */
  #values = new Map<string, number>();
  #keys = new Map<string, number>();
  /** Numbers and the like as they were written. */
  #sources = new Map<string, string>();
  #lines = new LineCounter();

  constructor(file: string, source: string) {
    this.file = file;
    const document = parseDocument(source, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    const rows = source.split(/\r?\n/);
    for (const error of [...document.errors, ...document.warnings]) {
      const { line } = this.#lines.linePos(error.pos[0]);
      const row = rows[line - 1]?.trim() ?? '';
      const found = row === '' ? 'the end of the file' : JSON.stringify(shorten(row));
      const say =
        error.code === 'MULTIPLE_DOCS' ? 'one YAML document' : `YAML (${error.message.replace(/\.?$/, ')')}`;
      this.syntax.push(this.#problem([], error.pos[0], found, say));
    }
    this.data = this.syntax.length === 0 ? this.#plain(document.contents, []) : undefined;
  }

  /** A problem at the value with this path, or at the nearest thing above it that is in the file. */
  problem(path: KeyPath, allowed: string, found = this.#found(path)): Problem {
    return this.#problem(path, this.#offset(path), found, allowed);
  }

  /** A problem with the key itself, not with what it holds. */
  keyProblem(path: KeyPath, allowed: string, found: string): Problem {
    return this.#problem(path, this.#keys.get(id(path)) ?? this.#offset(path), found, allowed);
  }

  /** Whether this path is, or is inside, something that the data lacks and `structure` has told already. */
  isLost(path: string): boolean {
    return this.#lost.some(
      (lost) => path === lost || path.startsWith(`${lost}.`) || path.startsWith(`${lost}[`),
    );
  }

  #problem(path: KeyPath, offset: number, found: string, allowed: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    // An empty file has no lines to count.
    return { file: this.file, line: line || 1, column: col || 1, path: formatPath(path), found, allowed };
  }

  #offset(path: KeyPath): number {
    for (let depth = path.length; depth > 0; depth--) {
      const key = id(path.slice(0, depth));
      // A missing key is missed at the key above it; a wrong value stands at its own place.
      const offset =
        depth === path.length ? this.#values.get(key) : (this.#keys.get(key) ?? this.#values.get(key));
      if (offset !== undefined) return offset;
    }
    return this.#values.get(id([])) ?? 0;
  }

  #found(path: KeyPath): string {
    let value = this.data;
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return 'nothing';
      value = (value as Record<string | number, unknown>)[step];
    }
    if (value === null || value === undefined) return 'nothing';
    if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
    if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
    if (typeof value === 'string') return JSON.stringify(shorten(value));
    return this.#sources.get(id(path)) ?? String(value);
  }

  #plain(node: ParsedNode | Node | null, path: KeyPath): unknown {
    if (node === null || node === undefined) return null;
    const offset = node.range?.[0];
    // An empty value has no place of its own: its key's is better.
    const empty = isScalar(node) && node.value === null && (node.source ?? '') === '';
    if (offset !== undefined)
      this.#values.set(id(path), empty ? (this.#keys.get(id(path)) ?? offset) : offset);
    if (isAlias(node)) {
      this.#lost.push(formatPath(path));
      this.structure.push(
        this.problem(
          path,
          'the value written out (the configuration takes no YAML aliases)',
          `the alias *${node.source}`,
        ),
      );
      return undefined;
    }
    if (isSeq(node)) return node.items.map((item, index) => this.#plain(item as Node, [...path, index]));
    if (isMap(node)) return this.#mapping(node.items as { key: Node; value: Node | null }[], path);
    if (isScalar(node)) {
      if (node.source !== undefined) this.#sources.set(id(path), node.source);
      return node.value;
    }
    return null;
  }

  #mapping(items: { key: Node; value: Node | null }[], path: KeyPath): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    for (const { key, value } of items) {
      const offset = key.range?.[0] ?? 0;
      const name = isScalar(key) && key.value !== null ? (key.source ?? String(key.value)) : undefined;
      if (name === undefined || name === '__proto__') {
        this.structure.push(
          this.#problem(path, offset, name ?? 'a key that is no word', 'a plain word as key'),
        );
        continue;
      }
      const here = [...path, name];
      if (Object.hasOwn(data, name)) {
        const { line } = this.#lines.linePos(this.#keys.get(id(here)) ?? 0);
        this.structure.push(
          this.#problem(here, offset, `"${name}" again`, `each key once (it is in line ${line} already)`),
        );
        continue;
      }
      this.#keys.set(id(here), offset);
      data[name] = this.#plain(value, here);
    }
    return data;
  }
}

function id(path: KeyPath): string {
  return JSON.stringify(path);
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
