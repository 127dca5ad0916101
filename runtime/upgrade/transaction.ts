/**
 * One upgrade transaction (paper 3.4 and 3.5, design rules 7 to 10 and 13). It goes down the list of `steps.ts` with a cursor,
 * from the plan to the report. An error, a NO, a cut or the deadline undoes what was done, from the cursor up, until the
 * point of no return. Behind it a line that was cut is done again.
 *
 * On the fast path everything from the first disable to the first buffered message runs inside one guarded call.
 */
import { now } from '../clock.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import { Group } from '../module/group.ts';
import { CpuMark, hookMsOf } from '../module/hook-time.ts';
import { type Cut, MARGIN_MS } from '../services/guard.ts';
import { Deadline } from './deadline.ts';
import type { FaultPlan } from './faults.ts';
import { Interpreter } from './interpreter.ts';
import { NextAttempt } from './next-attempt.ts';
import type { Participant } from './participant.ts';
import type { Plan } from './plan.ts';
import type { Origin, Phases, StepName, TransactionReport, Vote } from './report.ts';
import type { Stage } from './stage.ts';
import { AGAIN, DRAIN_MS, type Line, type Record, type StepAnswer } from './steps.ts';

/** Outputs of one start that are released within the guard: more may take longer than that. */
const MOST_RELEASED = 1_000;

export interface TransactionOptions extends Origin {
  readonly id: number;
  readonly record: Record;
  readonly faults: FaultPlan | undefined;
  /** A member that is not quiescent at the deadline is cut, and the transaction goes on. */
  readonly force: boolean;
  readonly attempt?: { number: number; of: number };
  readonly undoes?: number;
}

export class Transaction extends Interpreter {
  readonly #options: TransactionOptions;
  readonly #startedAt = Date.now();
  /** Told of each step before it is done; only a test asks for it. */
  readonly #onStep: ((step: string) => void) | undefined;
  /** Those that are not YES. */
  readonly #votes = new Map<string, Vote>();
  /** Why it is undone; undefined while it is not. */
  #reason: string | undefined;
  /** It is behind the point of no return. */
  #decided = false;
  /** A member is not quiescent yet. */
  #again = false;
  /** The step that was undone first. */
  #reached: StepName | undefined;
  #late = 0;
  #hookMs = 0;
  #releasedAt = 0;
  readonly #cpu = new CpuMark();
  /** It was cut although its hooks had hardly had a processor. */
  #stoodStill = false;
  readonly #phases: Phases = { upload: 0, migrate: 0, wait: 0, drain: 0, state: 0, commit: 0, cleanup: 0 };
  #phase: keyof Phases | undefined = 'upload';
  #phaseSince: number;

  constructor(stage: Stage, plan: Plan, options: TransactionOptions) {
    super(stage, plan, options.record);
    this.#options = options;
    this.#phaseSince = stage.beganAt;
    const { faults } = options;
    stage.faults = faults?.take() ?? [];
    this.#onStep = faults?.onStep && ((step) => faults.onStep?.(step));
  }

  get open(): boolean {
    return this.#reason === undefined && !this.#decided;
  }

  get committed(): boolean {
    return this.#decided;
  }

  /** It was aborted because the machine stood still, and may be tried again at once. */
  get stoodStill(): boolean {
    return this.#stoodStill && !this.committed;
  }

