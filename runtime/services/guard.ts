/**
 * The guard bounds module code that may never return (design rule 8). V8 ends everything up to the guard, also a loop
 * that spins, and neither `catch` nor `finally` of the cut code runs. A thread of our own watches (runtime/native/);
 * entering costs some 0.2 µs, so every turn runs under it. Where the addon is not compiled, a `vm` time-out does it, in
 * transactions alone.
 *
 * A transaction's time is that of the monotonic clock. A call outside of one has CPU time: a machine that stands still
 * cuts nobody. Code of the runtime that runs within a call is never cut half-way by the native watch.
 *
 * Promise continuations that a call queues are a part of it: they run before it is over. V8 drops all that is queued where one
 * is cut, so the queue has to be empty before. Nothing of the runtime or the program may get into it meanwhile. So
 * the guard is entered by the event loop (`soon`, `turn`), never after an `await`. What others wait for is settled when
 * it is left (`after`).
 *
 * It cannot cut code that module code has called later by `setTimeout`, `nextTick` or input and output of its own. Nor does it
 * cut a collector pause, or one long built-in such as a huge `fill`; nor does a `vm` time-out cut promise continuations. Nothing at all is cut
 * where the watching thread gets no processor (real-time priority on a single CPU), which `prove` finds out.
 */
import { executionAsyncId } from 'node:async_hooks';
import { now } from '../clock.ts';
import { HitlessError, thrownOf } from '../errors.ts';
import { type Marks, marksOn, WORDS } from '../native/marks.ts';
import { absence, type NativeWatch, nativeMarks, nativeWatch, WANTS_VM } from '../native/watch.ts';
import { byLoop, calledByLoop } from '../turn.ts';
import { leaveAsyncScopes } from './async-scopes.ts';
import { debuggerOpen } from './debugger.ts';
import { LateCode } from './late-code.ts';
import { VmWatch } from './vm-watch.ts';

/**
 * A `vm` time-out cuts the runtime's own work half-way: where less than this many ms are left, it waits until the guard
 * is left. Whoever sets a guard for handlers adds it to their time.
 */
export const MARGIN_MS = 10;

/** One call into module code: written before it runs, so that a cut names the culprit. */
export interface JournalEntry {
  module: string;
  hook: string;
  startedAt: number;
}

/** Looking at something that module code made may take so many ms of CPU time. */
const LOOK_MS = 200;

export interface Cut {
  /** Whose code was running; undefined when none of a module's was. */
  culprit: JournalEntry | undefined;
  /** Where it stood, innermost first, a line each; empty where that is not known. */
  stack: string;
}

export class Guard {
  readonly #native: NativeWatch | undefined;
  readonly #vm: VmWatch | undefined;
  /** Tells the watching thread. */
  readonly #marks: Marks;
  /** The program, or its environment, asked for `vm` time-outs. */
  readonly asked: boolean;
  /** Why there is no native watch; empty when there is. */
  readonly why: string;
  #journal: JournalEntry | undefined;
  /** Frames that are open. */
  #depth = 0;
  /** Nobody else has queued promise continuations: those that are queued are the calls' own. */
  #alone = false;
  /** CPU time of each hook in this piece of work, in ms. */
  #allowed = Number.POSITIVE_INFINITY;
  /** The value of `OWN` between calls. */
  #base = 0;
  #endsAt = Number.POSITIVE_INFINITY;
  #proven = false;
  readonly #later: (() => void)[] = [];

  /** Whose code goes on by itself. */
  readonly late = new LateCode();

  /** Whether nothing serves yet, so that nobody waits for the event loop. */
  cold: () => boolean = () => false;

  /** @param kind `vm` does without the native watch, also where it is compiled */
  constructor(kind?: 'vm') {
    const native = nativeWatch();
    this.#native = kind === 'vm' ? undefined : native;
    this.#vm = this.#native === undefined ? new VmWatch() : undefined;
    this.#marks =
      this.#native === undefined ? marksOn(new Int32Array(WORDS), new Float64Array(1)) : nativeMarks!;
    this.asked = kind === 'vm' || absence === WANTS_VM;
    this.why = kind === 'vm' && native !== undefined ? 'the program asks for vm time-outs' : absence;
  }

