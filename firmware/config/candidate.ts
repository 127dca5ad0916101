/**
 * A configuration that somebody edits, in the words of a console: `set ospf interfaces eth0 hello-interval 5s`. It is the
 * file itself, so comments and order stay; nothing of the router changes before it is committed.
 *
 * Words lead from the top of the file down to a value. An entry of a list has the names that its schema's `identity` says
 * (`vrrp eth0 51 priority 200`); a value of a plain list stands behind it (`… addresses 10.0.1.254`).
 */
import { isDeepStrictEqual } from 'node:util';
import { type Document, isCollection, isMap, isScalar, parse, parseDocument } from 'yaml';
import type { JsonSchema } from '../../runtime/index.ts';
import { FirmwareError } from '../errors.ts';
import { type Difference, differences } from './difference.ts';
import { readYaml } from './document.ts';
import { withKeptLines } from './kept-lines.ts';
import { at } from './paths.ts';
import { type NextWords, nextOf, placeOf, presentAt, valueFrom } from './place.ts';
import type { KeyPath } from './problem.ts';
import { mistakesOf, validatorOf } from './validation.ts';
import { allowedBy, viewOf } from './words.ts';

/** Keys that are there twice were found before; the library compares each with each. */
const READING = { uniqueKeys: false };
/** Long lines stay long. */
const STYLE = { lineWidth: 0 };

