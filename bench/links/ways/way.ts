/** A way by which changes of links are known. */
import type { Step } from '../job.ts';

export interface Way {
  /** Resolves at the report of this change, which is made now, with the time of `performance.now`. */
  expect(step: Step): Promise<number>;
  stop(): Promise<void> | void;
}

/** Resolves when it listens. */
export type OpenWay = () => Promise<Way>;

/** What is waited for, one at a time: reports come through `told`. */
export class Awaited<Report> {
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
