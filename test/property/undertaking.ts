/** A transaction that runs: what it is to change, what its members do wrong, and what is held of their starts. */
import type { TransactionReport } from '../../runtime/index.ts';
import { carries, takesBack, versionOf } from './family.ts';
import { type Ledger, noOutputs, type Outputs } from './ledger.ts';
import { type Model, type Modelled, noFacts, type Part, wayBack } from './model.ts';
import type { Habit, HabitHook, Program } from './plan.ts';
import type { Facts } from './shape.ts';

export interface Launch {
  readonly name: string;
  readonly instance: number;
  readonly talk: Program;
  readonly outputs: Outputs;
}

export class Undertaking {
  readonly #parts: readonly Part[];
  readonly #habits: readonly (Habit & { module: string })[];
  readonly #talk: Program;
  /** About when its deadline is there. */
  readonly until: number;
  /** Rows are carried slowly. */
  slow = false;
  /** It undoes another one. */
  readonly back: boolean;
  /** By module that it removed: messages that went back. */
  readonly returned = new Map<string, number>();
  readonly #launches = new Map<string, Launch>();
  readonly #asked = new Set<string>();
  /** Observations that can only be made after a commit. */
  evidence: string | undefined;

  constructor(
    parts: readonly Part[],
    habits: readonly (Habit & { module: string })[],
    talk: Program,
    until: number,
    back: boolean,
  ) {
    this.#parts = parts;
    this.back = back;
    this.#habits = habits;
    this.#talk = talk;
    this.until = until;
  }

  touches(name: string): boolean {
    return this.#parts.some(({ change }) => change.module === name);
  }

  habit(name: string, hook: HabitHook): string | undefined {
    return this.#habits.find((habit) => habit.module === name && habit.hook === hook)?.does;
  }

  removes(name: string): boolean {
    return this.#parts.some(({ change }) => change.module === name && change.change === 'remove');
  }

  firstTime(name: string): boolean {
    if (this.#asked.has(name)) return false;
    this.#asked.add(name);
    return true;
  }

  /** Whether a module's service ends with it, in this way. */
  ends(name: string, why: string): boolean {
    return this.#parts.some(({ change }) => change.module === name && change.change === why);
  }

  launched(name: string, instance: number): boolean {
    return this.#launches.get(name)?.instance === instance;
  }

  /** The state that the next version of a module starts with. */
  factsFor(module: Modelled): Facts {
    const part = this.#parts.find(({ change }) => change.module === module.name);
    const version =
      part && 'bundle' in part.change ? versionOf(part.change.bundle.split('@')[1]!) : undefined;
    if (part?.before?.facts === undefined || version === undefined) return module.facts;
    return module.version !== undefined && carries(module.version, version)
      ? module.facts
      : part.before.facts;
  }

  /** A version starts: what it puts out is held until the decision. Undefined when it is none of the members. */
  launch(name: string, instance: number, ledger: Ledger): Launch | undefined {
    if (!this.touches(name)) return undefined;
    // The attempt before was aborted.
    const before = this.#launches.get(name);
    if (before !== undefined) ledger.drop(before.outputs);
    const launch: Launch = { name, instance, talk: this.#talk, outputs: noOutputs() };
    this.#launches.set(name, launch);
    return launch;
  }

  /** Brings the model to what holds after the commit, the first time that it is seen. */
  commit(evidence: string, model: Model, ledger: Ledger): void {
    if (this.evidence !== undefined) return;
    this.evidence = evidence;
    const way = this.#parts.map(({ change }) => wayBack(change, model.get(change.module)));
    for (const part of this.#parts) this.#carryOut(part, model, ledger);
    model.last = this.back ? [] : way.reverse();
    const { listeners } = model;
    const must = (sender: string) => takesBack(sender) && model.hasRoom(sender);
    for (const { change } of this.#parts) {
      if (change.change !== 'remove') continue;
      ledger.excuse(change.module);
      const counts = ledger.giveBack(change.module, must);
      this.returned.set(
        change.module,
        [...counts.values()].reduce((sum, count) => sum + count, 0),
      );
      for (const { name } of model.present) model.get(name).undeliverable += counts.get(name) ?? 0;
    }
    for (const { outputs } of this.#launches.values()) ledger.letOut(outputs, listeners);
  }

  #carryOut({ change, before }: Part, model: Model, ledger: Ledger): void {
    const module = model.get(change.module);
    const launch = this.#launches.get(change.module);
    if (change.change === 'disable') module.disabled = true;
    if (change.change === 'enable') module.disabled = false;
    if (change.change === 'remove') {
      Object.assign(module, { version: undefined, disabled: false, instance: 0, frozen: undefined });
      module.timers.clear();
    }
    if (change.change === 'add') {
      Object.assign(module, { facts: before?.facts ?? noFacts(), disabled: before?.disabled ?? false });
      Object.assign(module, { cut: 0, undeliverable: 0, frozen: undefined });
    }
    if (change.change === 'add' || change.change === 'replace') {
      const from = module.version;
      module.version = versionOf(change.bundle.split('@')[1]!);
      if (!module.version.timers) module.timers.clear();
      else
        for (const [key, armed] of before?.timers ?? [])
          if (from?.timers !== true) module.timers.set(key, armed);
      if (!module.version.subscribes) ledger.excuse(module.name);
      if (before?.facts !== undefined && from !== undefined && !carries(from, module.version))
        Object.assign(module, { facts: before.facts, frozen: undefined });
    }
    if (launch === undefined) return;
    module.instance = launch.instance;
    module.stopped = false;
  }

  /** The report is there: what it says must be what was seen. */
  close(report: TransactionReport, model: Model, ledger: Ledger): void {
    if (report.outcome === 'committed') {
      this.commit('the report', model, ledger);
      // A module that ends still takes what the others' first messages publish, and nobody handles it.
      for (const { change } of this.#parts) if (change.change === 'remove') ledger.excuse(change.module);
      return;
    }
    if (this.evidence !== undefined) ledger.blame(`aborted (${report.reason}), and yet ${this.evidence}`);
    for (const { outputs } of this.#launches.values()) ledger.drop(outputs);
  }
}
