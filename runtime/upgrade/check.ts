/**
 * The command `check` (OTP's `check_install_release`): the steps of a transaction up to the point of no return, gone with
 * understudies, and undone. Nothing is disabled, opened or written. Each line has a turn of the event loop and a guard of its
 * own. A module that says no leaves the course, and the others go on.
 *
 * Taking a copy stalls the event loop for as long as the state is large. So does a hook of the new version for as long as it takes,
 * up to its bound.
 */
import { HitlessError, reasonOf } from '../errors.ts';
import { Group } from '../module/group.ts';
import { runHook } from '../module/hook-time.ts';
import { notPlain } from '../state/plain.ts';
import { tablesIn } from '../state/state.ts';
import { type CheckStage, wordsOf } from './check-stage.ts';
import { Deadline } from './deadline.ts';
import { Interpreter } from './interpreter.ts';
import type { Participant } from './participant.ts';
import type { Plan } from './plan.ts';
import type { MemberReport, Origin, StateFate, TableFate, TransactionReport } from './report.ts';
import { AGAIN, type Line, type Record } from './steps.ts';

/** Blackout of a swap without handlers, in ms, before there is one to learn from. */
const BARE_MS = 0.03;
/** Transactions that the prediction learns from. */
const LEARNT = 20;
/** `isQuiescent` may take so many ms: the module that serves is asked. */
const CHECK_MS = 250;

/** The outcome for one module. */
export interface CheckMember {
  /** Its name. */
  module: string;
  /** The change that would be made to it. */
  change: MemberReport['change'];
  /** Version now; empty when it would be added. */
  from: string;
  /** Version afterwards; empty when it would be removed. */
  to: string;
  /** State versions; 0 where there is none. */
  stateFrom: number;
  /** State version afterwards; 0 when it would be removed. */
  stateTo: number;
  /** The fate of its state. */
  how: StateFate;
  /** The state's Tables: rows now, and whether each would be migrated. */
  tables: TableFate[];
  /** Entries in its mailbox now. */
  waiting: number;
  /** Whether it would agree to be swapped now, or why not. */
  quiescent: true | string;
  /** Predicted, in ms. */
  blackout: number;
}

/** The findings of `Runtime.check`: the transaction as it would go. */
export interface CheckReport {
  /** The command as it was given. */
  command: string;
  /** Its giver: a console's name, or `host`. */
  by: string;
  /** Whether nothing was found that would make it abort. */
  ok: boolean;
  /** The reasons why it would abort. */
  problems: string[];
  /** Facts that should be known and do not make it abort. */
  warnings: string[];
  /** Predicted time during which the group is out of service, in ms. */
  window: number;
  /** One entry per module, in the order of the command. */
  members: CheckMember[];
}

/** A check writes no set of versions. */
const UNWRITTEN: Record = {
  prepare: async () => {},
  commit: async () => undefined,
  abandon: async () => {},
};

/** Goes down the list to the point of no return, and up again. */
export class Check extends Interpreter {
  declare readonly stage: CheckStage;
  readonly #problems = new Map<Participant, string[]>();
  readonly #warnings: string[] = [];
  /** The answers of the modules that serve. */
  readonly #quiescent = new Map<Participant, true | string>();
  readonly #out = new Set<Participant>();
  readonly #done = new Set<Line>();

  constructor(stage: CheckStage, plan: Plan) {
    super(stage, plan, UNWRITTEN);
  }

