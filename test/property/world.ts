/** One case: a runtime, the host's schedule carried out step by step, and what must hold after each transaction. */

import { now } from '../../runtime/clock.ts';
import { FaultPlan, type NamedChange, Runtime, type TransactionReport } from '../../runtime/index.ts';
import { Actor } from './actor.ts';
import { describeChanges, describeMischief } from './description.ts';
import { type Expectation, expectationOf, type Fault, type ModuleHabit } from './expectation.ts';
import { NAMES, refOf, VERSIONS } from './family.ts';
import { codeOf, Host, PATIENCE_MS } from './host.ts';
import {
  checkAtEnd,
  checkReport,
  checkRepository,
  checkReturned,
  checkStates,
  checkViews,
} from './invariants.ts';
import { Ledger } from './ledger.ts';
import { LogTail } from './log-tail.ts';
import { choices, Model, type Part } from './model.ts';
import { CALM, type Meanwhile, type Plan, type Step } from './plan.ts';
import { guard, shareBundles } from './shared.ts';
import { Standstill } from './standstill.ts';
import type { Tally } from './tally.ts';
import { Undertaking } from './undertaking.ts';
import { rest, soon, turn, Violation } from './waiting.ts';
import { Watch } from './watch.ts';

type TransactionStep = Extract<Step, { step: 'transaction' }>;

/** Time enough for everything that needs no waiting, in ms, also on a busy machine. */
const AMPLE_MS = 5_000;
/** Where the guard leaves less time than that, it may strike if the machine stands still for a moment, in ms. */
const SAFE_MS = 2_000;
/** A decision later than that, in ms after its deadline, is no accident of a busy machine. */
const LATEST_MS = 2_000;

export class World {
  readonly runtime: Runtime;
  readonly ledger = new Ledger();
  readonly model: Model;
  readonly actor: Actor;
  readonly tally: Tally;
  readonly #plan: Plan;
  readonly #host: Host;
  readonly #watch: Watch;
  readonly #log: LogTail;
  /** The transactions, as they were run. */
  readonly #trace = ['', 'What was run:'];
  /** Acts of the running transaction that wait for their hook. */
  #hooked: Meanwhile[] = [];

