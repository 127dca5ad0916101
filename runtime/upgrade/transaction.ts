/**
 * One upgrade transaction, from the checked plan to the report (paper 3.4 and 3.5, design rules 7 to 10 and 13).
 *
 *   migrate  carry the rows of tables over in slices                                 (old versions serve)
 *   wait     for an instant at which every member is idle, up to half the deadline   (old versions serve)
 *   drain    disable all, handle what is pending, ask each whether it is quiescent    (proxies buffer)
 *   state    freeze, adopt or carry the states over, vote
 *   commit   switch all, start each in the order given, release outputs and buffered messages
 *   end      stop what is out of service from now on, under a guard of its own
 *   cleanup  drop the old versions
 *
 * Up to `release` everything can be put back: an error, a NO, a cut or the deadline undoes all members. On the
 * fast path everything from the first disable to the first buffered message runs inside one guarded call.
 */
import { now } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { Group } from '../module/group.ts';
import type { PortProvider } from '../module/port.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { type Cut, MARGIN_MS } from '../services/guard.ts';
import { cpuNow, hookMsOf, stoodStill } from '../services/hook-time.ts';
import type { StateStore } from '../state/state.ts';
import { ROW_MS, SLICE_MS } from '../state/table-migration.ts';
import { turn } from '../turn.ts';
import { Deadline } from './deadline.ts';
import type { Fault, FaultPlan } from './faults.ts';
import { idleInstant, Opportunity } from './opportunity.ts';
import type { Participant, Stage } from './participant.ts';
import type { Phases, StepLine, TransactionReport, Vote } from './report.ts';

/** How long one attempt goes on handling pending messages before it gives the event loop back, in ms. */
const DRAIN_MS = 1;
/** Rounds over the rows of a table while the old version serves (design rule 9). */
const MOST_ROUNDS = 3;
/** Outputs of one start that are released within the guard: more may take longer than that. */
const MOST_RELEASED = 1_000;

export interface TransactionOptions {
  id: number;
  command: string;
  by: string;
  kernel: Kernel<ModuleProxy>;
  store: StateStore;
  preparation: number;
  development: boolean;
  ports: PortProvider | undefined;
  faults: FaultPlan | undefined;
  /** Warms up what runs inside of the window. */
  drill: (() => void) | undefined;
  attempt?: { number: number; of: number };
  undoes?: number;
}

/** What the upgrader does around a transaction. */
export interface Surroundings {
  /** Names to bind with the commit, and names of members that end with it. */
  readonly names: NameChange | undefined;
  /** After a commit, before the old versions are dropped; answers whether it is durable. */
  committed(): Promise<boolean | undefined>;
}

export interface NameChange {
  readonly unbind: readonly string[];
  readonly bind: readonly (readonly [name: string, proxy: ModuleProxy])[];
}

export class Transaction implements Stage {
  readonly kernel: Kernel<ModuleProxy>;
  readonly store: StateStore;
  readonly development: boolean;
  readonly ports: PortProvider | undefined;
  faults: readonly Fault[] = [];
  readonly #options: TransactionOptions;
  readonly #beganAt = now();
  readonly #startedAt = Date.now();
  readonly #steps: StepLine[] = [];
  #said = 0;
  /** Told of each step before it is done; only a test asks for it. */
  readonly #onStep: ((step: string) => void) | undefined;
  /** Time of the lines that are said inside of the window, where reading the clock for each would cost time. */
  #moment = 0;
  #members: readonly Participant[] = [];
  #deadline!: Deadline;
  #group!: Group;
  #disabledAt: number | undefined;
  #releasedAt = 0;
  /** Those that are not YES. */
  readonly #votes = new Map<string, Vote>();
  #outcome: 'open' | 'failed' | 'switched' | 'releasing' | 'committed' | 'aborted' = 'open';
  /** Steps done of a release: three of each member. */
  #releases = 0;
  /** Every member has voted YES. */
  #unanimous = false;
  #reason = '';
  #late = 0;
  #durable: boolean | undefined;
  /** It was cut although its hooks had hardly had a processor. */
  #stoodStill = false;
  #names: NameChange | undefined;
  /** The names as they were; undefined while they are. */
  #namesBefore: ReadonlyMap<string, ModuleProxy> | undefined;
  readonly #phases: Phases = { upload: 0, migrate: 0, wait: 0, drain: 0, state: 0, commit: 0, cleanup: 0 };

