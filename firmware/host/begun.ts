/** Things that a program has begun, each with its end. */

export class Begun {
  readonly #ends: (() => unknown)[] = [];

  /** @param end ends what was begun just now; it may return a promise */
  add(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** Ends all of it, the last first, also when one of them fails. @throws the first failure, when all is ended */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      try {
        await end();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
