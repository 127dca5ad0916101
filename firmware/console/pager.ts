/** An answer that is longer than the screen, a page at a time: `terminal length N`. */

export const MORE = '--More-- (space: the next page, Enter: a line, q: no more)';

/** A key of the pager; undefined for one that it does not know. */
const STEPS: Readonly<Record<string, 'page' | 'line' | 'end'>> = {
  ' ': 'page',
  '\r': 'line',
  '\n': 'line',
  q: 'end',
  Q: 'end',
  '\u0003': 'end',
};

export class Pager {
  readonly #show: (lines: readonly string[]) => void;
  readonly #page: number;
  #left: readonly string[];
  #end: () => void = () => {};
  /** Resolves when all is shown, or no more is wanted. */
  readonly over: Promise<void>;

  /** @param length lines of the screen, the one with `--More--` included */
  constructor(lines: readonly string[], length: number, show: (lines: readonly string[]) => void) {
    this.#show = show;
    this.#page = Math.max(1, length - 1);
    this.#left = lines;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#next(this.#page);
  }

  /** Takes keys; returns those behind the end. */
  press(keys: string): string {
    for (let at = 0; at < keys.length; at++) {
      const step = STEPS[keys[at]!];
      if (step === 'end') this.close();
      else if (step !== undefined) this.#next(step === 'page' ? this.#page : 1);
      if (this.#left.length === 0) return keys.slice(at + 1);
    }
    return '';
  }

  close(): void {
    this.#left = [];
    this.#end();
  }

  #next(count: number): void {
    const page = this.#left.slice(0, count);
    this.#left = this.#left.slice(count);
    this.#show(this.#left.length > 0 ? [...page, MORE] : page);
    if (this.#left.length === 0) this.#end();
  }
}