  constructor(options: TransactionOptions) {
    this.#options = options;
    this.kernel = options.kernel;
    this.development = options.development;
    this.ports = options.ports;
    this.store = options.store;
    this.#onStep = options.faults?.onStep && ((step) => options.faults?.onStep?.(step));
  }

  get origin(): { command: string; by: string } {
    return this.#options;
  }

  /** It was aborted because the machine stood still, and may be tried again at once. */
  get stoodStill(): boolean {
    return this.#stoodStill && this.#outcome === 'aborted';
  }

  get preparation(): number {
    return this.#options.preparation;
  }

  get disabledAt(): number | undefined {
    return this.#disabledAt;
  }

  say(module: string, version: string, text: string): void {
    const at = (this.#moment === 0 ? now() : this.#moment) - this.#beganAt;
    this.#steps.push({ at, module, version, text });
  }

  /** Prepares, decides, and commits or undoes. Every member is `open` already. */
  async run(members: readonly Participant[], surroundings: Surroundings): Promise<TransactionReport> {
    this.#members = members;
    this.faults = this.#options.faults?.take() ?? [];
    this.#names = surroundings.names;
    this.#onStep?.('upload');
    this.#phases.upload = now() - this.#beganAt;
    // Entering the guard costs as much as the swap: the event loop has its turn before it.
    await turn();
    await this.#migrate();
    this.#phases.migrate = now() - this.#beganAt - this.#phases.upload;
    this.#deadline = new Deadline(this.#options.preparation);
    if (this.#outcome === 'open') await this.#decide();
    else this.#undo();
    this.#report();
    if (this.#outcome === 'committed') {
      const began = now();
      this.#onStep?.('persist');
      this.#durable = await surroundings.committed();
      this.#onStep?.('cleanup');
      for (const member of members) this.#attend('after the commit', () => member.cleanUp());
      this.#phases.cleanup += now() - began;
      this.#report();
    }
    // The first message of a new version may need one more turn; the report tells when it was handled.
    await turn();
    return this.report();
  }

  async #decide(): Promise<void> {
    const draining = () => this.#members.filter((member) => member.drains);
    this.#group = new Group(draining().map((member) => member.proxy));
    const opportunity = new Opportunity(this.#deadline, this.#group);
    const unguard = this.kernel.scheduler.guardTurns();
    try {
      this.#onStep?.('wait');
      await idleInstant(this.#members, this.kernel.scheduler, this.#deadline.share(0.5));
      this.#phases.wait = now() - this.#deadline.start;
      this.#attempt();
      while (this.#outcome === 'open') {
        await opportunity.next(draining());
        this.#attempt();
      }
    } finally {
      unguard();
    }
  }

  /**
   * Carries the rows of tables over in slices, the others' turns in between, until few are left: at most three
   * rounds, for a busy module may write rows as fast as they are carried. Who is through goes on carrying what it writes
   * until all are. The rest follows inside the window.
   */
  async #migrate(): Promise<void> {
    const open = (member: Participant) => (member.migrating?.left ?? 0) > 0;
    const goesOn = () =>
      this.#members.some((member) => open(member) && member.migrating!.rounds <= MOST_ROUNDS);
    while (this.#outcome === 'open' && goesOn()) {
      this.#onStep?.('migrate');
      await turn();
      for (const member of this.#members.filter(open)) {
        const cut = this.kernel.guard.run(SLICE_MS + ROW_MS, () => {
          const failure = this.#hook(member, () => {
            this.kernel.guard.call(member.module, 'state', () => member.migrating?.step(now() + SLICE_MS));
            return true;
          });
          if (failure !== true) this.#fail(member, failure);
        });
        if (cut !== undefined) this.#wasCut(cut, SLICE_MS + ROW_MS);
      }
      if (this.kernel.stopped) return;
    }
  }

  /**
   * Only the window, on members that nobody knows: no guard, no report. `disabled` is called at its beginning. True when
   * it came to its end.
   */
  drill(members: readonly Participant[], disabled: () => void): boolean {
    this.#members = members;
    this.#deadline = new Deadline(this.#options.preparation);
    this.#group = new Group(members.map((member) => member.proxy));
    this.#disable();
    disabled();
    this.#window();
    return this.#outcome === 'committed';
  }

