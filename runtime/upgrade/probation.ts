/**
 * The watch over new versions after a commit. It sees handlers that throw or are cut, `isHealthy`, a mailbox that
 * fills, an event loop that stalls. Who fails it is taken back (design rule 10; Juniper's and nerves' confirmed commit).
 */
import { kindOf } from '../argument.ts';
import { reasonOf, shortened } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { isLeftThenable } from '../thenable.ts';
import { calledByLoop } from '../turn.ts';
import type { ProbationReport } from './report.ts';

/** How new versions are watched after a commit. */
export interface ProbationOptions {
  /** How long it lasts when no confirmation is asked for, in ms. */
  duration: number;
  /** How often it looks, in ms. */
  every: number;
  /** The event loop may be this late, in ms; three looks in a row later than that fail. */
  lag: number;
  /** Share of a mailbox that may be filled; three looks in a row above it, and rising, fail. */
  queue: number;
  /** `isHealthy` may take this long, in ms. */
  healthy: number;
}

export const PROBATION: ProbationOptions = {
  duration: 5_000,
  every: 100,
  lag: 500,
  queue: 0.5,
  healthy: 100,
};

/** The transaction that is being watched now. */
export interface ProbationView {
  /** The transaction's id. */
  transaction: number;
  /** The modules that are watched. */
  members: string[];
  /** Wall clock in ms. */
  endsAt: number;
  /** It must be confirmed until then. */
  confirm: boolean;
}

/** For what is watched only because a confirmation was asked for. */
export const NO_PROBATION: ProbationOptions = {
  duration: 0,
  every: 100,
  lag: Number.POSITIVE_INFINITY,
  queue: Number.POSITIVE_INFINITY,
  healthy: 100,
};

/** Looks in a row that must be bad before a lag, a queue or a slow `isHealthy` is a failure: the machine may be busy. */
const IN_A_ROW = 3;

interface Watched {
  readonly proxy: ModuleProxy;
  readonly errors: number;
  readonly interrupted: number;
  readonly handled: number;
  /** Share of messages at which the version before threw. */
  readonly errorRate: number;
  waiting: number;
  rising: number;
  /** Times in a row that `isHealthy` was cut. */
  silent: number;
}

export class Probation {
  readonly report: ProbationReport;
  readonly transaction: number;
  readonly #kernel: Kernel;
  readonly #options: ProbationOptions;
  readonly #watched: Watched[];
  readonly #end: (probation: Probation) => void;
  readonly #endsAt: number;
  readonly #every: number;
  /** Takes the next look back. */
  #cancel: () => void;
  readonly #unguard: (() => void) | undefined;
  #looked: number;
  #late = 0;

