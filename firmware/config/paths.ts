/** Reading a configuration file's data by the path of a key, whatever is there. */
import type { KeyPath } from './problem.ts';

/** The value at this path; undefined where there is nothing. */
export function at(data: unknown, path: KeyPath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The paths of all entries of a mapping or list; none where there is neither. */
export function keys(data: unknown, path: KeyPath): KeyPath[] {
  const value = at(data, path);
  if (Array.isArray(value)) return value.map((_, index) => [...path, index]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).map((key) => [...path, key]);
}
