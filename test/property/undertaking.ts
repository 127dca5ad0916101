/** A transaction that runs: what it is to change, what its members do wrong, and what is held of their starts. */
import type { Change, TransactionReport } from '../../runtime/index.ts';
import { versionOf } from './family.ts';
import { type Ledger, noOutputs, type Outputs } from './ledger.ts';
import { type Model, noFacts } from './model.ts';
import type { Habit, HabitHook, Program } from './plan.ts';

export interface Launch {
  readonly name: string;
  readonly instance: number;
  readonly talk: Program;
  readonly outputs: Outputs;
}

export class Undertaking {
  readonly #changes: readonly Change[];
  readonly #habits: readonly (Habit & { module: string })[];
  readonly #talk: Program;
  /** About when its deadline is there. */
  readonly until: number;
  readonly #launches = new Map<string, Launch>();
  readonly #asked = new Set<string>();
  /** What was seen that can only be after a commit. */
  evidence: string | undefined;

  constructor(
    changes: readonly Change[],
    habits: readonly (Habit & { module: string })[],
    talk: Program,
    until: number,
  ) {
    this.#changes = changes;
    this.#habits = habits;
    this.#talk = talk;
    this.until = until;
  }

  touches(name: string): boolean {
    return this.#changes.some(({ module }) => module === name);
  }

  habit(name: string, hook: HabitHook): string | undefined {
    return this.#habits.find((habit) => habit.module === name && habit.hook === hook)?.does;
  }

  firstTime(name: string): boolean {
    if (this.#asked.has(name)) return false;
    this.#asked.add(name);
    return true;
  }

  /** A version starts: what it puts out is held until the decision. Undefined when it is none of the members. */
  launch(name: string, instance: number): Launch | undefined {
    if (!this.touches(name)) return undefined;
    const launch: Launch = { name, instance, talk: this.#talk, outputs: noOutputs() };
    this.#launches.set(name, launch);
    return launch;
  }

  /** Brings the model to what holds after the commit, the first time that it is seen. */
  commit(evidence: string, model: Model, ledger: Ledger): void {
    if (this.evidence !== undefined) return;
    this.evidence = evidence;
    for (const change of this.#changes) {
      const module = model.get(change.module);
      const launch = this.#launches.get(change.module);
      if (change.change === 'add') {
        module.facts = noFacts();
        module.disabled = false;
      }
      if (change.change === 'disable') module.disabled = true;
      if (change.change === 'enable') module.disabled = false;
      if (change.change === 'add' || change.change === 'replace') {
        module.version = versionOf(change.bundle.split('@')[1]!);
        if (!module.version.timers) module.timers.clear();
        if (!module.version.subscribes) ledger.excuse(module.name);
      }
      if (launch !== undefined) module.instance = launch.instance;
    }
    const { listeners } = model;
    for (const { outputs } of this.#launches.values()) ledger.letOut(outputs, listeners);
  }

  /** The report is there: what it says must be what was seen. */
  close(report: TransactionReport, model: Model, ledger: Ledger): void {
    if (report.outcome === 'committed') {
      this.commit('the report', model, ledger);
      return;
    }
    if (this.evidence !== undefined) ledger.blame(`aborted (${report.reason}), and yet ${this.evidence}`);
    for (const { outputs } of this.#launches.values()) ledger.drop(outputs);
  }
}
