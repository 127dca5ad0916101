/**
 * The software upgrader (paper 3.2.6): the coordinator. It turns a command into a plan and runs that as one
 * transaction. It tries again what was aborted, watches what was committed, and takes back what fails. One transaction
 * runs at a time.
 */
import { checkMs } from '../argument.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { MOST_TRIES } from '../module/hook-time.ts';
import type { PortProvider } from '../module/port.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { PlainLook } from '../state/plain-look.ts';
import { StateStore } from '../state/state.ts';
import type { VersionRepository } from '../versions/repository.ts';
import type { Change, LoadedChange } from './change.ts';
import { Check, type CheckReport } from './check.ts';
import { CheckStage } from './check-stage.ts';
import {
  type Call,
  checkCommand,
  checkOrigin,
  checkRollbackOptions,
  checkRunOptions,
  LONGEST_MS,
  type RollbackOptions,
  type RunOptions,
} from './command.ts';
import type { FaultPlan } from './faults.ts';
import { History } from './history.ts';
import type { Participant } from './participant.ts';
import { type Plan, planChanges, planLoaded } from './plan.ts';
import { NO_PROBATION, Probation, type ProbationOptions, type ProbationView } from './probation.ts';
import type { MemberReport, Origin, TransactionReport } from './report.ts';
import { Retry, type RetryOptions } from './retry.ts';
import { Stage, type StageOptions } from './stage.ts';
import type { Record } from './steps.ts';
import { Transaction } from './transaction.ts';
import { type Stored, Vault } from './vault.ts';
import type { VersionSet } from './version-set.ts';

/** How the upgrader works, besides its kernel. */
export interface UpgraderOptions {
  development: boolean;
  preparation: number;
  warmUp: boolean;
  ports: PortProvider | undefined;
  needs: StageOptions['needs'];
  /** Undefined for none. */
  probation: ProbationOptions | undefined;
  versionSet: VersionSet | undefined;
}

export const DEFAULT_PREPARATION_MS = 2_000;
/** A way back that is aborted is tried again, for something has to run. */
const WAY_BACK: RetryOptions = { times: 5, every: 1_000 };

/** Changes after which a module is on probation, and those after which other code is current. */
const WATCHED: readonly MemberReport['change'][] = ['replace', 'add', 'configure'];
const CODE_CHANGES: readonly MemberReport['change'][] = ['replace', 'add', 'remove'];

/** The caller of a way back from a version that fails its probation. */
const WATCH = 'probation';

/** The last committed transaction. */
interface Last {
  readonly report: TransactionReport;
  /** The changes that lead back. */
  readonly undo: readonly LoadedChange[];
  /** The version set was told of it. */
  readonly remember: boolean;
}

/** How one transaction is carried out. */
interface Course extends RunOptions {
  /** Its new versions are on probation; otherwise it is a way back. */
  readonly watched?: boolean;
  readonly attempt: { number: number; of: number } | undefined;
  readonly undoes?: number;
}

export class Upgrader {
  #preparation = DEFAULT_PREPARATION_MS;
  /** Set only in a lab or a test. */
  faults: FaultPlan | undefined;
  readonly history = new History();
  readonly #kernel: Kernel<ModuleProxy>;
  readonly #repository: VersionRepository;
  readonly #options: UpgraderOptions;
  readonly #vault: Vault;
  readonly #store = new StateStore();
  readonly #look: PlainLook<ModuleProxy>;
  /** The command that runs now, and what it does. */
  #running: { command: string; by: string; retry: Retry | undefined } | undefined;
  #probation: Probation | undefined;
  #last: Last | undefined;
  #count = 0;