  constructor(plan: Plan, directory: string, tally: Tally) {
    this.#plan = plan;
    this.tally = tally;
    const names = NAMES.slice(0, plan.modules.length);
    const mailboxOf = (name: string, state: number) => {
      const module = plan.modules[NAMES.indexOf(name as (typeof NAMES)[number])];
      return module?.mailbox[state === 1 ? 0 : 1] ?? 1_024;
    };
    this.model = new Model(names, mailboxOf);
    this.actor = new Actor(this.ledger, this.model, mailboxOf);
    this.actor.meanwhile = (hook) => {
      const ready = this.#hooked.filter(({ when }) => when === hook);
      this.#hooked = this.#hooked.filter(({ when }) => when !== hook);
      for (const { act } of ready) {
        // The name of a module that is added resolves from the first start on, though the start may still fail:
        // no host can call there, for all of this is one synchronous call. Only hooks of this test can.
        if (
          hook === 'start' &&
          'to' in act &&
          this.model.get(this.#host.nameOf(act.to)).version === undefined
        )
          continue;
        // Where the guard may strike, it could cut the host's call in the middle: it is made from the next turn.
        if (guard.remaining < SAFE_MS) setImmediate(() => this.#host.perform(act));
        else this.#host.perform(act);
      }
    };
    Object.assign(globalThis, { hitlessProperty: this.actor });
    const { development, warmUp, probation = false } = plan;
    this.runtime = new Runtime({ directories: [directory], development, warmUp, probation }, { guard });
    this.runtime.faults = new FaultPlan();
    // To load a bundle costs as much as to swap it: where no version is warmed up, cases share theirs.
    if (!warmUp) shareBundles(this.runtime.repository, directory, mailboxOf);
    this.#host = new Host(this.runtime, this.ledger, this.actor);
    this.#watch = new Watch(this.runtime, this.actor);
    this.#log = new LogTail(this.runtime);
  }

  /** @throws Violation */
  async run(): Promise<void> {
    try {
      const first: NamedChange[] = this.#plan.modules.flatMap(({ version }, i) =>
        version === undefined
          ? []
          : [{ change: 'add', module: NAMES[i]!, bundle: refOf(NAMES[i]!, VERSIONS[version]!.version) }],
      );
      if (first.length > 0) await this.#run(first);
      for (const step of this.#plan.steps) {
        await this.#step(step);
        this.#mustHold();
      }
      await this.#end();
      this.#mustHold();
    } catch (thrown) {
      if (!this.#cutAtTheEdge()) throw thrown;
      this.tally.unclear++;
    } finally {
      this.runtime.stop();
      this.tally.handled += this.ledger.handled;
      this.tally.asked += this.ledger.asked;
      this.tally.full += this.ledger.full;
      this.tally.returned += this.ledger.returned;
      this.tally.wentBack += this.#watch.wentBack;
      this.tally.cut += this.actor.cuts;
    }
  }

  /**
   * True when the guard struck before a handler's first statement, or between its last one and its return to the
   * runtime, which takes a machine that stands still just there: it counts as cut, and the ledger saw another end.
   */
  #cutAtTheEdge(): boolean {
    for (const { name } of this.model.modules) this.actor.seeCuts(name);
    if (this.#log.cuts > this.actor.cuts) return true;
    return this.runtime.modules().some(({ name, interrupted }) => interrupted > this.model.get(name).cut);
  }

  #mustHold(): void {
    if (this.ledger.wrong.length === 0) return;
    throw new Violation([...this.ledger.wrong.slice(0, 5), ...this.#trace, ...this.#log.lines].join('\n'));
  }

  async #step(step: Step): Promise<void> {
    if (step.step === 'act') this.#host.perform(step.act);
    else if (step.step === 'turns') for (let i = 0; i < step.count; i++) await turn();
    else if (step.step === 'sleep') await new Promise((resolve) => setTimeout(resolve, step.ms));
    else await this.#transact(step);
  }

  // --- transactions

  /** The picks of a step, the modules being as they are. */
  #changesOf(step: TransactionStep): NamedChange[] {
    const changes: NamedChange[] = [];
    for (const pick of step.picks) {
      const module = this.#host.nameOf(pick.module);
      if (changes.some((change) => change.module === module)) continue;
      const { version, disabled } = this.model.get(module);
      const others = choices(version);
      const bundle = refOf(module, others[pick.version % others.length]!.version);
      if (version === undefined) changes.push({ change: 'add', module, bundle });
      else if (pick.wish === 'remove') changes.push({ change: 'remove', module });
      else if (pick.wish === 'force') changes.push({ change: 'remove', module, force: true });
      else if (disabled) changes.push({ change: 'enable', module });
      else if (pick.wish === 'disable') changes.push({ change: 'disable', module });
      else changes.push({ change: 'replace', module, bundle });
    }
    return changes;
  }

  /** Changes that nothing disturbs. */
  async #run(changes: readonly NamedChange[]): Promise<void> {
    await this.#transact(CALM, changes);
  }

  async #transact(step: TransactionStep, given?: readonly NamedChange[]): Promise<void> {
    this.#watch.look();
    const { command } = step;
    const back = command === 'rollback' || command === 'rollback checkpoint';
    const parts: readonly Part[] = back
      ? this.model.last
      : (given ?? this.#changesOf(step)).map((change) => ({ change }));
    if (parts.length === 0 && !back) return;
    if (command === 'check') await this.#check(parts);
    else await this.#carryOut(step, parts);
  }

  /** A dry run: it says what `run` would, and nothing is other than before. */
  async #check(parts: readonly Part[]): Promise<void> {
    const { runtime, model, ledger } = this;
    const changes = parts.map(({ change }) => change);
    const manner = { mayHang: false, command: 'check', retries: false } as const;
    const expected = expectationOf(model, parts, [], [], manner);
    const command = `check ${describeChanges(changes)}`;
    const busy = this.#watch.on;
    this.actor.checking = true;
    const [report, refusal] = await runtime.check(changes, { command, by: 'property' }).then(
      (done) => [done, undefined] as const,
      (thrown: unknown) => [undefined, thrown] as const,
    );
    this.actor.checking = false;
    this.tally.checked++;
    const code = refusal === undefined ? 'none' : codeOf(refusal);
    const should = expected.outcome === 'refused' ? expected.code : 'none';
    if (code !== should && !(busy && (code === 'TRANSACTION_BUSY' || code === 'CONFIRM_PENDING')))
      ledger.blame(`${command} was refused with ${String(refusal)}, not ${should}`);
    if (report?.ok === false && !report.problems.every((problem) => problem.includes('did not return')))
      ledger.blame(`${command} found ${report.problems.join('; ')}`);
    if (this.#watch.on || busy) return;
    checkViews(runtime, model, ledger, command);
    checkStates(this.actor, command);
  }

