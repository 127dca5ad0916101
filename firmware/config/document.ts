/**
 * A YAML file as plain data, together with where each key and value stands. What the data cannot hold is told here: it is
 * gone once the file is data.
 */
import { LineCounter, parseDocument } from 'yaml';
import { dataOf, Places, type Untaken } from './nodes.ts';
import { type Parts, partsOf, replacedIn } from './parts.ts';
import { formatPath, type KeyPath, type Problem } from './problem.ts';

/** Keys that are there twice are told here: the library compares each with each. */
const READING = { prettyErrors: false, uniqueKeys: false };

/** A key at the top of a file: its lines, and what they say. */
export interface TopPart {
  text: string;
  data: Readonly<Record<string, unknown>>;
}

/** The contents of a text without mistakes. */
interface Read {
  data: unknown;
  parts: Parts | undefined;
}

/** The text without mistakes that was read last: the same is tried, committed and looked at, one after the other. */
let last: YamlFile | undefined;

/** Reads a text, unless it is the one that was read last. */
export function readYaml(file: string, text: string): YamlFile {
  if (last?.text === text) return last.calledAs(file);
  const read = new YamlFile(file, text);
  if (read.syntax.length === 0 && read.structure.length === 0) last = read;
  return read;
}

/** The contents of a file; `syntax` is empty when it is YAML, and then `data` is what the router reads. */
export class YamlFile {
  readonly file: string;
  readonly text: string;
  readonly data: unknown;
  readonly syntax: Problem[] = [];
  readonly structure: Problem[] = [];
  /** Undefined where the keys at the top do not stand on lines of their own. */
  readonly parts: Parts | undefined;
  /** Paths of values that are told in `structure` and missing in `data`. */
  #lost: string[] = [];
  /** Where everything stands: only mistakes ask for it. */
  #lines: LineCounter | undefined;
  #places: Places | undefined;

  /** @param read of the same text before */
  constructor(file: string, text: string, read?: Read) {
    this.file = file;
    this.text = text;
    if (read !== undefined) {
      this.data = read.data;
      this.parts = read.parts;
      return;
    }
    const document = parseDocument(text, READING);
    for (const error of [...document.errors, ...document.warnings]) {
      const [offset] = error.pos;
      const row = this.#rowAt(offset).trim();
      const found = row === '' ? 'the end of the file' : JSON.stringify(shorten(row));
      const say =
        error.code === 'MULTIPLE_DOCS' ? 'one YAML document' : `YAML (${error.message.replace(/\.?$/, ')')}`;
      this.syntax.push(this.#problem([], offset, found, say));
    }
    if (this.syntax.length > 0) return;
    const untaken: Untaken[] = [];
    this.data = dataOf(document.contents, [], untaken);
    for (const one of untaken) this.#tell(one);
    if (untaken.length === 0) this.parts = partsOf(text, document.contents);
  }

  /** The same file by another name. */
  calledAs(file: string): YamlFile {
    return new YamlFile(file, this.text, { data: this.data, parts: this.parts });
  }

  /**
   * This file with other lines for a key at its top, or without that key; nothing is read again.
   * @param parts of this file
   */
  withPart(parts: Parts, name: string, part: TopPart | undefined): YamlFile {
    const next = replacedIn(this.text, parts, name, part?.text);
    const { [name]: before, ...others } = this.data as Record<string, unknown>;
    // A key that stays keeps its place among the others.
    const data = part === undefined ? others : { ...(this.data as object), ...part.data };
    return new YamlFile(this.file, next.text, { data, parts: next.parts });
  }

  /** A problem at the value with this path, or at the nearest thing above it that is in the file. */
  problem(path: KeyPath, allowed: string, found = this.#found(path)): Problem {
    return this.#problem(path, this.#offset(path), found, allowed);
  }

  /** A problem with the key itself, not with what it holds. */
  keyProblem(path: KeyPath, allowed: string, found: string): Problem {
    return this.#problem(path, this.#noted.key(path) ?? this.#offset(path), found, allowed);
  }

  /** Whether this path is, or is inside, something that the data lacks and `structure` has told already. */
  isLost(path: string): boolean {
    return this.#lost.some(
      (lost) => path === lost || path.startsWith(`${lost}.`) || path.startsWith(`${lost}[`),
    );
  }

  #problem(path: KeyPath, offset: number, found: string, allowed: string): Problem {
    const { line, col } = this.#counted.linePos(offset);
    return { file: this.file, line, column: col, path: formatPath(path), found, allowed };
  }

  #tell({ path, offset, found, allowed, before, isLost }: Untaken): void {
    const already =
      before === undefined ? '' : ` (it is in line ${this.#counted.linePos(before).line} already)`;
    if (isLost) this.#lost.push(formatPath(path));
    this.structure.push(this.#problem(path, offset, found, `${allowed}${already}`));
  }

  get #counted(): LineCounter {
    if (this.#lines !== undefined) return this.#lines;
    this.#lines = new LineCounter();
    for (let from = 0; from >= 0; from = this.text.indexOf('\n', from) + 1 || -1)
      this.#lines.addNewLine(from);
    return this.#lines;
  }

  #rowAt(offset: number): string {
    const { line } = this.#counted.linePos(offset);
    const [from, to] = this.#counted.lineStarts.slice(line - 1, line + 1);
    return this.text.slice(from, to);
  }

  get #noted(): Places {
    if (this.#places !== undefined) return this.#places;
    this.#places = new Places();
    dataOf(parseDocument(this.text, READING).contents, [], [], this.#places);
    return this.#places;
  }

  #offset(path: KeyPath): number {
    const places = this.#noted;
    for (let depth = path.length; depth > 0; depth--) {
      const here = path.slice(0, depth);
      // A missing key is missed at the key above it; a wrong value stands at its own place.
      const offset = depth === path.length ? places.value(here) : (places.key(here) ?? places.value(here));
      if (offset !== undefined) return offset;
    }
    return places.value([]) ?? 0;
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
    return this.#noted.source(path) ?? String(value);
  }
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
