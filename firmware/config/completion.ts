/** From a file's data to what programs read: defaults in, times in ms, and nothing that is wrong by itself. */

import type { KeyPath } from './problem.ts';
import { readCpus, readDuration } from './vocabulary.ts';
import { type SchemaView, viewOf } from './words.ts';

/** With mappings where nothing stands in place of one: `lan0:` means the defaults, like `lan0: {}`. */
export function withMappings(schema: unknown, data: unknown): unknown {
  const view = viewOf(schema);
  if (data === null && view.type === 'object') return {};
  return mapped(view, data, withMappings);
}

/** The paths of values that are wrong by themselves. */
export class WrongPaths {
  readonly #paths = new Set<string>();

  add(path: KeyPath): void {
    this.#paths.add(JSON.stringify(path));
  }

  has(path: KeyPath): boolean {
    return this.#paths.has(JSON.stringify(path));
  }
}

/**
 * The data of a schema with its defaults, and times in ms. Unknown keys and wrong values are missing; in a list,
 * undefined stands for them.
 */
export function completed(schema: unknown, data: unknown, wrong: WrongPaths, path: KeyPath): unknown {
  if (wrong.has(path)) return undefined;
  const view = viewOf(schema);
  const value = data === undefined ? view.default : data;
  if (value === undefined) return undefined;
  if (view.duration !== undefined) {
    const read = readDuration(value, view.duration);
    return 'ms' in read ? read.ms : undefined;
  }
  if (view.cpus === true) return readCpus(value);
  const made = mapped(view, value, (inner, item, step) => completed(inner, item, wrong, [...path, step]));
  if (view.properties === undefined || !isMapping(made)) return made;
  for (const [name, inner] of Object.entries(view.properties)) {
    if (Object.hasOwn(value as object, name)) continue;
    const item = completed(inner, undefined, wrong, [...path, name]);
    if (item !== undefined) made[name] = item;
  }
  return made;
}

/** The schema of what is at this path; undefined when there is none. */
export function schemaAt(schema: unknown, path: KeyPath): unknown {
  let at: unknown = schema;
  for (const step of path) {
    const view = viewOf(at);
    at = typeof step === 'number' ? view.items : innerOf(view, step);
  }
  return at;
}

/** A copy of a mapping or a list with its members made anew. */
function mapped(
  view: SchemaView,
  value: unknown,
  make: (schema: unknown, item: unknown, step: string | number) => unknown,
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => make(view.items, item, index));
  if (!isMapping(value)) return value;
  const made: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const inner = make(innerOf(view, name), item, name);
    if (inner !== undefined) made[name] = inner;
  }
  return made;
}

function innerOf({ properties, additionalProperties }: SchemaView, name: string): unknown {
  return properties !== undefined && Object.hasOwn(properties, name)
    ? properties[name]
    : additionalProperties;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
