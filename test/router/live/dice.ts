/** Choices that a seed repeats. */
import { wholeFrom } from '../../random.ts';

export class Dice {
  readonly #whole: (below: number) => number;

  constructor(seed: number) {
    this.#whole = wholeFrom(seed);
  }

  /** 0 to `below` - 1. */
  int(below: number): number {
    return this.#whole(below);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]!;
  }

  /** One of these that is another; undefined where there is none. */
  other<T>(from: readonly T[], than: T): T | undefined {
    const others = from.filter((each) => each !== than);
    return others.length === 0 ? undefined : this.pick(others);
  }

  /** True in so many of 100 cases. */
  percent(share: number): boolean {
    return this.int(100) < share;
  }
}
