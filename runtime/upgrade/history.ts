/** The transactions of this runtime, the last thousand; the lines of their logs are kept of the last hundred. */
import type { TransactionReport } from './report.ts';

const REPORTS = 1_000;
const WITH_STEPS = 100;

export class History {
  readonly #reports: TransactionReport[] = [];

  get reports(): readonly TransactionReport[] {
    return this.#reports;
  }

  find(id: number): TransactionReport | undefined {
    return this.#reports.find((report) => report.id === id);
  }

  add(report: TransactionReport): void {
    this.#reports.push(report);
    if (this.#reports.length > REPORTS) this.#reports.shift();
    const old = this.#reports.at(-WITH_STEPS - 1);
    if (old !== undefined) old.steps = [];
  }
}