  // --- one attempt

  /**
   * Under the guard: drain, and if the whole group is quiescent, everything up to the first buffered message.
   * A hook is cut at the deadline, an old version's message handler only after its `maxHandlerMs`: where both
   * cannot be had with one time-out, draining and hooks get a guarded call each.
   */
  #attempt(): void {
    if (this.kernel.stopped) {
      this.#outcome = 'failed';
      this.#reason = 'STOPPED: the runtime was stopped';
    } else if (this.#deadline.passed) {
      this.#missed();
    } else if (!this.kernel.guard.ready) {
      this.#outcome = 'failed';
      this.#reason = 'DESCRIPTORS_GONE: the process has no file descriptors left, so nothing could be cut';
    } else {
      const pending = this.#members.some((member) => member.drains && !member.proxy.idle);
      const { remaining } = this.#deadline;
      const longest = this.#members.reduce((most, { proxy }) => Math.max(most, proxy.maxHandlerMs), 0);
      const together = !pending || remaining > DRAIN_MS + MARGIN_MS + longest;
      // On their own, only those drain at once who may take equally long: the guard has one time-out.
      const working = this.#members.filter((member) => member.drains && member.proxy.runnable);
      const shortest = working.reduce((least, { proxy }) => Math.min(least, proxy.maxHandlerMs), longest);
      const draining = together
        ? this.#members
        : working.filter(({ proxy }) => proxy.maxHandlerMs === shortest);
      try {
        this.#moment = now();
        const drains = DRAIN_MS + MARGIN_MS;
        const hooks = this.#hookMs + (pending ? drains + longest : 0);
        const limit = together ? Math.min(remaining, hooks) : drains + shortest;
        const cpuBefore = cpuNow();
        const cut = this.kernel.guard.run(limit, () => {
          if (this.#disabledAt === undefined && remaining > MARGIN_MS) this.#options.drill?.();
          this.#disable();
          if (pending) this.#drain(draining);
          if (together) this.#window();
        });
        this.#moment = 0;
        if (cut !== undefined) {
          // A message's handler that was cut is not called again: what it wrote is there.
          const handling = this.#members.some(({ proxy }) => proxy.activity.running);
          this.#stoodStill = together && !handling && limit < remaining && stoodStill(cpuBefore, limit);
          this.#wasCut(cut, limit);
        }
      } catch (thrown) {
        this.#moment = 0;
        this.#broke(thrown);
      }
      if (this.#outcome === 'open' && this.#deadline.passed) this.#missed();
    }
    if (this.#outcome === 'switched' || this.#outcome === 'releasing') this.#release();
    if (this.#outcome === 'committed') this.#end();
    if (this.#outcome === 'failed') this.#undo();
    this.#report();
  }

  /** What the members' hooks may take together. */
  get #hookMs(): number {
    const { guard } = this.kernel;
    return this.#members.reduce((sum, { proxy, manifestAfter }) => {
      const after = manifestAfter === undefined ? 0 : hookMsOf(manifestAfter, guard);
      return sum + Math.max(after, hookMsOf(proxy.manifest, guard));
    }, 0);
  }

  #disable(): void {
    if (this.#disabledAt !== undefined) return;
    this.#onStep?.('disable');
    this.#disabledAt = now();
    this.#moment = this.#disabledAt;
    for (const member of this.#members) member.disable(this.#group);
  }

  #drain(draining: readonly Participant[]): void {
    this.#onStep?.('drain');
    const end = now() + DRAIN_MS;
    const members = draining.filter((member) => member.drains);
    let progress = true;
    while (progress) {
      progress = false;
      for (const { proxy } of members) {
        // Who begins later than this would not have its full time before the guard strikes.
        if (now() >= end) return;
        if (proxy.runnable && !proxy.advance(1, end)) progress = true;
      }
    }
  }

  #window(): void {
    this.#onStep?.('quiescent');
    let quiescent = true;
    for (const member of this.#members) {
      const answer = this.#hook(member, () => member.isQuiescent());
      if (answer === true) {
        if (this.#votes.size > 0) this.#votes.delete(member.module);
        continue;
      }
      this.#no(member, answer);
      quiescent = false;
      if (this.#outcome !== 'open') return;
    }
    if (!quiescent) return;
    this.#onStep?.('freeze');
    const stateAt = now();
    this.#moment = stateAt;
    this.#namesMustBeFree();
    this.#phases.drain = stateAt - this.#disabledAt!;
    for (const member of this.#members) {
      const prepared = this.#hook(member, () => {
        member.prepare();
        return member.vote();
      });
      if (prepared !== true) this.#fail(member, prepared);
    }
    this.#phases.state = now() - stateAt;
    if (this.#outcome !== 'open') return;
    this.#unanimous = true;
    if (this.#deadline.passed) {
      this.#missed();
      return;
    }
    this.#onStep?.('switch');
    const commitAt = now();
    this.#moment = commitAt;
    this.#rename();
    for (const member of this.#members) member.switch();
    this.#onStep?.('start');
    for (const member of this.#members) {
      const started = this.#hook(member, () => {
        member.start();
        return true as const;
      });
      if (started !== true) {
        this.#fail(member, started);
        return;
      }
    }
    if (this.#deadline.passed) {
      this.#missed();
      return;
    }
    this.#outcome = 'switched';
    this.#phases.commit = now() - commitAt;
    const few = this.#members.every(({ proxy }) => proxy.instance.context.waiting <= MOST_RELEASED);
    if (few && this.kernel.guard.remaining > MARGIN_MS) this.#release();
  }

