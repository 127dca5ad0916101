/** Choices that a seed repeats. */
import { random } from '../../serial/relay.ts';

export class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  /** 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.#next() * below);
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
