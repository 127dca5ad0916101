/** A transaction that is on probation: it may go back by itself at any moment, and is then undone like by command. */
import type { Runtime, TransactionReport } from '../../runtime/index.ts';
import type { Actor } from './actor.ts';
import { Undertaking } from './undertaking.ts';

export class Watch {
  readonly #runtime: Runtime;
  readonly #actor: Actor;
  #watched: TransactionReport | undefined;
  /** The way back that may begin by itself. */
  #back: Undertaking | undefined;
  /** The log's word on a way back that came to nothing. */
  #stuck = '';
  wentBack = 0;

  constructor(runtime: Runtime, actor: Actor) {
    this.#runtime = runtime;
    this.#actor = actor;
    runtime.onLog(({ data, text }) => {
      if (text.includes('could not be undone')) this.#stuck = `: ${text}`;
      const report = data as Partial<TransactionReport> | undefined;
      if (report?.by === 'probation' && report.outcome !== undefined)
        this.#undone(report as TransactionReport);
    });
  }

  /** A transaction waits for its verdict, or for its way back. */
  get on(): boolean {
    return this.#watched !== undefined;
  }

  failed(id: number): boolean {
    return this.#runtime.history.find((report) => report.id === id)?.probation?.outcome === 'failed';
  }

  /** A command's transaction is decided: it is watched, or ends the watch over another. */
  after(report: TransactionReport): void {
    if (report.outcome === 'committed') {
      this.#watched = report.probation === undefined ? undefined : report;
      this.#back = undefined;
    }
    this.resume();
  }

  /** No command runs any more: what is on probation may go back now. */
  resume(): void {
    const { model } = this.#actor;
    if (this.on) this.#back ??= new Undertaking(model.last, [], [], Number.POSITIVE_INFINITY, true);
    this.#actor.undertaking = this.#back;
    this.#actor.wayBack = this.#back;
  }

  /** Is it over? */
  look(): void {
    if (!this.on || this.#runtime.probation !== undefined) return;
    const { id, probation } = this.#watched!;
    const outcome = probation?.outcome;
    if (
      outcome === 'running' ||
      outcome === 'failed' ||
      (outcome === 'passed' && probation?.confirm === true)
    )
      this.#actor.ledger.blame(
        `the probation of ${id} ended as ${outcome}, and it did not go back${this.#stuck}`,
      );
    this.#end();
  }

  #undone(report: TransactionReport): void {
    const { model, ledger } = this.#actor;
    if (report.undoes !== this.#watched?.id)
      ledger.blame(`${report.undoes} went back, though ${this.#watched?.id} was on probation`);
    // A module that goes takes with it what its handlers left undone.
    for (const { module, change } of report.members) if (change === 'remove') this.#actor.seeCuts(module);
    this.#back?.close(report, model, ledger);
    if (report.outcome === 'aborted') {
      this.#back = undefined;
      this.resume();
      return;
    }
    this.wentBack++;
    this.#end();
  }

  #end(): void {
    this.#watched = undefined;
    this.#back = undefined;
    this.#actor.undertaking = undefined;
    this.#actor.wayBack = undefined;
  }
}