  /** Whether turns can run under it: true with the native watch. */
  get everyTurn(): boolean {
    return this.#native !== undefined;
  }

  /** The kind of the innermost frame: a turn of the scheduler, or a piece of work that was given its time. */
  frame: 'none' | 'turn' | 'work' = 'none';

  /** True while code runs under it. */
  get active(): boolean {
    return this.frame !== 'none';
  }

  /** True while a piece of work runs: a deadline may be near, and what can wait should. */
  get timed(): boolean {
    return this.frame === 'work';
  }

  /** Milliseconds until it strikes by the clock; infinite where none is set. */
  get remaining(): number {
    return this.timed ? this.#endsAt - now() : Number.POSITIVE_INFINITY;
  }

  /** Whether it can cut now: false when a `vm` time-out has no file descriptors left. */
  get ready(): boolean {
    return this.#vm === undefined || this.#vm.ready;
  }

  /**
   * Runs `body` for at most `ms` of CPU time; with a `vm` time-out, of the clock. Returns undefined when it returned, or
   * who was cut. An error thrown by `body` passes through.
   */
  spend(ms: number, body: () => void): Cut | undefined {
    return this.#vm === undefined ? this.run(Number.POSITIVE_INFINITY, body, ms) : this.run(ms, body);
  }

  /**
   * Runs `body` for at most `limit` ms (with a `vm` time-out whole ones: rounded down, at least 1), as `spend` does.
   * @param cpu CPU time in ms that each call in it may use, with the native watch only
   */
  run(limit: number, body: () => void, cpu = Number.POSITIVE_INFINITY): Cut | undefined {
    const timeout = this.#vm === undefined ? limit : Math.max(1, Math.floor(limit));
    const within = this.timed && this.remaining <= timeout && this.#allowed <= cpu;
    // The guard around this one strikes first. And without one, a loop that never yields is the lesser evil.
    if (within || !this.ready) {
      body();
      return undefined;
    }
    const { frame } = this;
    const [endsAt, base, own] = [this.#endsAt, this.#base, this.#marks.own()];
    const [allowed, allowedBefore] = [this.#allowed, this.#marks.limit()];
    this.#journal = undefined;
    this.#enter(byLoop);
    this.frame = 'work';
    this.#endsAt = Math.min(now() + timeout, endsAt);
    this.#base = 0;
    this.#allowed = cpu;
    this.begin(cpu);
    const scope = executionAsyncId();
    try {
      const stack = this.#watched(timeout, body);
      if (stack === undefined) return undefined;
      leaveAsyncScopes(scope);
      this.late.reset();
      return { culprit: this.#journal, stack };
    } finally {
      this.#marks.setOwn(own);
      this.#marks.setLimit(allowedBefore);
      this.#allowed = allowed;
      this.#base = base;
      this.frame = frame;
      this.#endsAt = endsAt;
      this.#journal = undefined;
      this.#left();
    }
  }

  #watched(timeout: number, body: () => void): string | undefined {
    if (this.#native !== undefined)
      return this.#native.run(Math.min(timeout, this.remaining), body, this.#alone);
    return this.#vm!.run(timeout, body) ? '' : undefined;
  }

  /**
   * Runs a turn: each call in it, from `begin` to `end`, may use its CPU time. With the native watch only. Called by the event
   * loop: what others have queued runs before.
   * @param cut told of the stack of what was cut
   */
  turn(body: () => void, cut: (stack: string) => void): void {
    const { frame } = this;
    const base = this.#base;
    this.#enter(true);
    this.frame = 'turn';
    this.#base = 1;
    this.#marks.setOwn(1);
    const scope = executionAsyncId();
    try {
      const stack = this.#native!.run(Number.POSITIVE_INFINITY, body, true, true);
      if (stack === undefined) return;
      leaveAsyncScopes(scope);
      this.late.reset();
      this.#marks.setOwn(1);
      cut(stack);
    } finally {
      this.frame = frame;
      this.#base = base;
      this.#marks.setOwn(base);
      this.#left();
    }
  }

  #enter(alone: boolean): void {
    if (this.#depth === 0) {
      this.#alone = alone;
      this.#marks.setDebugged(debuggerOpen());
    }
    this.#depth++;
  }

  #left(): void {
    this.#depth--;
    if (this.#depth === 0 && this.#later.length > 0) for (const task of this.#later.splice(0)) task();
  }

  /** A call into module code begins, which may use so many ms of CPU time. */
  begin(limit: number): void {
    const marks = this.#marks;
    marks.setLimit(limit);
    marks.next();
    marks.setOwn(0);
  }

  /** It is over: the runtime's own code runs. */
  end(): void {
    if (this.#base > 0) this.#marks.setOwn(this.#base);
    else this.begin(this.#allowed);
  }

  /** A call within a turn is over: as `end`, in the fewest instructions. */
  rest(): void {
    this.#marks.rest();
  }

  /**
   * Promise continuations that a call has left run now, while it can be told whose they are. Nothing of what follows
   * is done when they are cut.
   */
  finish(): void {
    // It ends at the loop's end: V8 looks there whether it is to be terminated.
    while (this.#alone && this.#native?.finish() === true);
  }

  /**
   * Code of the runtime that a call of module code has called begins: it is not cut until `pop`. That must follow also
   * where this code throws, for the module's recursion may have left it no stack.
   */
  push(): void {
    this.#marks.push();
  }

  pop(): void {
    this.#marks.pop();
  }

  /**
   * Runs foreign code that may take its time (a listener, a driver): now, or when the clock's guard is left. Inside it
   * could be cut half-way. It must not throw.
   */
  later(task: () => void): void {
    if (this.timed) this.#later.push(task);
    else task();
  }

  /** Runs what settles promises, or foreign code: now, or when the guard is left. It must not throw. */
  after(task: () => void): void {
    if (this.#depth > 0) this.#later.push(task);
    else task();
  }

  /** Runs `body` by the event loop, before it looks at its sockets and timers: nobody else's continuations are queued then. */
  soon<T>(body: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      process.nextTick(() => {
        // First all that ticks before this one have queued.
        this.#native?.finish();
        try {
          resolve(calledByLoop(body));
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  /** Calls module code with the journal telling who it is. Errors pass through. */
  call<T>(module: string, hook: string, body: () => T): T {
    this.enter(module, hook);
    try {
      return body();
    } catch (thrown) {
      throw thrownOf(thrown);
    } finally {
      // Not reached when the call is cut: the journal then still names it.
      this.leave();
    }
  }

  /**
   * Looks at what module code made, such as a state or an error: accessors and the traps of a Proxy are its code.
   * @param what it is, for the error
   * @param ms of CPU time; with a `vm` time-out, of the clock
   * @throws HitlessError `HOOK_CUT` when that does not return; what its code throws, as plain data
   */
  look<T>(module: string, what: string, body: () => T, ms = LOOK_MS): T {
    let found!: T;
    const cut = this.spend(ms, () => {
      found = this.call(module, what, body);
    });
    if (cut === undefined) return found;
    throw new HitlessError(
      'HOOK_CUT',
      `${module}: its ${what} could not be looked at within ${ms} ms; it is too large, or has code of its own`,
      { module },
    );
  }

  /** For hot paths: `enter`, the call itself, `leave`. */
  enter(module: string, hook: string): void {
    this.#journal = { module, hook, startedAt: now() };
    this.begin(this.#allowed);
  }

  leave(): void {
    this.finish();
    this.#journal = undefined;
    this.end();
  }

  /**
   * Whether a loop that never yields is really cut here: shown once, with loops that end by themselves. Each try that
   * fails holds the event loop up for 250 ms.
   * @param tries how often to begin again: a machine that is busy for a moment does not show it
   */
  prove(tries = 1): boolean {
    if (!this.ready) return this.#proven;
    // A loop that V8 still compiles waits for its threads, and is then cut even where only one of all gets a turn.
    for (let i = 0; i < tries && !this.#proven; i++)
      this.#proven = this.#cuts() && this.#cuts() && this.#cuts();
    return this.#proven;
  }

  #cuts(): boolean {
    const giveUp = now() + 250;
    let returned = false;
    const cut = this.run(2, () => {
      while (now() < giveUp);
      returned = true;
    });
    // A thread that got its turn only after the loop had ended says that it cut, and did not.
    return cut !== undefined && !returned;
  }
}