  /** The host may have bound a name since the transaction was planned. */
  #namesMustBeFree(): void {
    for (const [name, proxy] of this.#names?.bind ?? []) {
      const other = this.kernel.names.resolve(name);
      if (other === undefined || other === proxy || this.#names!.unbind.includes(name)) continue;
      const member = this.#members.find((candidate) => candidate.proxy === proxy)!;
      this.#fail(member, `MODULE_EXISTS: the name ${name} was bound to ${other.name} meanwhile`);
    }
  }

  /** Names take effect all at once. */
  #rename(): void {
    if (this.#names === undefined) return;
    const { names } = this.kernel;
    this.#namesBefore = names.table();
    for (const name of this.#names.unbind) names.unbind(name);
    for (const [name, proxy] of this.#names.bind) names.bind(name, proxy);
  }

  /** The point of no return: outputs go out, then the messages that were held. */
  #release(): void {
    const began = now();
    if (this.#moment !== 0) this.#moment = began;
    if (this.#outcome !== 'releasing') {
      this.#onStep?.('release');
      this.#outcome = 'releasing';
    }
    // A step counts when it is done: after a cut the rest goes on outside of the guard.
    const members = this.#members;
    for (; this.#releases < 3 * members.length; this.#releases++) {
      const member = members[this.#releases % members.length]!;
      if (this.#releases < members.length) member.adopt();
      else if (this.#releases < 2 * members.length) member.releaseOutputs();
      else member.serve();
    }
    this.#onStep?.('serve');
    this.#outcome = 'committed';
    this.#releasedAt = now();
    this.#phases.commit += this.#releasedAt - began;
    // The first messages are handled here, without a turn of the event loop in between, if a handler has its full time.
    for (const { proxy } of this.#members) {
      if (this.kernel.guard.active && this.kernel.guard.remaining > proxy.maxHandlerMs + MARGIN_MS) {
        proxy.step(1, Number.POSITIVE_INFINITY);
      }
    }
  }

  /** Who is out of service from now on ends, when the others serve: its last word makes nobody's blackout longer. */
  #end(): void {
    this.#onStep?.('end');
    const began = now();
    for (const member of this.#members) this.#attend('after the commit', () => member.end());
    this.#phases.cleanup = now() - began;
  }

  /** A hook's answer, or why it failed. */
  #hook(member: Participant, body: () => true | string): true | string {
    try {
      return body();
    } catch (thrown) {
      const reason = reasonOf(thrown);
      this.#fail(member, reason);
      return reason;
    }
  }

  // --- failing

  /** Something that no hook's check has caught: before the release it undoes everything, after it it is only told. */
  #broke(thrown: unknown): void {
    const reason = reasonOf(thrown);
    this.kernel.log('error', '', '', `transaction ${this.#options.id}: ${reason}`);
    if (['switched', 'releasing', 'committed'].includes(this.#outcome)) return;
    this.#outcome = 'failed';
    this.#reason = reason;
  }

  /** One member's way must not keep the others from theirs. */
  #attend(where: string, body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.kernel.log('error', '', '', `transaction ${this.#options.id}: ${where}: ${reasonOf(thrown)}`);
    }
  }

  #no(member: Participant, reason: string): void {
    this.#votes.set(member.module, { module: member.module, vote: 'NO', reason });
  }

  #fail(member: Participant, reason: string): void {
    if (!this.#votes.has(member.module)) this.#no(member, reason);
    if (this.#outcome === 'failed') return;
    this.#outcome = 'failed';
    this.#reason = `${member.module} voted NO: ${reason}`;
  }

  /** The deadline passed: whoever was not quiescent votes NO (paper, Transaction Two). */
  #missed(): void {
    const waiting = this.#unanimous ? [] : this.#members.filter((member) => member.drains);
    for (const member of waiting) {
      const unfinished = member.proxy.idle ? this.#votes.get(member.module)?.reason : member.proxy.unfinished;
      if (unfinished === undefined) continue;
      this.#no(member, `NOT_QUIESCENT: ${unfinished}`);
      this.say(member.module, member.from, 'is timeout for preparing a transaction..');
    }
    const who = [...this.#votes.values()]
      .map(({ module, reason }) => `${module} voted NO: ${reason}`)
      .join('; ');
    this.#outcome = 'failed';
    this.#reason = `the deadline of ${this.#deadline.granted} ms passed; ${who || 'the group was not ready'}`;
  }

  /** The guard cut somebody: the journal says whom. */
  #wasCut({ culprit, stack }: Cut, limit: number): void {
    const member = this.#members.find(({ module }) => module === culprit?.module);
    const ran = culprit === undefined ? 0 : now() - culprit.startedAt;
    for (const { proxy } of this.#members) proxy.activity.interrupted(stack);
    if (['switched', 'releasing', 'committed'].includes(this.#outcome)) return;
    if (member === undefined) {
      if (this.#deadline?.passed === true) {
        this.#missed();
      } else {
        this.#outcome = 'failed';
        this.#reason = `HOOK_CUT: the swap was not done within ${limit.toFixed(0)} ms, and was cut between two hooks`;
      }
      return;
    }
    this.#fail(
      member,
      `HOOK_CUT: ${member.module} did not return from ${culprit!.hook} and was cut after ${ran.toFixed(1)} ms`,
    );
    this.say(member.module, member.from, 'is timeout for preparing a transaction..');
  }

  #undo(): void {
    this.#onStep?.('undo');
    this.#late = Math.max(0, -this.#deadline.remaining);
    if (this.#namesBefore !== undefined && !this.kernel.stopped) this.kernel.names.restore(this.#namesBefore);
    for (const member of this.#members.toReversed()) this.#attend('on the way back', () => member.goBack());
    for (const member of this.#members.toReversed()) this.#attend('on the way back', () => member.resume());
    this.#releasedAt = now();
    this.#outcome = 'aborted';
  }

  // --- telling

  /** Passes on the lines said so far: not inside of the window, where it would cost time. */
  #report(): void {
    for (; this.#said < this.#steps.length; this.#said++) {
      const { module, version, text } = this.#steps[this.#said]!;
      this.kernel.log('info', module, version, `: ${text}`, this.#options.id);
    }
  }

  report(): TransactionReport {
    const { id, command, by } = this.#options;
    const { attempt, undoes } = this.#options;
    return {
      id,
      command,
      by,
      startedAt: this.#startedAt,
      outcome: this.#outcome === 'committed' ? 'committed' : 'aborted',
      reason: this.#outcome === 'committed' ? '' : this.#reason,
      deadline: this.#deadline.granted,
      members: this.#members.map((member) => member.report),
      votes: this.#members.map(
        ({ module }) => this.#votes.get(module) ?? { module, vote: 'YES', reason: '' },
      ),
      phases: { ...this.#phases },
      window: this.#disabledAt === undefined ? 0 : this.#releasedAt - this.#disabledAt,
      total: now() - this.#beganAt,
      late: this.#late,
      steps: [...this.#steps],
      ...(attempt !== undefined && { attempt }),
      ...(undoes !== undefined && { undoes }),
      ...(this.#durable !== undefined && { durable: this.#durable }),
    };
  }
}
