/** How far a long step has come: one line that is written over on a terminal, a line now and then elsewhere. */

export interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Percent between two lines where nothing can be written over. */
const STEP = 25;

/** Between two changes of a terminal's line, in ms. */
const PAUSE = 100;

export class Progress {
  readonly #step: string;
  readonly #total: number;
  readonly #output: Output;
  readonly #began = performance.now();
  #told = 0;
  #shown: number | undefined;

  /**
   * @param step what is done, such as `writing`
   * @param total in bytes
   */
  constructor(step: string, total: number, output: Output) {
    this.#step = step;
    this.#total = total;
    this.#output = output;
  }

  show(done: number): void {
    const now = performance.now();
    const percent = Math.floor((100 * done) / this.#total);
    const seconds = Math.max(now - this.#began, 1) / 1000;
    const speed = done / seconds;
    const left = Math.ceil((this.#total - done) / speed);
    const time = done < this.#total ? `${duration(left)} left` : `${duration(Math.ceil(seconds))} in all`;
    const text = `${this.#step}: ${percent} %, ${(speed / 1e6).toFixed(1)} MB/s, ${time}`;
    if (this.#output.isTTY) {
      if (done < this.#total && this.#shown !== undefined && now - this.#shown < PAUSE) return;
      this.#output.write(`\r${text}\u001b[K`);
      this.#shown = now;
    } else if (percent >= this.#told + STEP) {
      this.#output.write(`${text}\n`);
      this.#told = percent - (percent % STEP);
    }
  }

  /** Leaves the line. */
  end(): void {
    if (this.#shown !== undefined) this.#output.write('\n');
    this.#shown = undefined;
  }
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
