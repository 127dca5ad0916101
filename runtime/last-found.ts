/**
 * A Map that remembers what it found last. What is sent, and who takes it, mostly repeats: then comparing two references
 * does what hashing and probing would do.
 */
export class LastFound<Key, Value> {
  readonly #map: Map<Key, Value>;
  #key: Key | undefined;
  #value: Value | undefined;

  constructor(entries: Iterable<readonly [Key, Value]> = []) {
    this.#map = new Map(entries);
  }

  get(key: Key): Value | undefined {
    if (key === this.#key) return this.#value;
    const value = this.#map.get(key);
    if (value === undefined) return undefined;
    this.#key = key;
    this.#value = value;
    return value;
  }

  set(key: Key, value: Value): void {
    this.#forget();
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    this.#forget();
    return this.#map.delete(key);
  }

  clear(): void {
    this.#forget();
    this.#map.clear();
  }

  values(): IterableIterator<Value> {
    return this.#map.values();
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.#map[Symbol.iterator]();
  }

  #forget(): void {
    this.#key = undefined;
    this.#value = undefined;
  }
}
