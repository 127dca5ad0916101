/**
 * The nodes of a YAML document as plain data, and where each key and value stands. Duplicate keys, anchors and keys that
 * are no plain words are told: they are gone once the file is data.
 */
import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode } from 'yaml';
import type { KeyPath } from './problem.ts';

/** Something that the data cannot hold, at this offset into the text. */
export interface Untaken {
  path: KeyPath;
  offset: number;
  found: string;
  allowed: string;
  /** A key that is there already: at this offset. */
  before?: number;
  /** The data lacks all that stands there. */
  isLost?: true;
}

/** Offsets into the text, by path. */
export class Places {
  readonly #values = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  readonly #sources = new Map<string, string>();

  value(path: KeyPath): number | undefined {
    return this.#values.get(id(path));
  }

  key(path: KeyPath): number | undefined {
    return this.#keys.get(id(path));
  }

  /** A number or the like as it is written. */
  source(path: KeyPath): string | undefined {
    return this.#sources.get(id(path));
  }

  noteKey(path: KeyPath, offset: number): void {
    this.#keys.set(id(path), offset);
  }

  noteValue(path: KeyPath, node: Node): void {
    const offset = node.range?.[0];
    // An empty value has no place of its own: its key's is better.
    const isEmpty = isScalar(node) && node.value === null && (node.source ?? '') === '';
    if (offset !== undefined) this.#values.set(id(path), (isEmpty ? this.key(path) : undefined) ?? offset);
    if (isScalar(node) && node.source !== undefined) this.#sources.set(id(path), node.source);
  }
}

/**
 * @param untaken filled with what the data lacks
 * @param places filled, where they are asked for: in a long file they cost more than the data
 */
export function dataOf(
  node: ParsedNode | Node | null,
  path: KeyPath,
  untaken: Untaken[],
  places?: Places,
): unknown {
  if (node === null || node === undefined) return null;
  places?.noteValue(path, node);
  if (isAlias(node)) {
    const allowed = 'the value written out (the configuration takes no YAML aliases)';
    untaken.push({
      path,
      offset: node.range?.[0] ?? 0,
      found: `the alias *${node.source}`,
      allowed,
      isLost: true,
    });
    return undefined;
  }
  if (isSeq(node))
    return node.items.map((item, index) => dataOf(item as Node, [...path, index], untaken, places));
  if (!isMap(node)) return isScalar(node) ? node.value : null;
  const data: Record<string, unknown> = {};
  for (const { key, value } of node.items as { key: Node; value: Node | null }[]) {
    const offset = key.range?.[0] ?? 0;
    const name = nameOf(key);
    if (name === undefined || name === '__proto__') {
      const found = name ?? 'a key that is no word';
      untaken.push({ path, offset, found, allowed: 'a plain word as key' });
      continue;
    }
    const here = [...path, name];
    if (Object.hasOwn(data, name)) {
      const first = node.items.find((item) => nameOf(item.key) === name)?.key as Node;
      const again = { found: `"${name}" again`, allowed: 'each key once', before: first.range?.[0] ?? 0 };
      untaken.push({ path: here, offset, ...again });
      continue;
    }
    places?.noteKey(here, offset);
    data[name] = dataOf(value, here, untaken, places);
  }
  return data;
}

/** Undefined for a key that is no word. */
export function nameOf(key: unknown): string | undefined {
  return isScalar(key) && key.value !== null ? (key.source ?? String(key.value)) : undefined;
}

function id(path: KeyPath): string {
  return JSON.stringify(path);
}