  constructor(kernel: Kernel<ModuleProxy>, repository: VersionRepository, options: UpgraderOptions) {
    this.#kernel = kernel;
    this.#look = new PlainLook(kernel.guard, ({ name: module, version }, wrong) => {
      kernel.log({ level: 'error', module, version, text: `took a state over ${wrong}` });
    });
    this.#repository = repository;
    this.#options = options;
    this.preparation = options.preparation;
    this.#vault = new Vault(options.versionSet, kernel);
  }

  /** The preparation time of the next transaction, in ms: the paper's `SetTimer`. */
  get preparation(): number {
    return this.#preparation;
  }

  /** @throws HitlessError `ARGUMENT_INVALID` */
  set preparation(ms: number) {
    checkMs('preparation', 'the preparation time', ms, 1, LONGEST_MS);
    this.#preparation = ms;
  }

  /** A command runs, or waits for its next attempt. */
  get busy(): boolean {
    return this.#running !== undefined && this.#running.retry?.waiting !== true;
  }

  /** A version on probation is known to fail: it goes back. */
  condemn(module: string, why: string): void {
    if (this.#probation?.members.includes(module) === true) this.#probation.fail(why);
  }

  get probation(): ProbationView | undefined {
    if (this.#probation === undefined) return undefined;
    const { transaction, members, report } = this.#probation;
    return { transaction, members, endsAt: report.until, confirm: report.confirm };
  }

  /**
   * Runs the changes as one transaction, all or nothing. An abort is a report, not an error; with `retry` it is
   * tried again, and the report is the last attempt's.
   * @throws HitlessError when the command is refused: nothing was disturbed then.
   */
  async run(
    changes: readonly Change[],
    origin: Origin,
    options: RunOptions = {},
    call: Call = 'run',
  ): Promise<TransactionReport> {
    checkCommand(call, changes, origin);
    checkRunOptions(call, options);
    const { deadline, retry } = options;
    return this.#alone(origin, retry, async (attempt) => {
      this.#mustNotWait();
      this.#mustBound(changes);
      return this.#unlessStill(async () => {
        const stage = this.#stage(deadline);
        const plan = await stage.stall.wait(planChanges(stage, changes, origin.command, this.#repository));
        return this.#carryOut(stage, plan, origin, { attempt, ...options, watched: true });
      });
    });
  }

  /**
   * Goes through the transaction up to the point of no return with understudies, and changes nothing.
   * @throws HitlessError when `run` would refuse the command
   */
  async check(changes: readonly Change[], origin: Origin): Promise<CheckReport> {
    checkCommand('check', changes, origin);
    return this.#claim(origin, undefined, async () => {
      this.#mustNotWait();
      this.#mustBound(changes);
      const stage = new CheckStage(this.#stageOptions(this.preparation));
      const plan = await planChanges(stage, changes, origin.command, this.#repository);
      this.#mustRun(origin);
      const report = await new Check(stage, plan).run(origin, this.history.reports);
      this.#mustRun(origin);
      return report;
    });
  }

  /**
   * Undoes the last committed transaction. A state that was adopted is handed back as it is, one that was carried over
   * goes back through the reverse handlers.
   * @param options `checkpoint` takes the state as it was at the swap where there is no reverse handler
   * @throws HitlessError `NOTHING_TO_ROLL_BACK`, or `STATE_NO_HANDLER` when a state cannot be carried back
   */
  async rollback(
    origin: Origin,
    options: Omit<RollbackOptions, keyof Origin> = {},
  ): Promise<TransactionReport> {
    checkOrigin('rollback', origin);
    checkRollbackOptions(options);
    const { deadline, retry } = options;
    return this.#alone(origin, retry, async (attempt) => {
      const last = this.#mustHaveLast();
      this.#mustHaveDescriptors();
      const undoes = last.report.id;
      return this.#unlessStill(async () => {
        const stage = this.#stage(deadline);
        const plan = await stage.stall.wait(planLoaded(stage, last.undo, options.checkpoint === true));
        const force = options.force === true;
        return this.#carryOut(stage, plan, origin, { attempt, undoes, remember: last.remember, force });
      });
    });
  }

  /**
   * Confirms the transaction that is on probation: its versions stay, and are what the next start begins with.
   * @throws HitlessError `NOTHING_TO_CONFIRM`
   */
  async confirm(origin: Origin): Promise<TransactionReport> {
    checkOrigin('confirm', origin);
    const probation = this.#probation;
    if (probation?.running !== true)
      throw new HitlessError(
        'NOTHING_TO_CONFIRM',
        'no transaction is on probation; "show upgrades" lists all',
      );
    probation.close('confirmed');
    await this.#vault.settled();
    return this.history.find(probation.transaction)!;
  }

  /**
   * Gives up the retry that waits for its next attempt.
   * @throws HitlessError `NOTHING_TO_CANCEL`
   */
  cancel(origin: Origin): { command: string } {
    checkOrigin('cancel', origin);
    const running = this.#running;
    if (running?.by === WATCH) {
      throw new HitlessError(
        'NOTHING_TO_CANCEL',
        `"${running.command}" is the way back from a version that failed; something has to run`,
      );
    }
    if (running?.retry?.cancel(`given up by ${origin.by}`) !== true)
      throw new HitlessError('NOTHING_TO_CANCEL', 'no transaction waits to be tried again');
    return { command: running.command };
  }

  /** The runtime ends: nothing is tried or watched any more. A probation without a need for confirmation has passed so far. */
  stop(): void {
    this.#running?.retry?.cancel('the runtime was stopped');
    if (this.#probation?.report.confirm === false) this.#probation.close('passed');
    this.#probation?.stop();
    this.#vault.stop();
    this.#look.stop();
  }

  // --- one command

  #mustRun({ command }: Origin): void {
    if (this.#kernel.stopped)
      throw new HitlessError('STOPPED', `"${command}" comes too late: the runtime was stopped`);
  }

  #mustNotWait(): void {
    if (this.#probation?.report.confirm !== true) return;
    throw new HitlessError(
      'CONFIRM_PENDING',
      `transaction ${this.#probation.transaction} waits to be confirmed; "confirm" or "rollback" first`,
    );
  }

  #mustHaveLast(): Last {
    if (this.#last === undefined)
      throw new HitlessError('NOTHING_TO_ROLL_BACK', 'no transaction was committed that could be undone');
    const { id, undoes } = this.#last.report;
    if (undoes !== undefined)
      throw new HitlessError(
        'NOTHING_TO_ROLL_BACK',
        `the last transaction, ${id}, has undone ${undoes} itself; what was before that is not kept`,
      );
    return this.#last;
  }

  #mustBound(changes: readonly Change[]): void {
    this.#mustHaveDescriptors();
    if (changes.every(({ change }) => change === 'add') || this.#kernel.guard.prove()) return;
    throw new HitlessError(
      'GUARD_UNPROVEN',
      'the self-test could not cut a loop that never yields, so no deadline could be kept; run without a real-time policy, or with a second CPU',
    );
  }

  #mustHaveDescriptors(): void {
    if (this.#kernel.guard.ready) return;
    throw new HitlessError(
      'DESCRIPTORS_GONE',
      'the process has no file descriptors left, so nothing that hangs could be cut; close connections or files, or raise the limit (ulimit -n, LimitNOFILE)',
    );
  }

  /** Runs `attempt` while nothing else does, again after an abort where `options` say so. */
  #alone(
    origin: Origin,
    options: RetryOptions | undefined,
    attempt: (attempt: { number: number; of: number } | undefined) => Promise<TransactionReport>,
  ): Promise<TransactionReport> {
    const retry = options && new Retry(options);
    return this.#claim(origin, retry, async () => {
      if (retry === undefined) return attempt(undefined);
      return retry.run(attempt, (report, wait) => {
        this.#kernel.log({
          level: 'info',
          text: `transaction ${report.id} is tried again in ${wait} ms (attempt ${retry.number + 1} of ${retry.of})`,
          transaction: report.id,
        });
      });
    });
  }

  /** Tries again at once what was aborted only because the machine stood still in its window. */
  async #unlessStill(
    attempt: () => Promise<[transaction: Transaction, report: TransactionReport]>,
  ): Promise<TransactionReport> {
    for (let tries = 1; ; tries++) {
      const [{ stoodStill, stage }, report] = await attempt();
      if (!stoodStill || tries === MOST_TRIES || this.#kernel.stopped) return report;
      this.faults?.giveBack(stage.faults);
      const text = `transaction ${report.id} is tried again: the machine stood still in its window`;
      this.#kernel.log({ level: 'warn', text, transaction: report.id });
    }
  }

  async #claim<T>(origin: Origin, retry: Retry | undefined, body: () => Promise<T>): Promise<T> {
    this.#mustRun(origin);
    if (this.#running !== undefined) {
      const { command, retry: waiting } = this.#running;
      throw new HitlessError(
        'TRANSACTION_BUSY',
        waiting?.waiting === true
          ? `"${command}" waits for its attempt ${waiting.number + 1} of ${waiting.of}; "cancel" gives it up`
          : `"${command}" is still running; try again when it is decided`,
      );
    }
    this.#running = { command: origin.command, by: origin.by, retry };
    try {
      return await body();
    } finally {
      this.#running = undefined;
    }
  }

  #stage(preparation = this.preparation): Stage {
    return new Stage(this.#stageOptions(preparation));
  }

  #stageOptions(preparation: number): StageOptions {
    const { development, ports, warmUp, needs } = this.#options;
    return { kernel: this.#kernel, store: this.#store, preparation, development, ports, warmUp, needs };
  }

  async #carryOut(
    stage: Stage,
    plan: Plan,
    origin: Origin,
    how: Course,
  ): Promise<[Transaction, TransactionReport]> {
    const { members } = plan;
    const { probation } = this.#options;
    const watched = members.filter(({ change }) => WATCHED.includes(change));
    const confirm = how.watched === true ? how.confirm : undefined;
    // An added module has nothing to go back to, and a removed one cannot fail: a confirmation can be asked for all the same.
    const replaces =
      probation !== undefined && members.some(({ change }) => change === 'replace' || change === 'configure');
    const watch = how.watched === true && (replaces || confirm !== undefined);
    const before = watched.map(({ proxy }) => ({ proxy, errorRate: errorRateOf(proxy.activity.view()) }));
    const record = this.#record(members, how, watch);
    const { attempt, undoes } = how;
    const transaction = new Transaction(stage, plan, {
      id: this.#count + 1,
      ...origin,
      record,
      faults: this.faults,
      force: how.force === true,
      ...(attempt !== undefined && { attempt }),
      ...(undoes !== undefined && { undoes }),
    });
    const report = await transaction.run();
    this.#count++;
    if (report.outcome === 'committed') {
      await this.#superseded(report, record.keeps);
      // In one go with the history: whoever sees it gone finds there what ended it.
      this.#probation = undefined;
      const undo = members.toReversed().flatMap((member) => member.undo ?? []);
      this.#last = how.undoable === false ? undefined : { report, undo, remember: how.remember !== false };
      if (watch) this.#watch(report, before, confirm);
      // In development what is not plain was refused.
      if (!this.#options.development) this.#look.after(watched.map(({ proxy }) => proxy));
    }
    this.history.add(report);
    this.#tell(report);
    return [transaction, report];
  }

  /** The record that makes the change durable, and keeps the versions. */
  #record(
    members: readonly Participant[],
    { watched, remember }: Course,
    trial: boolean,
  ): Record & { readonly keeps: boolean } {
    const changed = members.filter(({ change }) => CODE_CHANGES.includes(change));
    const removals = remember !== 'no removals';
    const lasting = changed.filter(({ after }) => (after === undefined ? removals : !after.draft));
    const back = watched !== true;
    const keeps = remember !== false && (back ? changed : lasting).length > 0;
    let stored: Stored | undefined;
    return {
      keeps: keeps && this.#vault.keeps,
      prepare: async () => {
        if (keeps) stored = await this.#vault.prepare(lasting, { trial, back });
      },
      commit: async () => {
        const durable = await stored?.commit();
        this.#store.clear();
        if (changed.length > 0)
          this.#repository.committed(changed.map(({ module, after }) => ({ module, bundle: after })));
        return durable;
      },
      abandon: async () => stored?.abandon(),
    };
  }

  #tell(report: TransactionReport): void {
    const { id, outcome, reason, command, by } = report;
    const { steps: _, ...facts } = report;
    this.#kernel.log({
      level: outcome === 'committed' ? 'info' : 'warn',
      text: `transaction ${id} ${outcome}${reason === '' ? '' : `: ${reason}`} ("${command}" by ${by})`,
      transaction: id,
      data: facts,
    });
  }

  // --- after a commit

  /** The things kept of the transaction before are not needed any more. */
  async #superseded(report: TransactionReport, stored: boolean): Promise<void> {
    const probation = this.#probation;
    probation?.close(report.undoes === undefined ? 'superseded' : 'undone');
    if (probation !== undefined && !stored) {
      this.#vault.promote(); // what nobody watches any more is on trial no more
      await this.#vault.settled();
    }
  }

  #watch(
    report: TransactionReport,
    proxies: readonly { proxy: Participant['proxy']; errorRate: number }[],
    confirm: number | undefined,
  ): void {
    const options = this.#options.probation ?? NO_PROBATION;
    this.#probation = new Probation(this.#kernel, report.id, proxies, confirm, options, (probation) =>
      this.#judged(probation),
    );
    report.probation = this.#probation.report;
  }

  #judged(probation: Probation): void {
    const { outcome, reason } = probation.report;
    const { transaction } = probation;
    this.#kernel.log({
      level: outcome === 'failed' ? 'error' : 'info',
      text: `transaction ${transaction}: probation ${outcome}${reason === '' ? '' : `: ${reason}; going back`}`,
      transaction,
    });
    if (outcome === 'failed') {
      void this.#goBack(transaction, reason);
    } else {
      this.#probation = undefined;
      this.#vault.promote();
    }
  }

  /** A version failed its probation: as soon as nothing else runs, what was before comes back. */
  async #goBack(id: number, reason: string): Promise<void> {
    this.#running?.retry?.cancel(`transaction ${id} goes back`);
    while (this.#running !== undefined && !this.#kernel.stopped)
      await new Promise((resolve) => setTimeout(resolve, 1));
    if (this.#last?.report.id !== id || this.#kernel.stopped) return;
    try {
      const origin = { command: `rollback (${reason})`, by: WATCH };
      const report = await this.rollback(origin, { checkpoint: true, retry: WAY_BACK, force: true });
      if (report.outcome === 'committed') return;
      throw new HitlessError('TRANSACTION_ABORTED', report.reason);
    } catch (thrown) {
      this.#kernel.log({
        level: 'error',
        text: `transaction ${id} could not be undone: ${reasonOf(thrown)}; see to it by hand`,
        transaction: id,
      });
      if (this.#probation?.transaction === id) this.#probation = undefined;
    }
  }
}

function errorRateOf({ errors, handled }: { errors: number; handled: number }): number {
  return errors === 0 ? 0 : errors / (errors + handled);
}
