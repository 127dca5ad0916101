/** Tries an aborted transaction again (paper, section 6: "the plan of later retry"). */
import type { TransactionReport } from './report.ts';

/** How an aborted transaction is tried again. */
export interface RetryOptions {
  /** How often it is tried again. */
  times: number;
  /** Time between two attempts, in ms. */
  every: number;
}

export class Retry {
  /** The attempt that runs, or ran last. */
  number = 1;
  readonly #options: RetryOptions;
  #wake: (() => void) | undefined;
  #cancelled = '';

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  get of(): number {
    return this.#options.times + 1;
  }

  /** Between two attempts. */
  get waiting(): boolean {
    return this.#wake !== undefined;
  }

  /** Gives up; false when no next attempt is waited for. */
  cancel(why: string): boolean {
    if (this.#wake === undefined) return false;
    this.#cancelled = why;
    this.#wake();
    return true;
  }

  /** Runs attempts until one is committed or there are no more. Returns the last one's report. */
  async run(
    attempt: (attempt: { number: number; of: number }) => Promise<TransactionReport>,
    again: (report: TransactionReport, wait: number) => void,
  ): Promise<TransactionReport> {
    for (;;) {
      const report = await attempt({ number: this.number, of: this.of });
      if (report.outcome === 'committed' || this.number === this.of) return report;
      again(report, this.#options.every);
      await this.#pause();
      if (this.#cancelled !== '') {
        report.reason += `; not tried again: ${this.#cancelled}`;
        return report;
      }
      this.number++;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), this.#options.every);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