/** Schemas by key at the top of the file. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

export class Candidate {
  #schema: JsonSchema;
  /** The text that it is compared with. */
  #base: string;
  /** Its data, made once. */
  #baseData: unknown;
  /** The text that is edited. */
  #source: string;
  /** The same in the style of the library, made before the first edit. */
  #rewritten: string | undefined;
  /** Read when it is asked for: a long text holds the event loop. */
  #read: Document | undefined;
  /** Counts up with each edit. */
  #edits = 0;
  /** As it was written last; undefined once it was edited since. */
  #written: string | undefined;

  /** @param text YAML without mistakes of syntax */
  constructor(text: string, schemas: Schemas) {
    this.#schema = { type: 'object', properties: schemas };
    this.#base = this.#source = this.#written = text;
  }

  get #document(): Document {
    this.#read ??= parseDocument(this.#source, READING);
    return this.#read;
  }

  /** Begins with another text. */
  #begin(source: string): void {
    this.#edits++;
    this.#source = source;
    this.#rewritten = undefined;
    this.#read = undefined;
  }

  /** Other versions will run: from now on words are read by what these take. */
  use(schemas: Schemas): void {
    this.#schema = { type: 'object', properties: schemas };
  }

  /** The text that it is compared with. */
  get base(): string {
    return this.#base;
  }

  /** The file as it would be. */
  get text(): string {
    const steps = this.writing();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /** Makes the text in steps, for a long one takes long. It is the text of the end, whatever is edited between two of them. */
  *writing(): Generator<undefined, string, undefined> {
    for (;;) {
      const edits = this.#edits;
      const text = this.#written ?? (yield* this.#write());
      if (edits !== this.#edits) continue;
      this.#written = text;
      return text;
    }
  }

  *#write(): Generator<undefined, string, undefined> {
    if (!this.isChanged && this.#source === this.#base) return this.#base;
    const [source, rewritten] = [this.#source, this.#rewritten];
    if (rewritten === undefined) return source;
    const document = this.#document;
    yield;
    const edited = document.toString(STYLE);
    yield;
    const kept = withKeptLines(source, rewritten, edited);
    yield;
    // Lines are compared, not what they mean: the file must say what was edited.
    const { data, syntax, structure } = readYaml('', kept);
    yield;
    const isSound = syntax.length === 0 && structure.length === 0;
    return isSound && isDeepStrictEqual(data ?? {}, document.toJS() ?? {}) ? kept : edited;
  }

  /** It is about to be edited. The first edit keeps what could be had only by reading the text again. */
  #edit(): void {
    if (this.#rewritten === undefined) {
      this.#rewritten = this.#document.toString(STYLE);
      if (this.#source === this.#base) this.#baseData = this.data;
    }
    this.#edits++;
    this.#written = undefined;
  }

  /** Whether it says something else than the text that it began with. */
  get isChanged(): boolean {
    return this.compare().length > 0;
  }

  /** Whether it differs from the text that it began with, if only in a comment. */
  get isEdited(): boolean {
    return this.text !== this.#base;
  }

  get data(): unknown {
    return this.#document.toJS() ?? {};
  }

  /**
   * Sets a value, adds one to a list of values, or makes an entry with its defaults.
   * @throws FirmwareError `CONFIG_PATH` for words that lead nowhere, `CONFIG_VALUE` for a value that is not allowed
   */
  set(words: readonly string[]): void {
    this.#edit();
    const place = placeOf(this.#schema, this.data, words);
    const { path, schema, rest, made } = place;
    const view = viewOf(schema);
    const isList = view.type === 'array' && view.identity === undefined;
    if (path.length === 0) throw pathError(words, 'names nothing: type a section and what is in it');
    if (isContainer(schema)) {
      for (const { path, identity } of made) this.#make(path, identity);
      if (view.identity === undefined) this.#make(path, {});
      return;
    }
    if (rest.length === 0) throw valueError(words, schema, 'needs a value');
    if (rest.length > 1 && !isList) throw valueError(words, schema, 'has a word too many');
    const values = rest.map((word) => checked(words, isList ? view.items : schema, word));
    for (const { path, identity } of made) this.#make(path, identity);
    if (!isList) this.#put(path, values[0]);
    else for (const value of values) this.#append(path, value);
  }

  /**
   * Deletes a value, an entry, or a section. What may not be empty goes with its last part.
   * @throws FirmwareError `CONFIG_PATH` for what is not there
   */
  delete(words: readonly string[]): void {
    this.#edit();
    const { data } = this;
    const { path, schema, rest, made } = placeOf(this.#schema, data, words);
    const value = at(data, path);
    if (path.length === 0 || made.length > 0 || value === undefined)
      throw pathError(words, 'is not in the configuration');
    const isList = viewOf(schema).type === 'array' && Array.isArray(value);
    if (rest.length === 0) this.#remove(path);
    else if (isList) {
      const indices = rest.map((word) => value.map(String).indexOf(word));
      if (indices.includes(-1)) throw pathError(words, 'is not in the configuration');
      for (const index of [...new Set(indices)].toSorted((a, b) => b - a)) this.#remove([...path, index]);
    } else if (rest.length === 1 && String(value) === rest[0]) this.#remove(path);
    else throw pathError(words, 'is not in the configuration');
  }

  /** The differences to the text that it began with, or to another. */
  compare(before: string = this.#base): Difference[] {
    if (this.#rewritten === undefined && this.#source === before) return [];
    const was = before === this.#base ? this.#dataOfBase() : (parse(before, READING) ?? {});
    return differences(this.#schema, was, this.data);
  }

  #dataOfBase(): unknown {
    this.#baseData ??= parse(this.#base, READING) ?? {};
    return this.#baseData;
  }

  /** Takes another text in its place, such as a file that is loaded; what it is compared with stays. */
  load(text: string): void {
    this.#written = undefined;
    this.#begin(text);
  }

  /** Takes one section of another text, or takes it out where that has none. */
  take(from: string, section: string): void {
    this.#edit();
    const node = parseDocument(from, READING).get(section, true);
    if (node === undefined) this.#document.delete(section);
    else this.#document.set(section, node);
  }

  /** Gives up all changes. */
  discard(): void {
    this.#written = this.#base;
    this.#begin(this.#base);
  }

  /** It was committed: it begins anew with the text as it is. */
  committed(): void {
    this.#base = this.text;
    this.#baseData = undefined;
    this.#begin(this.#base);
  }

  /**
   * The changes that somebody else has committed since it began; nothing where there are none.
   * @param current the text by which the router runs now
   */
  overtakenBy(current: string): Difference[] {
    return current === this.#base
      ? []
      : differences(this.#schema, this.#dataOfBase(), parse(current, READING) ?? {});
  }

  /** The words that may follow, for completion and help. @throws FirmwareError `CONFIG_PATH` */
  next(words: readonly string[]): NextWords {
    return nextOf(this.#schema, this.data, words);
  }

  /** Of what may follow, what is in the configuration. @throws FirmwareError `CONFIG_PATH` */
  present(words: readonly string[]): NextWords {
    return presentAt(this.#schema, this.data, words);
  }

  /** Whether `set` takes these words as they are, but for the value itself. */
  isWhole(words: readonly string[]): boolean {
    try {
      const { path, schema, rest } = placeOf(this.#schema, this.data, words);
      return path.length > 0 && (isContainer(schema) || rest.length > 0);
    } catch {
      return false;
    }
  }

  /** The part of the file below these words, as YAML. @throws FirmwareError `CONFIG_PATH` */
  show(words: readonly string[]): string {
    if (words.length === 0) return this.text;
    const { path, made, rest } = placeOf(this.#schema, this.data, words);
    const node =
      made.length > 0 || rest.length > 0 ? undefined : this.#document.getIn(this.#inFile(path), true);
    if (node === undefined) throw pathError(words, 'is not in the configuration');
    const part = parseDocument('');
    part.contents = node as typeof part.contents;
    return part.toString(STYLE);
  }

  /** The same path with the keys as the file has them: a sequence number is a number there, as a rule. */
  #inFile(path: KeyPath): unknown[] {
    let here: unknown = this.#document.contents;
    return path.map((step) => {
      const key = typeof step === 'string' ? keyIn(here, step) : step;
      here = isCollection(here) ? here.get(key, true) : undefined;
      return key;
    });
  }

  /** Makes a mapping, and the mappings and lists above it, where there is none; `lan0:` has none yet. */
  #make(path: KeyPath, members: Readonly<Record<string, unknown>>): void {
    for (let depth = 0; depth < path.length; depth++)
      this.#fill(path.slice(0, depth), typeof path[depth] === 'number' ? [] : {});
    if (at(this.data, path) === undefined)
      this.#document.setIn(this.#inFile(path), this.#document.createNode(members));
  }

  /** Puts a collection where nothing is, with the comment that stands there. */
  #fill(path: KeyPath, empty: object): void {
    const there =
      path.length === 0 ? this.#document.contents : this.#document.getIn(this.#inFile(path), true);
    const isEmpty = there === null || there === undefined || (isScalar(there) && there.value === null);
    if (!isEmpty) return;
    const node = this.#document.createNode(empty);
    if (isScalar(there)) node.commentBefore = (there.comment ?? there.commentBefore)?.trimEnd() ?? null;
    if (path.length === 0) this.#document.contents = node;
    else this.#document.setIn(this.#inFile(path), node);
  }

  #put(path: KeyPath, value: unknown): void {
    this.#make(path.slice(0, -1), {});
    this.#fill(path.slice(0, -1), {});
    this.#document.setIn(this.#inFile(path), value);
  }

  #append(path: KeyPath, value: unknown): void {
    this.#make(path.slice(0, -1), {});
    this.#fill(path.slice(0, -1), {});
    if (at(this.data, path) === undefined)
      this.#document.setIn(this.#inFile(path), this.#document.createNode([]));
    this.#fill(path, []);
    const there = at(this.data, path) as unknown[];
    if (!there.includes(value)) this.#document.addIn(this.#inFile(path), value);
  }

  #remove(path: KeyPath): void {
    this.#document.deleteIn(this.#inFile(path));
    const above = path.slice(0, -1);
    if (above.length === 0) return;
    const left = at(this.data, above);
    const isEmpty = typeof left === 'object' && left !== null && Object.keys(left).length === 0;
    if (isEmpty && !mayBeEmpty(schemaOf(this.#schema, above))) this.#remove(above);
  }
}

function keyIn(node: unknown, name: string): unknown {
  const there = isMap(node) && node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  if (there) return (there.key as { value: unknown }).value;
  return /^(?:0|[1-9]\d{0,14})$/.test(name) ? Number(name) : name;
}

/** It has words below it, and is there also without any. */
function isContainer(schema: unknown): boolean {
  const { identity, properties, additionalProperties } = viewOf(schema);
  return identity !== undefined || properties !== undefined || typeof additionalProperties === 'object';
}

function mayBeEmpty(schema: unknown): boolean {
  const { minItems = 0, minProperties = 0, required = [] } = viewOf(schema);
  return minItems === 0 && minProperties === 0 && required.length === 0;
}

function schemaOf(schema: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((here, step) => {
    const view = viewOf(here);
    if (typeof step === 'number') return view.items;
    return Object.hasOwn(view.properties ?? {}, step) ? view.properties![step] : view.additionalProperties;
  }, schema);
}

/** The word as a value. Patterns are a version's own: they are tried with the whole, under the guard. */
function checked(words: readonly string[], schema: unknown, word: string): unknown {
  const value = valueFrom(schema, word);
  const { pattern, ...rest } = schema as Record<string, unknown>;
  const [mistake] = mistakesOf(validatorOf(rest), value, []);
  if (mistake !== undefined)
    throw new FirmwareError(
      'CONFIG_VALUE',
      `"${words.join(' ')}": found ${word}; allowed: ${mistake.allowed}`,
    );
  return value;
}

function pathError(words: readonly string[], text: string): FirmwareError {
  return new FirmwareError('CONFIG_PATH', `"${words.join(' ')}" ${text}`);
}

function valueError(words: readonly string[], schema: unknown, text: string): FirmwareError {
  return new FirmwareError('CONFIG_VALUE', `"${words.join(' ')}" ${text}; allowed: ${allowedBy(schema)}`);
}
