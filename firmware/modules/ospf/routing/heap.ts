/** A binary heap of things with numbers, least first. One that is put in again with a lower number is simply there twice. */
export class Heap<T> {
  readonly #numbers: number[] = [];
  readonly #things: T[] = [];

  get size(): number {
    return this.#numbers.length;
  }

  push(number: number, thing: T): void {
    const numbers = this.#numbers;
    const things = this.#things;
    let at = numbers.length;
    numbers.push(number);
    things.push(thing);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (numbers[above]! <= number) break;
      numbers[at] = numbers[above]!;
      things[at] = things[above]!;
      at = above;
    }
    numbers[at] = number;
    things[at] = thing;
  }

  /** Takes the least out; undefined where it is empty. */
  pop(): T | undefined {
    const least = this.#things[0];
    const number = this.#numbers.pop();
    const thing = this.#things.pop();
    if (number !== undefined && this.#numbers.length > 0) this.#sink(number, thing as T);
    return least;
  }

  #sink(number: number, thing: T): void {
    const numbers = this.#numbers;
    const things = this.#things;
    const { length } = numbers;
    let at = 0;
    for (let below = 1; below < length; below = 2 * at + 1) {
      if (below + 1 < length && numbers[below + 1]! < numbers[below]!) below++;
      if (numbers[below]! >= number) break;
      numbers[at] = numbers[below]!;
      things[at] = things[below]!;
      at = below;
    }
    numbers[at] = number;
    things[at] = thing;
  }
}