  /**
   * Goes down the list: prepares, decides, and commits or undoes.
   * @throws what a step before the window throws: the command is refused, and nothing was disturbed
   */
  async run(): Promise<TransactionReport> {
    const { stall } = this.stage;
    try {
      await this.#serve(this.lines.startOf('migrate'));
    } catch (thrown) {
      await this.back(0);
      this.#options.faults?.giveBack(this.stage.faults);
      throw thrown;
    }
    await this.#serve(this.lines.startOf('wait'));
    this.deadline = new Deadline(this.stage.preparation);
    this.group = new Group(this.members.flatMap((member) => (member.drains ? [member.proxy] : [])));
    this.#hookMs = this.#mostOfHooks();
    this.#cpu.read();
    // The window has a turn of the event loop to itself: others come before it, and before what follows it.
    await this.stage.turn();
    try {
      if (this.open) await this.#decide();
      await this.stage.turn();
      await this.stage.passOn();
    } finally {
      this.stage.kernel.listeners.release();
    }
    if (this.#reason !== undefined) {
      await this.#undo();
    } else {
      await this.#serve(this.lines.list.length);
    }
    this.stage.tell(this.#options.id);
    // The first message of a new version may need one more turn; the report tells when it was handled.
    await this.stage.turn();
    stall.leave();
    return this.report();
  }

  // --- down the list

  /** Lines of which the event loop has its turns meanwhile, up to the line `to`. */
  async #serve(to: number): Promise<void> {
    while (this.cursor < to && this.#reason === undefined) {
      const line = this.#begin();
      if (line.step.name === 'open' && this.stage.kernel.stopped) throw this.#stopped();
      try {
        const done = this.do(line);
        if (done instanceof Promise && (await this.stage.stall.wait(done)) === AGAIN) this.cursor--;
      } catch (thrown) {
        if (!this.#decided) throw thrown;
        this.tellOf('after the commit', thrown);
      }
    }
  }

  /** The next line begins: the phase before it is over when it belongs to another one. */
  #begin(): Line {
    const line = this.lines.list[this.cursor++]!;
    if (!line.first) return line;
    const { name, phase } = line.step;
    if (phase !== this.#phase) this.#turnTo(phase);
    this.at(name);
    return line;
  }

  protected at(step: StepName): void {
    this.stage.step = step;
    this.stage.stall.during = step;
    this.#onStep?.(step);
  }

  #turnTo(phase: keyof Phases | undefined): void {
    const at = now();
    if (this.#phase !== undefined) this.#phases[this.#phase] += at - this.#phaseSince;
    this.#phase = phase;
    this.#phaseSince = at;
    if (this.stage.moment !== 0) this.stage.moment = at;
  }

  /** Lines of the window, up to the line `to`, or until one of them fails or is to be asked again. */
  #walk(to: number): void {
    while (this.cursor < to) {
      const line = this.#begin();
      let answer: unknown;
      try {
        answer = this.do(line);
      } catch (thrown) {
        if (line.member === undefined) throw thrown;
        if (!line.step.again) this.refuse(line.member, reasonOf(thrown));
        else {
          this.#again = this.#forces(line.member, `${line.step.name} threw ${reasonOf(thrown)}`);
          if (!this.#again) this.refuse(line.member, reasonOf(thrown));
          return;
        }
      }
      if (typeof answer === 'string') this.#answered(line, answer);
      else if (line.step.again && this.#votes.size > 0 && this.open) this.#votes.delete(line.member!.module);
      if (!line.step.asks || line.last) {
        if (this.#reason !== undefined || this.#again) return;
      }
    }
  }

  #answered({ step, member }: Line, answer: StepAnswer): void {
    if (answer === 'late' && member === undefined) {
      if (this.#options.force && !this.deadline.spent) this.deadline.again();
      else this.#missed();
    } else if (step.again) {
      this.#again = true;
      this.#no(member!, String(answer));
    } else this.refuse(member!, String(answer));
  }

  // --- the window

  async #decide(): Promise<void> {
    const { kernel, stall } = this.stage;
    const next = new NextAttempt(this.deadline, this.group);
    const unguard = kernel.scheduler.guardTurns();
    try {
      await this.#serve(this.lines.startOf('disable'));
      while (true) {
        await stall.wait(kernel.guard.soon(() => stall.within(() => this.#attempt())));
        if (!this.open) break;
        await stall.wait(next.comes(this.members.filter((member) => member.drains)));
      }
    } finally {
      unguard();
    }
  }

  /**
   * Under the guard: drain, and if the whole group is quiescent, everything up to the first buffered message.
   * A hook is cut at the deadline, an old version's message handler only after its `maxHandlerMs`. Where both
   * cannot be had with one time-out, draining and hooks get a guarded call each.
   */
  #attempt(): void {
    const { listeners } = this.stage.kernel;
    // A console takes longer for the lines of a swap than the swap does.
    listeners.hold();
    if (this.stage.kernel.stopped) this.#fail('STOPPED: the runtime was stopped');
    else if (this.deadline.passed) this.#missed();
    if (this.open && !this.stage.kernel.guard.ready)
      this.#fail('DESCRIPTORS_GONE: the process has no file descriptors left, so nothing could be cut');
    else if (this.open) this.#guarded();
    if (this.#decided) this.#beyond(this.lines.startOf('persist'));
    if (this.#reason !== undefined) this.#backInWindow();
    this.stage.tell(this.#options.id);
    if (this.open) listeners.release();
  }

  #guarded(): void {
    const { stage, members, deadline } = this;
    const { guard } = stage.kernel;
    const pending = members.some((member) => member.drains && !member.proxy.idle);
    const { remaining } = deadline;
    const longest = members.reduce((most, { proxy }) => Math.max(most, proxy.maxHandlerMs), 0);
    const together = !pending || remaining > DRAIN_MS + MARGIN_MS + longest;
    // On their own, only those drain at once that may take equally long: the guard has one time-out.
    const working = members.filter((member) => member.drains && member.proxy.runnable);
    const shortest = working.reduce((least, { proxy }) => Math.min(least, proxy.maxHandlerMs), longest);
    if (!pending) this.draining = [];
    else this.draining = together ? members : working.filter(({ proxy }) => proxy.maxHandlerMs === shortest);
    const drains = DRAIN_MS + MARGIN_MS;
    const hooks = this.#hookMs + (pending ? drains + longest : 0);
    const limit = together ? Math.min(remaining, hooks) : drains + shortest;
    stage.moment = now();
    this.#cpu.refresh(stage.moment);
    try {
      const cut = guard.run(limit, () => this.#window(together));
      stage.moment = 0;
      if (cut !== undefined) {
        // A message's handler that was cut is not called again: what it wrote is there.
        const handling = members.some(({ proxy }) => proxy.activity.running);
        this.#stoodStill = together && !handling && limit < remaining && this.#cpu.stoodStill(limit);
        this.#wasCut(cut, limit);
      }
    } catch (thrown) {
      stage.moment = 0;
      this.#broke(thrown);
    }
    if (this.open && deadline.passed) this.#missed();
  }

  /** Time for the members' hooks together, in ms. */
  #mostOfHooks(): number {
    const { guard } = this.stage.kernel;
    return this.members.reduce((sum, { proxy, manifestAfter }) => {
      const after = manifestAfter === undefined ? 0 : hookMsOf(manifestAfter, guard);
      return sum + Math.max(after, hookMsOf(proxy.manifest, guard));
    }, 0);
  }

  /** @param whole all of it; otherwise draining alone */
  #window(whole: boolean): void {
    this.#again = false;
    this.stage.disabledAt ??= this.stage.moment;
    const drain = this.lines.startOf('drain');
    // Each attempt begins with draining, but the first: that disables before.
    if (this.cursor > drain) this.cursor = drain;
    this.#walk(this.lines.startOf('quiescent'));
    if (!whole || this.#reason !== undefined) return;
    this.#walk(this.noReturn);
    if (this.cursor < this.noReturn || this.#reason !== undefined || this.#again) return;
    this.#decided = true;
    // Ahead of what the first message makes its handler say.
    if (this.members.some(({ proxy }) => proxy.buffered > 0)) this.stage.tell(this.#options.id);
    const few = this.members.every(({ proxy }) => proxy.instance.context.waiting <= MOST_RELEASED);
    if (few && this.stage.kernel.guard.remaining > MARGIN_MS) this.#beyond(this.lines.startOf('end'));
  }

  /** Behind the point of no return. What was cut goes on outside of the guard, with the line that was cut. */
  #beyond(to: number): void {
    while (this.cursor < to) {
      const line = this.#begin();
      if (line.first && line.step.name === 'handle') this.#releasedAt = this.#phaseSince;
      try {
        this.do(line);
      } catch (thrown) {
        this.tellOf('after the decision', thrown);
      }
    }
  }

  // --- failing

  #fail(reason: string): void {
    this.#reason ??= reason;
  }

  #no(member: Participant, reason: string): void {
    this.#votes.set(member.module, { module: member.module, vote: 'NO', reason });
  }

  refused({ module }: Participant): boolean {
    return this.#votes.has(module);
  }

  refuse(member: Participant, reason: string): void {
    if (!this.#votes.has(member.module)) this.#no(member, reason);
    this.#fail(`${member.module} voted NO: ${reason}`);
  }

  /** Something that is no member's: before the decision it undoes everything, after it it is only told. */
  #broke(thrown: unknown): void {
    this.stage.kernel.log({ level: 'error', text: `transaction ${this.#options.id}: ${reasonOf(thrown)}` });
    if (!this.#decided) this.#fail(reasonOf(thrown));
  }

  /** By force, a member that keeps the others waiting is frozen as it is; false when it has to be waited for. */
  #forces(member: Participant, why: string): boolean {
    if (!this.#options.force || !member.drains || this.cursor > this.lines.startOf('decide')) return false;
    // The time went by before the window: it is granted again.
    if (this.cursor < this.lines.startOf('drain')) {
      if (this.deadline.spent) return false;
      this.deadline.again();
      return true;
    }
    this.#votes.delete(member.module);
    member.force(why);
    if (this.deadline.passed) this.deadline.again();
    return true;
  }

  /** The deadline passed: each member that is not quiescent votes NO (paper, Transaction Two). */
  #missed(): void {
    const unanimous = this.cursor > this.lines.startOf('decide');
    let forced = false;
    for (const member of unanimous ? [] : this.members.filter(({ drains }) => drains)) {
      const { proxy, module, from } = member;
      const unfinished = proxy.idle ? this.#votes.get(module)?.reason : proxy.unfinished;
      if (unfinished === undefined) continue;
      if (this.#forces(member, unfinished)) {
        forced = true;
        continue;
      }
      this.#no(member, `NOT_QUIESCENT: ${unfinished}`);
      this.stage.say(module, from, 'is timeout for preparing a transaction..');
    }
    // By force nobody is waited for: the time went by before the window, or beside it.
    if (!forced && this.#options.force && !this.deadline.spent) {
      this.deadline.again();
      return;
    }
    if (forced) return;
    const who = [...this.#votes.values()]
      .map(({ module, reason }) => `${module} voted NO: ${reason}`)
      .join('; ');
    this.#fail(`the deadline of ${this.deadline.granted} ms passed; ${who || 'the group was not ready'}`);
  }

  /** The guard cut somebody: the journal says whom. */
  #wasCut({ culprit, stack }: Cut, limit: number): void {
    const ran = culprit === undefined ? 0 : now() - culprit.startedAt;
    for (const { proxy } of this.members) proxy.activity.interrupted(stack);
    if (this.#decided) {
      // The line that was cut is done again.
      if (this.cursor > this.noReturn) this.cursor--;
      return;
    }
    const member = this.members.find(({ module }) => module === culprit?.module);
    if (member === undefined) {
      if (this.deadline?.passed === true) this.#missed();
      else if (this.#options.force && !this.deadline.spent) this.deadline.again();
      else
        this.#fail(
          `HOOK_CUT: the swap was not done within ${limit.toFixed(0)} ms, and was cut between two hooks`,
        );
      return;
    }
    const { module, from } = member;
    const what = `${module} did not return from ${culprit!.hook} and was cut after ${ran.toFixed(1)} ms`;
    if (this.#forces(member, what)) return;
    this.refuse(member, `HOOK_CUT: ${what}`);
    this.stage.say(module, from, 'is timeout for preparing a transaction..');
  }

  bounded(limit: number, member: Participant, body: () => void): void {
    const cut = this.stage.kernel.guard.run(limit, () => {
      try {
        body();
      } catch (thrown) {
        this.refuse(member, reasonOf(thrown));
      }
    });
    if (cut !== undefined) this.#wasCut(cut, limit);
  }

  // --- up the list

  /** Everything is as it was before the window. */
  #backInWindow(): void {
    this.#tellMembers();
    const disable = this.lines.startOf('disable');
    while (this.cursor > disable) {
      const line = this.lines.list[--this.cursor]!;
      this.#attend(() => this.undo(line));
    }
    this.#releasedAt = now();
  }

  async #undo(): Promise<void> {
    this.#tellMembers();
    await this.back(0);
  }

  /** Every member is told of the abort, before the first line is undone. */
  #tellMembers(): void {
    if (this.stage.step === 'undo') return;
    this.#reached = this.stage.step;
    this.#turnTo(undefined);
    this.at('undo');
    this.#late = Math.max(0, -this.deadline.remaining);
    for (const member of this.members.toReversed()) this.#attend(() => member.abort());
  }

  /** One member's way must not keep the others from theirs. */
  #attend(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.tellOf('on the way back', thrown);
    }
  }

  protected tellOf(where: string, thrown: unknown): void {
    const text = `transaction ${this.#options.id}: ${where}: ${reasonOf(thrown)}`;
    this.stage.kernel.log({ level: 'error', text });
  }

  #stopped(): HitlessError {
    return new HitlessError('STOPPED', `"${this.#options.command}" comes too late: the runtime was stopped`);
  }

  // --- telling

  report(): TransactionReport {
    const { id, command, by, attempt, undoes } = this.#options;
    const { beganAt, disabledAt, lines, step } = this.stage;
    const forced = this.members.flatMap((member) => member.forced ?? []);
    return {
      id,
      command,
      by,
      startedAt: this.#startedAt,
      outcome: this.#decided ? 'committed' : 'aborted',
      reason: this.#reason ?? '',
      deadline: this.deadline.granted,
      members: this.members.map((member) => member.report),
      votes: this.members.map(({ module }) => this.#votes.get(module) ?? { module, vote: 'YES', reason: '' }),
      phases: { ...this.#phases },
      window: disabledAt === undefined ? 0 : this.#releasedAt - disabledAt,
      stall: this.stage.stall.report(),
      reached: this.#reached ?? step,
      total: now() - beganAt,
      late: this.#late,
      steps: [...lines],
      ...(forced.length > 0 && { forced }),
      ...(attempt !== undefined && { attempt }),
      ...(undoes !== undefined && { undoes }),
      ...(this.durable !== undefined && { durable: this.durable }),
    };
  }
}
