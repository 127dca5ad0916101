/** The error of an upgrade that was carried out and came to nothing. */
import { HitlessError } from '../errors.ts';
import type { TransactionReport } from './report.ts';

/** An upgrade was begun and aborted: what was before goes on. Its code is `TRANSACTION_ABORTED`. */
export class AbortedError extends HitlessError {
  /** All that is known of the transaction. */
  readonly report: TransactionReport;

  /** For the runtime: of a report whose outcome is `aborted`. */
  constructor(report: TransactionReport) {
    const { command, reason, votes } = report;
    const no = votes.find(({ vote }) => vote === 'NO');
    super('TRANSACTION_ABORTED', `"${command}" was aborted, and what was before goes on: ${reason}`, {
      ...(no !== undefined && { module: no.module }),
    });
    this.name = 'AbortedError';
    this.report = report;
  }
}