  /**
   * Begins the watch.
   * @param confirm ms within which it must be confirmed; undefined when it passes by itself
   * @param end called once, when `report.outcome` is decided; not after `superseded` or `undone`
   */
  constructor(
    kernel: Kernel,
    transaction: number,
    proxies: readonly { proxy: ModuleProxy; errorRate: number }[],
    confirm: number | undefined,
    options: ProbationOptions,
    end: (probation: Probation) => void,
  ) {
    this.#kernel = kernel;
    this.transaction = transaction;
    this.#options = options;
    this.#end = end;
    const lasts = confirm ?? options.duration;
    this.#looked = kernel.clock.now();
    this.#endsAt = this.#looked + lasts;
    this.#every = Math.min(options.every, Math.max(1, lasts));
    this.report = {
      until: Date.now() + lasts,
      confirm: confirm !== undefined,
      outcome: 'running',
      reason: '',
    };
    this.#watched = proxies.map(({ proxy, errorRate }) => {
      const { errors, interrupted, handled } = proxy.activity.view();
      return { proxy, errors, interrupted, handled, errorRate, waiting: 0, rising: 0, silent: 0 };
    });
    // An operator who asks for a confirmation does not trust the new version: a handler that spins is cut then.
    if (confirm !== undefined) this.#unguard = kernel.scheduler.guardTurns();
    this.#cancel = this.#nextLook();
  }

  #nextLook(): () => void {
    return this.#kernel.clock.wait(this.#every, () => calledByLoop(() => this.#look()), true);
  }

  get members(): string[] {
    return this.#watched.map(({ proxy }) => proxy.name);
  }

  get running(): boolean {
    return this.report.outcome === 'running';
  }

  /** Ends it from outside. */
  close(outcome: 'confirmed' | 'passed' | 'superseded' | 'undone'): void {
    if (this.running) this.#decide(outcome, '');
  }

  /** Stops watching without a verdict: the runtime ends. */
  stop(): void {
    this.#cancel();
    this.#unguard?.();
  }

  #decide(outcome: ProbationReport['outcome'], reason: string): void {
    this.stop();
    Object.assign(this.report, { outcome, reason, until: Date.now() });
    if (outcome !== 'superseded' && outcome !== 'undone') this.#end(this);
  }

  /** It fails without a look: something is known to be wrong. */
  fail(reason: string): void {
    if (this.running) this.#decide('failed', reason);
  }

  #look(): void {
    const time = this.#kernel.clock.now();
    const late = time - this.#looked - this.#options.every;
    this.#looked = time;
    this.#cancel = this.#nextLook();
    this.#late = late > this.#options.lag ? this.#late + 1 : 0;
    const wrong =
      (this.#late >= IN_A_ROW ? `the event loop was ${Math.round(late)} ms late` : undefined) ??
      this.#watched.map((watched) => this.#failing(watched)).find((reason) => reason !== undefined);
    if (wrong !== undefined) this.#decide('failed', wrong);
    else if (time >= this.#endsAt) this.#pass();
  }

  /** An `isHealthy` that was cut just now has given no verdict yet: the next look will, or the one after it. */
  get #undecided(): boolean {
    return this.#watched.some(({ silent }) => silent > 0);
  }

  #pass(): void {
    if (this.report.confirm) this.#decide('failed', 'it was not confirmed in time');
    else if (!this.#undecided) this.#decide('passed', '');
  }

  /** The fault of one module, in words; undefined when there is none. */
  #failing(watched: Watched): string | undefined {
    const { proxy } = watched;
    if (proxy.service !== 'service') {
      watched.silent = 0;
      return undefined;
    }
    const who = `${proxy.name} ${proxy.version}`;
    const { errors, interrupted, handled } = proxy.activity.view();
    if (interrupted > watched.interrupted) return `${who}: a handler did not return and was cut`;
    const [threw, ran] = [errors - watched.errors, handled - watched.handled];
    // As often as the version before is no worse.
    if (threw > watched.errorRate * (ran + threw)) return `${who}: ${threw} of ${ran + threw} handlers threw`;
    return this.#unhealthy(watched, who) ?? this.#filling(watched, who);
  }

  #unhealthy(watched: Watched, who: string): string | undefined {
    const { proxy } = watched;
    const { guard } = this.#kernel;
    const { context, module } = proxy.instance;
    let answer: unknown;
    context.mode = 'void';
    const cut = guard.spend(this.#options.healthy, () => {
      try {
        answer = guard.call(proxy.name, 'isHealthy', () => {
          const said: unknown = module.isHealthy();
          return isLeftThenable(said) ? 'isHealthy answered a promise; it must be synchronous' : said;
        });
      } catch (thrown) {
        answer = `isHealthy threw ${reasonOf(thrown)}`;
      }
    });
    if (!proxy.retired) context.mode = 'live';
    watched.silent = cut === undefined ? 0 : watched.silent + 1;
    if (watched.silent >= IN_A_ROW)
      return `${who}: isHealthy did not return within ${this.#options.healthy} ms, ${IN_A_ROW} times in a row`;
    if (cut !== undefined) return undefined;
    if (answer === true) return undefined;
    return `${who}: ${typeof answer === 'string' ? shortened(answer) : `isHealthy answered neither true nor a reason, but ${kindOf(answer)}`}`;
  }

  #filling(watched: Watched, who: string): string | undefined {
    const { waiting, capacity } = watched.proxy.queue();
    const rises = waiting > capacity * this.#options.queue && waiting >= watched.waiting;
    watched.rising = rises ? watched.rising + 1 : 0;
    watched.waiting = waiting;
    return watched.rising >= IN_A_ROW ? `${who}: its mailbox fills, ${waiting} of ${capacity}` : undefined;
  }
}
