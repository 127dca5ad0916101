/** Many cases together: counts, and how late decisions came. */
import type { TransactionReport } from '../../runtime/index.ts';

export class Tally {
  transactions = 0;
  committed = 0;
  aborted = 0;
  refused = 0;
  cases = 0;
  handled = 0;
  asked = 0;
  full = 0;
  cut = 0;
  buffered = 0;
  checked = 0;
  retried = 0;
  givenUp = 0;
  confirmed = 0;
  /** Undone by command, and by themselves on probation. */
  undone = 0;
  wentBack = 0;
  removed = 0;
  returned = 0;
  /** Cases given up, because it cannot be told whether a handler was cut or done. */
  unclear = 0;
  /** Refused because the machine stood still for 250 ms while a version was made. */
  stalled = 0;
  /** Transactions whose outcome was known beforehand. */
  foretold = 0;
  /** How late the decision came, of those that ran into their deadline, in ms. */
  readonly late: number[] = [];

  report(report: TransactionReport, expected: string): void {
    this.transactions++;
    this[report.outcome]++;
    if (expected !== 'either') this.foretold++;
    if (report.outcome === 'committed') {
      if (report.undoes !== undefined) this.undone++;
      this.removed += report.members.filter(({ change }) => change === 'remove').length;
    }
    for (const { buffered } of report.members) this.buffered += buffered;
    if (report.late > 0) this.late.push(report.late);
  }

  /** The lateness that a share of the late decisions does not exceed, in ms. */
  lateness(share: number): number {
    const sorted = [...this.late].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  toString(): string {
    const {
      transactions,
      committed,
      aborted,
      refused,
      foretold,
      cases,
      handled,
      asked,
      full,
      cut,
      unclear,
      buffered,
      removed,
      returned,
      undone,
      wentBack,
      confirmed,
      checked,
      retried,
    } = this;
    const late = [0.5, 0.99, 1].map((share) => this.lateness(share).toFixed(2)).join(' / ');
    return `${transactions} transactions in ${cases} cases: ${committed} committed, ${aborted} aborted (${foretold} foretold), ${refused} refused; ${handled} inputs handled, ${asked} requests, ${full} refused by full mailboxes, ${buffered} buffered, ${cut} handlers cut, ${removed} modules removed, ${returned} messages returned, ${undone} undone, ${wentBack} went back by themselves, ${confirmed} confirmed, ${retried} further attempts, ${checked} checked, ${unclear} cases unclear; ${this.late.length} decisions late by ${late} ms (median / p99 / most)`;
  }
}