  async #carryOut(step: TransactionStep, parts: readonly Part[]): Promise<void> {
    const { runtime, model, ledger } = this;
    const changes = parts.map(({ change }) => change);
    const back = step.command !== 'run';
    const retry = step.retry;
    // A member that cannot be drained would keep the way back waiting.
    const watched = changes.some(({ change }) => change === 'replace' || change === 'add');
    const disabling =
      changes.some(({ change }) => change === 'disable') || model.present.some(({ disabled }) => disabled);
    const confirm = back || disabling || !watched ? undefined : step.confirm;
    /** Another command may be in its way. */
    const busy = this.#watch.on;
    const moduleOf = (pick: number) => changes[pick % changes.length]?.module ?? '';
    const faults: Fault[] = [];
    for (const fault of step.faults) {
      const module = moduleOf(fault.pick);
      // The plan keeps one a module.
      if (!faults.some((other) => other.module === module)) faults.push({ ...fault, module });
    }
    const habits: ModuleHabit[] = step.habits
      .map((habit) => ({ ...habit, module: moduleOf(habit.pick) }))
      // Only development mode sees what these do, and undoes it.
      .filter(({ does }) => this.#plan.development || (does !== 'write' && does !== 'function'))
      .filter(
        (habit, i, all) =>
          all.findIndex(({ module, hook }) => module === habit.module && hook === habit.hook) === i,
      );
    const expected = expectationOf(model, parts, faults, habits, {
      mayHang: this.#mayHang(changes),
      command: step.command,
      retries: retry !== undefined,
    });
    const preparation = expected.hangs || step.hurry || step.load > 0 ? step.short : AMPLE_MS;
    if ((step.hurry || step.load > 0) && expected.outcome === 'committed') {
      expected.outcome = 'either';
      expected.why = 'in a hurry';
    }
    runtime.preparation = preparation;
    for (const { module, kind, hook, duration } of faults)
      runtime.faults!.set(module, kind, { hook, ...(duration > 0 && { duration }) });
    const [began, standstill] = [now(), new Standstill()];
    const undertaking = new Undertaking(parts, habits, step.talk, began + preparation, back);
    undertaking.slow = step.load > 0 || step.meanwhile.length > 2;
    this.actor.undertaking = undertaking;
    this.#hooked = step.meanwhile.filter(({ when }) => typeof when === 'string' && when !== 'draining');
    const turned = step.meanwhile.filter(({ when }) => typeof when === 'number' || when === 'draining');
    if (step.load > 0) {
      const serving = changes.filter(({ module }) => !model.get(module).disabled && model.has(module));
      turned.push(
        ...this.#host.load(
          serving.map(({ module }) => module),
          step.load,
        ),
      );
    }
    const before = model.modules.map(({ name, version, disabled }) => ({ name, version, disabled }));
    const command = `${back ? `${step.command}: ` : ''}${describeChanges(changes)}`;
    this.#host.cancelled = false;
    this.#host.transacting = true;
    let report: TransactionReport | undefined;
    let refusal: unknown;
    const origin = { command, by: 'property' };
    const options = {
      ...(retry !== undefined && { retry }),
      ...(confirm !== undefined && { confirm: confirm.within }),
    };
    const started = back
      ? runtime.rollback({ ...origin, ...options, checkpoint: step.command === 'rollback checkpoint' })
      : runtime.run(changes, origin, options);
    const running = started.then(
      (done) => {
        report = done;
        undertaking.close(done, model, ledger);
        this.#watch.after(done);
      },
      (thrown) => {
        refusal = thrown ?? new Error('nothing');
        this.#watch.resume();
      },
    );
    let waited = 0;
    for (const { act } of turned.filter(({ when }) => when === 0)) this.#host.perform(act);
    const left = turned.filter(({ when }) => when !== 0);
    const acting = (async () => {
      for (let i = 1; left.length > 0 && report === undefined && refusal === undefined; i++) {
        await turn();
        waited = i;
        const draining =
          left.some(({ when }) => when === 'draining') &&
          runtime.modules().some(({ service }) => service === 'draining');
        for (const due of left.filter(({ when }) => when === i || (draining && when === 'draining'))) {
          left.splice(left.indexOf(due), 1);
          this.#host.perform(due.act);
        }
      }
    })();
    await soon(running, `${command} never ended (${waited} turns)`);
    this.#host.transacting = false;
    const stood = standstill.end();
    const late = now() - began - preparation - stood;
    if (late > LATEST_MS && retry === undefined)
      ledger.blame(`${command} ended ${late.toFixed(0)} ms after its deadline`);
    await acting;
    this.#hooked = [];
    runtime.faults!.clear();
    this.#trace.push(
      `  ${command} within ${preparation} ms${describeMischief(faults, habits)}: ${report?.outcome ?? 'refused'} ${report?.reason ?? String(refusal)}`,
    );
    runtime.preparation = AMPLE_MS;
    if (refusal !== undefined) {
      this.tally.refused++;
      const code = codeOf(refusal);
      // Its constructor may have been cut because the machine stood still.
      if (code === 'HOOK_CUT' || code === 'BUNDLE_TIMEOUT') this.tally.stalled++;
      else if (busy && (code === 'TRANSACTION_BUSY' || code === 'CONFIRM_PENDING')) return;
      else if (expected.outcome !== 'refused' || expected.code !== code)
        ledger.blame(
          `${command} was refused with ${String(refusal)}, not ${expected.outcome} (${expected.why})`,
        );
      if (!this.#watch.on) checkViews(this.runtime, model, ledger, command);
      return;
    }
    const decided = report!;
    this.tally.report(decided, expected.outcome);
    for (const { name } of model.modules) this.#seeCuts(name);
    this.#judge(command, decided, expected, { retries: retry !== undefined, busy, stood });
    this.tally.retried += (decided.attempt?.number ?? 1) - 1;
    checkReport(decided, changes, before, preparation, ledger);
    checkReturned(decided, undertaking.returned, ledger);
    if ((decided.attempt === undefined) === (retry !== undefined))
      ledger.blame(`${command}: the report does not tell of attempts`);
    if ((decided.undoes !== undefined) !== back)
      ledger.blame(`${command}: the report undoes ${decided.undoes}`);
    // On probation the way back may have begun.
    if (this.#watch.on) {
      if (confirm?.after !== undefined) await this.#confirm(confirm.after, decided);
      return;
    }
    if (runtime.history.at(-1) !== decided)
      ledger.blame(`${command}: the history does not end with its report`);
    checkViews(runtime, model, ledger, command);
    checkStates(this.actor, command);
    this.#revoked();
    this.#mustHold();
    if (back && decided.outcome === 'committed') await this.#rollBackAgain();
    if (decided.outcome === 'aborted') await this.#probe(changes);
  }

  /** Whether a transaction came out as was foretold. */
  #judge(
    command: string,
    { outcome, reason }: TransactionReport,
    expected: Expectation,
    { retries, busy, stood }: { retries: boolean; busy: boolean; stood: number },
  ): void {
    const givenUp = this.#host.cancelled || busy;
    if (givenUp && retries && outcome === 'aborted') this.tally.givenUp++;
    // A hook within a window keeps to the clock: it may have been cut because the machine stood still.
    else if (expected.outcome === 'committed' && stood > 0 && reason.includes('HOOK_CUT'))
      this.tally.unclear++;
    else if (expected.outcome !== 'either' && expected.outcome !== outcome)
      this.ledger.blame(`${command} was ${outcome} (${reason}), not ${expected.outcome} (${expected.why})`);
  }

  async #confirm(after: number, { id }: TransactionReport): Promise<void> {
    for (let i = 0; i < after; i++) await turn();
    const had = this.runtime.probation;
    const answer = await this.runtime.confirm({ command: 'confirm', by: 'property' }).catch(codeOf);
    this.tally.confirmed++;
    const outcome = typeof answer === 'string' ? answer : answer.probation?.outcome;
    // It may be the transaction before that is on probation, and goes back.
    const failed = this.#watch.failed(had?.transaction ?? id);
    if (outcome !== (had === undefined ? 'NOTHING_TO_CONFIRM' : 'confirmed') && !failed)
      this.ledger.blame(`confirm of ${id} was answered ${outcome}`);
    this.#watch.look();
  }

  /** A way back is not undone. */
  async #rollBackAgain(): Promise<void> {
    const answer = await this.runtime.rollback({ command: 'rollback', by: 'property' }).catch(codeOf);
    if (answer !== 'NOTHING_TO_ROLL_BACK')
      this.ledger.blame(`a second rollback was ${typeof answer === 'string' ? answer : answer.outcome}`);
  }

  /** Somebody may wait for an answer of a module that is disabled. */
  #mayHang(changes: readonly NamedChange[]): boolean {
    const drains = changes.some(({ change }) => ['replace', 'disable', 'remove'].includes(change));
    return drains && this.model.present.some(({ disabled }) => disabled);
  }

  /** A handler that was cut may have left its state half written: the model takes it as it is. */
  #seeCuts(name: string): void {
    const module = this.model.get(name);
    const before = module.cut;
    this.actor.seeCuts(name);
    const started = this.actor.started.get(module.instance);
    if (module.cut > before && started !== undefined)
      module.facts = structuredClone(this.actor.factsOf(started.self));
  }

  /** A version out of service can do nothing any more. */
  #revoked(): void {
    for (const [instance, { name, self }] of this.actor.started) {
      const module = this.model.get(name);
      if (module.instance === instance) continue;
      // It came back disabled, and to enable it failed: it is the module's version, as before.
      if (module.disabled && module.instance === 0) continue;
      this.actor.started.delete(instance);
      const body = { token: this.ledger.say(name, name, 'output of a version out of service'), program: [] };
      const result = self.ctx.send(name, 'work', body);
      if (result !== 'unknown')
        this.ledger.blame(`instance ${instance} of ${name} is out of service, and its send was ${result}`);
    }
  }

  /** After an abort, the versions from before answer. */
  async #probe(changes: readonly NamedChange[]): Promise<void> {
    for (const { module: name } of changes) {
      const { version, disabled, instance } = this.model.get(name);
      if (version === undefined || disabled) continue;
      const should = `${name} ${version.version} ${instance}`;
      const until = now() + PATIENCE_MS;
      let answer: unknown;
      do {
        answer = await soon(
          this.runtime.ask(name, 'probe', undefined, { timeout: PATIENCE_MS }).catch(codeOf),
          `${name} never answered the probe`,
        );
        if (answer === 'ASK_FULL') await turn();
      } while (answer === 'ASK_FULL' && now() < until);
      if (answer !== should) this.ledger.blame(`after an abort ${String(answer)} answers, not ${should}`);
    }
  }

  // --- the end

  /** Everything that was sent is handled now, and every mailbox has all of its room. */
  async #end(): Promise<void> {
    const { model, ledger, runtime } = this;
    await this.#watchOver();
    const enable = () =>
      model.present
        .filter(({ disabled }) => disabled)
        .map(({ name }): NamedChange => ({ change: 'enable', module: name }));
    if (enable().length > 0) await this.#run(enable());
    await this.#settle();
    ledger.settle();
    checkStates(this.actor, 'the end');
    checkRepository(runtime, model, ledger);
    checkAtEnd(runtime, model, ledger);
    this.#mustHold();
    const small = model.present.filter(({ name }) => this.#capacity(name) < 1_000);
    if (small.length === 0) return;
    await this.#run(small.map(({ name }) => ({ change: 'disable', module: name })));
    for (const { name } of small) {
      const room = this.#capacity(name);
      let taken = 0;
      for (let i = 0; i < room + 2; i++) {
        const token = ledger.say('host', name, 'work');
        const result = runtime.send(name, 'work', { token, program: [] });
        if (result === 'queued') {
          ledger.queued(token);
          taken++;
        } else ledger.refused(token, result);
      }
      if (taken !== room) ledger.blame(`${name} had room for ${taken} at the end, not ${room}`);
    }
    await this.#run(enable());
    await this.#watchOver();
    await this.#settle();
    ledger.settle();
    checkStates(this.actor, 'the very end');
  }

  /** Whatever is on probation passes, or goes back: that is tried six times, each for as long as `AMPLE_MS`. */
  async #watchOver(): Promise<void> {
    const until = now() + 6 * (PATIENCE_MS + AMPLE_MS);
    for (this.#watch.look(); this.#watch.on; this.#watch.look()) {
      if (now() > until)
        throw new Violation(`a probation never ended: ${JSON.stringify(this.runtime.probation)}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #settle(): Promise<void> {
    await rest(this.runtime, this.#host);
    for (const { name } of this.model.modules) this.#seeCuts(name);
    // A timer of the last turn.
    await turn();
  }

  #capacity(name: string): number {
    return this.runtime.queues().find(({ module }) => module === name)?.capacity ?? 0;
  }
}
