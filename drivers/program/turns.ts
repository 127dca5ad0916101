/**
 * When programs may start: so many run at once, whoever wants them. Starting one holds the event loop for some ms, so
 * starts are spread: they take at most a fifth of the loop's time.
 */

/** Programs that run at once. */
export const MOST_RUNNING = 32;
const REST = 4;

/** A program that runs. */
export interface Running {
  kill(): void;
}

/** Starts one; returns undefined where it has ended, or did not start. */
export type Start = (ended: () => void) => Running | undefined;

export class Turns {
  readonly #waiting: Start[] = [];
  readonly #running = new Set<Running>();
  readonly #most: number;
  #pause: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];
  #over = false;
  #listens = false;

  constructor(most = MOST_RUNNING) {
    this.#most = most;
  }

  /** Starts it as soon as it may: not before this returns. */
  want(start: Start): void {
    if (this.#over) return;
    this.#waiting.push(start);
    this.#pause ??= setTimeout(this.#next, 0);
  }

  /** Programs that run or wait. */
  get left(): number {
    return this.#waiting.length + this.#running.size;
  }

  /**
   * Waits until none is left, so many ms at most; what is left then is killed, and nothing starts any more.
   * @returns how many were left
   */
  async end(most: number): Promise<number> {
    if (this.left > 0) {
      let late: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => this.#idle.push(resolve)),
        new Promise<void>((resolve) => {
          late = setTimeout(resolve, most);
        }),
      ]);
      clearTimeout(late);
    }
    const { left } = this;
    this.#killAll();
    process.off('exit', this.#killAll);
    return left;
  }

  readonly #killAll = () => {
    this.#over = true;
    this.#waiting.length = 0;
    for (const one of this.#running) one.kill();
  };

  readonly #next = () => {
    this.#pause = undefined;
    if (this.#running.size >= this.#most) return;
    const start = this.#waiting.shift();
    if (start === undefined) return;
    if (!this.#listens) process.once('exit', this.#killAll);
    this.#listens = true;
    const begun = performance.now();
    const running = start(() => {
      if (running !== undefined) this.#running.delete(running);
      this.#pause ??= setTimeout(this.#next, 0);
      this.#tellIdle();
    });
    if (running !== undefined) this.#running.add(running);
    this.#tellIdle();
    this.#pause = setTimeout(this.#next, REST * (performance.now() - begun));
  };

  #tellIdle(): void {
    if (this.left > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }
}