  async run({ command, by }: Origin, history: readonly TransactionReport[]): Promise<CheckReport> {
    const { members, stage } = this;
    // A check has no deadline: what serves has its turns in between.
    this.deadline = new Deadline(Number.POSITIVE_INFINITY);
    this.group = new Group(members.flatMap(({ drains, proxy }) => (drains ? [proxy] : [])));
    await stage.turn(() => {
      for (const member of members) this.#mayBeTried(member);
    });
    while (this.cursor < this.noReturn && !stage.kernel.stopped)
      await this.#line(this.lines.list[this.cursor++]!);
    const window = bare(history) + stage.work;
    const found = members.map((member) => this.#found(member, window));
    // A retired module is not put in service again.
    for (const { proxy } of members) proxy.retire();
    await this.back(0);
    const problems = [...this.#problems.values()].flat();
    return {
      command,
      by,
      ok: problems.length === 0,
      problems,
      warnings: [...stage.warnings, ...this.#warnings, ...members.flatMap(busy)],
      window,
      members: found,
    };
  }

  // --- down the list

  async #line(line: Line): Promise<void> {
    const { step, member } = line;
    // The module that serves says how it is, whatever is wrong with what would come after it.
    if (member !== undefined && this.#out.has(member) && step.again !== true) return;
    this.at(step.name);
    this.#done.add(line);
    if (step.serving !== true) {
      // All that serves has its turn before each piece that may take long.
      await this.stage.turn(() => this.#guarded(line));
      return;
    }
    try {
      const done = this.do(line);
      if (done instanceof Promise && (await done) === AGAIN) this.cursor--;
    } catch (thrown) {
      if (member === undefined) throw thrown;
      this.#threw(line, thrown);
    }
  }

  #guarded(line: Line): void {
    const { step, member } = line;
    const limit = step.again === true ? CHECK_MS : this.stage.preparation;
    let answer: unknown;
    const cut = runHook(this.stage.kernel.guard, limit, () => {
      try {
        answer = this.do(line);
      } catch (thrown) {
        this.#threw(line, thrown);
      }
    });
    if (cut !== undefined) this.#threw(line, notReturned(line, limit));
    if (member === undefined) return;
    if (step.again !== true) {
      if (typeof answer === 'string') this.refuse(member, answer);
      return;
    }
    // The module that serves was asked, and goes on as it was.
    if (cut !== undefined && member.drains) member.serving.instance.context.mode = 'live';
    if (answer === true || typeof answer === 'string') this.#quiescent.set(member, answer);
  }

  /** A module that left the course has not done all of it. */
  protected override undo(line: Line): unknown {
    return this.#done.has(line) ? super.undo(line) : undefined;
  }

  #threw({ step, member }: Line, thrown: unknown): void {
    const said = thrown instanceof HitlessError && thrown.code !== 'HOOK_THREW';
    if (step.again === true) {
      const cut = thrown instanceof HitlessError && thrown.code === 'HOOK_CUT';
      this.#quiescent.set(member!, cut ? thrown.message : reasonOf(thrown));
    } else if (member === undefined) this.#warnings.push(reasonOf(thrown));
    else if (said) this.refuse(member, reasonOf(thrown));
    else this.refuse(member, `${stepWords(step.name)} threw ${reasonOf(thrown)}`);
  }

  get open(): boolean {
    return true;
  }

  bounded(limit: number, member: Participant, body: () => void): void {
    const cut = runHook(this.stage.kernel.guard, limit, () => {
      try {
        body();
      } catch (thrown) {
        this.refuse(member, reasonOf(thrown));
      }
    });
    if (cut !== undefined)
      this.refuse(member, `HOOK_CUT: ${wordsOf('state')} did not return within ${Math.round(limit)} ms`);
  }

  refuse(member: Participant, reason: string): void {
    this.#out.add(member);
    this.#problem(member, `${member.module} ${member.to || member.from}: ${reason}`);
  }

  #problem(member: Participant, text: string): void {
    this.#problems.set(member, [...(this.#problems.get(member) ?? []), text]);
  }

  refused(member: Participant): boolean {
    return this.#out.has(member);
  }

  protected at(step: Line['step']['name']): void {
    this.stage.step = step;
  }

  protected tellOf(where: string, thrown: unknown): void {
    this.#warnings.push(`${where}: ${reasonOf(thrown)}`);
  }

  // --- what was found

  /** A state that cannot be copied cannot be tried. A transaction looks at what it copies only. */
  #mayBeTried(member: Participant): void {
    const { module, from, to, fate, serving } = member;
    if (!this.stage.untried.has(module)) return;
    const text = `${module} ${from}: ${reasonOf(this.stage.untried.get(module))}`;
    const { state } = serving;
    const carried = () =>
      this.stage.kernel.guard.look(module, 'state', () => {
        const tables = tablesIn(state);
        const names = member.carriedTables(state);
        const rows = Object.fromEntries(names.map((name) => [name, tables.get(name)]));
        return notPlain(state, 'state', tables.keys(), false) ?? notPlain(rows, 'state', names);
      });
    this.#out.add(member);
    const goesOn =
      fate === 'kept' || (!this.stage.development && (fate === 'adopted' || carried() === undefined));
    if (goesOn) this.#warnings.push(`${text}; ${to} was not tried with it`);
    else this.#problem(member, text);
  }

  #found(member: Participant, window: number): CheckMember {
    const { module, change, from, to, fate, serving, warning } = member;
    const added = change === 'add';
    if (warning !== undefined) this.#warnings.push(warning);
    return {
      module,
      change,
      from,
      to,
      stateFrom: added ? 0 : serving.manifest.state.version,
      stateTo: member.after?.manifest.state.version ?? 0,
      how: fate,
      tables: this.stage.untried.has(module) ? [] : member.tables,
      waiting: added ? 0 : serving.queue().waiting,
      quiescent: this.#quiescent.get(member) ?? true,
      blackout: window,
    };
  }
}

function stepWords(step: Line['step']['name']): string {
  return wordsOf(step === 'freeze' || step === 'migrate' ? 'state' : step);
}

function notReturned({ step }: Line, limit: number): HitlessError {
  const words = step.again === true ? 'isQuiescent' : stepWords(step.name);
  return new HitlessError('HOOK_CUT', `${words} did not return within ${Math.round(limit)} ms`);
}

function busy({ module, change, serving }: Participant): string[] {
  const drains = change !== 'add' && serving.service === 'service';
  const unfinished = drains ? serving.unfinished : '';
  return unfinished === '' ? [] : [`${module}: ${unfinished}: the swap would wait for that`];
}

/** The cost of a swap besides the members' own code: the median of the last ones. */
function bare(history: readonly TransactionReport[]): number {
  const costs = history
    .filter(({ outcome }) => outcome === 'committed')
    .slice(-LEARNT)
    .map(({ window, phases }) => Math.max(0, window - phases.state - phases.commit))
    .sort((a, b) => a - b);
  return costs[costs.length >> 1] ?? BARE_MS;
}
