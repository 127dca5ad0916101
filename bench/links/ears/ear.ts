/** How changes of links are known. */
import type { Step } from '../job.ts';

export interface Ear {
  /** Resolves at the report of this change, which is made now, with the time of `performance.now`. */
  expect(step: Step): Promise<number>;
  /** ms since then until the kernel had answered questions, in all; absent where the report needs none. */
  readonly asked?: number;
  stop(): Promise<void> | void;
}

/** Resolves when it listens. */
export type OpenEar = () => Promise<Ear>;

/** A report that is waited for, one at a time; all come through `told`. */
export class NextReport<Report> {
  #told: (report: Report) => void = () => {};

  readonly told = (report: Report): void => this.#told(report);

  expect(is: (report: Report) => boolean): Promise<number> {
    return new Promise((resolve) => {
      this.#told = (report) => {
        if (!is(report)) return;
        const now = performance.now();
        this.#told = () => {};
        resolve(now);
      };
    });
  }
}
