/**
 * The handlers of one module at work: the one that runs, those that gave way or wait,
 * and how the others ended. A handler that waits for an answer lets the module take further entries. One that
 * gave way with `yield 'slice'`, or an async one, does not.
 */

import { now } from '../clock.ts';
import { HitlessError, innermost, reasonOf, thrownOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Entry } from '../message.ts';
import { MARGIN_MS } from '../services/guard.ts';
import type { Answer } from '../services/requests.ts';
import type { Effort } from '../services/turn-time.ts';
import { isThenable } from '../thenable.ts';
import { Ask } from './ask.ts';
import type { ModuleContext } from './context.ts';
import { Handling, isSteps } from './handling.ts';
import type { Instance } from './instance.ts';
import type { Outlet } from './outlet.ts';
import { Suspension, Suspensions } from './suspension.ts';

/** Requests of one module that may be without an answer: each keeps a handler in memory. */
export const MOST_ASKING = 4_096;

/** How a handler's call, or its next step, came back: found out within the call, for looking may run its code. */
type Outcome = 'returned' | 'gave way' | 'asked' | 'strange' | 'promised' | 'threw';

/** No such entry should be let in: if one is, that is an error like any other of a handler. */
function unhandled({ type }: Entry): never {
  throw new Error(`there is no handler for "${type}"`);
}

export class Activity {
  readonly #outlet: Outlet;
  readonly #kernel: Kernel;
  /**
   * Under the guard messages wait for the end of their handler, too. A `vm` time-out may strike while one is being put in a
   * mailbox, and a test wants all outputs in the order of the code.
   */
  readonly #holds: boolean;
  /** Tells that there is something to go on with. */
  readonly #stir: () => void;
  #running: Handling | undefined;
  /** A handler that gave way: it goes on before anything else. */
  #sliced: Handling | undefined;
  /** Handlers waiting for an answer or a promise. */
  readonly #suspended = new Suspensions();
  /** Those that have their answer, in order. */
  readonly #resumable: Suspension[] = [];
  /** Of a handler's step that is not its first. */
  readonly #goingOn: Effort = { isShort: false };
  /** The last message's id before the running handler's call. */
  #before = 0;
  #handled = 0;
  #errors = 0;
  #interrupted = 0;
  /** Requests that were not sent, for too many had no answer yet. */
  #askedTooMuch = 0;

  /** The version in service: the proxy puts it there. */
  instance!: Instance;
  /** An async handler is not done: one entry at a time. */
  awaiting = false;
  /** A handler was cut: the state may be half written. */
  suspect = false;
  /** Called with the time after the next handler ended: how a swap's blackout is measured. */
  onFirstHandled: ((at: number) => void) | undefined;

  constructor(outlet: Outlet, kernel: Kernel, stir: () => void) {
    this.#outlet = outlet;
    this.#kernel = kernel;
    this.#stir = stir;
    this.#holds = !kernel.guard.everyTurn || kernel.standIn !== undefined;
  }

  /** A handler runs, or its end is still to be seen to. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  get gaveWay(): boolean {
    return this.#sliced !== undefined;
  }

  get canGoOn(): boolean {
    return this.#sliced !== undefined || this.#resumable.length > 0;
  }

  /** No handler is running or suspended, no request is unanswered. */
  get idle(): boolean {
    return !this.canGoOn && this.#suspended.size === 0 && this.#running === undefined;
  }

  /** The work that is not done, in words. */
  get unfinished(): string[] {
    const parts = [
      this.#sliced !== undefined && 'a handler in the middle of long work',
      this.#suspended.size > 0 &&
        `${this.#suspended.size} handlers suspended: ${counted([...this.#suspended].map(({ handling }) => handling.hook))}`,
      this.#resumable.length > 0 && `${this.#resumable.length} answers not handled`,
    ];
    return parts.filter((part) => part !== false);
  }

  /** True when a suspended handler waits for an answer to a request with this root cause. */
  asksWith(cause: number): boolean {
    for (const { root } of this.#suspended) if (root === cause) return true;
    return false;
  }

  /** Has an entry handled. With `sample` it is what a later version is warmed up with. */
  begin(entry: Entry, sample: boolean): Effort {
    const input = this.instance.inputs.get(entry.type);
    if (input !== undefined && (sample || input.last === undefined)) input.last = entry;
    this.#run(new Handling(entry, input?.handle ?? unhandled), undefined);
    return input ?? this.#goingOn;
  }

  /** Goes on with a handler that gave way, or that has its answer: there is one, as `canGoOn` says. */
  goOn(): Effort {
    if (this.#sliced !== undefined) {
      const handling = this.#sliced;
      this.#sliced = undefined;
      this.#run(handling, { value: undefined });
      return this.#goingOn;
    }
    const { handling, answer } = this.#resumable.shift()!;
    this.#run(handling, answer);
    return this.#goingOn;
  }

  /** Gives up what is not done, for the module begins again; its requesters are told. */
  giveUp(): void {
    this.#abandon('was begun again');
    this.suspect = false;
  }

  /** Gives up what is not done, for a transaction is forced; returns it in words. */
  cutOff(): string[] {
    const handlings = this.#abandon('was taken out of the way');
    this.#interrupted += handlings.length;
    if (handlings.length > 0) this.suspect = true;
    return handlings.map(({ entry, hook }) => ('from' in entry ? `${hook} of ${entry.from}` : hook));
  }

  #abandon(what: string): Handling[] {
    const handlings = [...this.#suspended, ...this.#resumable].map(({ handling }) => handling);
    if (this.#sliced !== undefined) handlings.push(this.#sliced);
    this.clear();
    for (const { entry, hook } of handlings) {
      if (entry.kind !== 'request') continue;
      const text = `${this.#who} ${what} before ${hook} could answer: it may be half done`;
      const error = new HitlessError('ASK_FAILED', text, { module: this.#outlet.name });
      this.#kernel.requests.close(entry.id, { error });
    }
    return handlings;
  }

  /** Forgets what is not done: the module has ended. */
  clear(): void {
    this.#sliced = undefined;
    this.#resumable.length = 0;
    this.#suspended.clear();
    this.awaiting = false;
  }

  view() {
    return {
      handled: this.#handled,
      errors: this.#errors,
      interrupted: this.#interrupted,
      suspect: this.suspect,
      suspended: this.#suspended.size + this.#resumable.length + (this.#sliced === undefined ? 0 : 1),
      asking: this.#suspended.size,
      askedTooMuch: this.#askedTooMuch,
    };
  }

  /**
   * Begins a handling, or goes on with one. What every message needs is here and small: V8 compiles it into one function
   * with the loop that calls it.
   */
  #run(handling: Handling, answer: Answer | undefined): void {
    const { guard } = this.#kernel;
    const { context } = this.instance;
    this.#running = handling;
    this.#outlet.cause = handling.cause;
    this.#outlet.handling = true;
    if (guard.timed || this.#holds) {
      this.#runHeld(handling, answer, context);
      return;
    }
    this.#before = this.#kernel.lastId();
    guard.begin(this.#outlet.maxHandlerMs);
    const outcome = this.#call(handling, answer);
    // An async handler, until it waits for something, is one call with its time.
    if (outcome === 'promised') guard.finish();
    guard.rest();
    this.#end(handling, outcome, context);
  }

  /** The same in a piece of work that may be cut at any moment, with a `vm` time-out, or in a test. */
  #runHeld(handling: Handling, answer: Answer | undefined, context: ModuleContext): void {
    const { guard } = this.#kernel;
    if (!guard.active) {
      const outcome = this.#call(handling, answer);
      this.#atRest();
      this.#ended(handling, outcome);
      return;
    }
    this.#before = this.#kernel.lastId();
    if (this.#holds) context.mode = 'held';
    if (guard.timed) guard.enter(this.#outlet.name, handling.hook);
    guard.begin(this.#outlet.maxHandlerMs);
    const outcome = this.#call(handling, answer);
    if (outcome === 'promised') guard.finish();
    guard.end();
    this.#endUnderGuard(handling, outcome, context);
  }

  /** No handler runs: what is sent now is caused by none. */
  #atRest(): void {
    this.#running = undefined;
    this.#outlet.cause = 0;
    this.#outlet.handling = false;
  }

  /** The result is in the handling's `value`. */
  #call(handling: Handling, answer: Answer | undefined): Outcome {
    try {
      if (answer !== undefined) return this.#step(handling, answer);
      const result = handling.handle(handling.entry);
      handling.value = result;
      // Most handlers answer nothing: nothing has to be found out about it.
      if (typeof result !== 'object' || result === null) return 'returned';
      return this.#found(handling, result);
    } catch (error) {
      handling.value = thrownOf(error);
      return 'threw';
    }
  }

  /** A handler returned an object: its answer, its steps, or a promise. */
  #found(handling: Handling, result: object): Outcome {
    if (!isSteps(result)) return promised(handling) ? 'promised' : 'returned';
    handling.steps = result;
    return this.#step(handling, undefined);
  }

  #step(handling: Handling, answer: Answer | undefined): Outcome {
    const { bundle } = this.instance;
    const step = bundle.goesOn
      ? this.#kernel.guard.late.run(bundle, () => handling.resume(answer))
      : handling.resume(answer);
    handling.value = step.value;
    if (!step.done) return step.value === 'slice' ? 'gave way' : Ask.is(step.value) ? 'asked' : 'strange';
    handling.steps = undefined;
    return promised(handling) ? 'promised' : 'returned';
  }

  #endUnderGuard(handling: Handling, outcome: Outcome, context: ModuleContext): void {
    const { guard } = this.#kernel;
    if (guard.timed) {
      guard.leave();
      if (guard.remaining <= MARGIN_MS) {
        // The guard may strike at any moment: up to this call the handler is cut, from here on it is done.
        guard.later(() => {
          this.#end(handling, outcome, context);
          this.#stir();
        });
        return;
      }
    }
    this.#end(handling, outcome, context);
  }

  #end(handling: Handling, outcome: Outcome, context: ModuleContext): void {
    this.#atRest();
    context.returned();
    this.#ended(handling, outcome);
  }

  #ended(handling: Handling, outcome: Outcome): void {
    const { value } = handling;
    handling.value = undefined;
    if (outcome === 'returned') this.#finished(handling, value);
    else if (outcome === 'gave way') this.#sliced = handling;
    else if (outcome === 'asked') this.#ask(handling, value as Ask);
    else if (outcome === 'promised') this.#promised(handling, value as Promise<unknown>);
    else if (outcome === 'threw') this.#failed(handling, value as Error);
    else this.#refuse(handling, value);
  }

  /** A handler yielded something that it cannot wait for. */
  #refuse(handling: Handling, yielded: unknown): void {
    const what = `${this.#who} ${handling.hook} yielded ${typeof yielded}; yield 'slice' or an ask`;
    this.#goOnWith(handling, new HitlessError('HOOK_THREW', what, { module: this.#outlet.name }));
  }

  #ask(handling: Handling, ask: Ask): void {
    if (this.#suspended.size < MOST_ASKING) {
      this.#sendAsk(handling, ask);
      return;
    }
    this.#askedTooMuch++;
    const what = `${this.#who} has ${MOST_ASKING} requests without an answer, the most that a module may have`;
    this.#outlet.once(`${what}; further ones fail`);
    this.#goOnWith(handling, new HitlessError('ASK_LIMIT', what, { module: this.#outlet.name }));
  }

  /** The error is thrown where the handler waits. */
  #goOnWith(handling: Handling, error: HitlessError): void {
    const failed = new Suspension(this.#outlet, handling, 0, undefined, this.#resume);
    this.#suspended.add(failed);
    failed.deliver({ error });
  }

  #sendAsk(handling: Handling, ask: Ask): void {
    const { instance } = this;
    const version = instance.context.versionOf(ask.to, ask.type);
    if (version === undefined) this.#outlet.undeclared(`asks "${ask.type}" of ${ask.to}`);
    const request = this.#outlet.compose(
      'request',
      instance.context.version,
      ask.type,
      version ?? 0,
      ask.body,
      handling.cause,
    );
    const root = request.cause === 0 ? request.id : request.cause;
    const suspension = new Suspension(instance.context, handling, root, ask, this.#resume);
    this.#suspended.add(suspension);
    this.#kernel.requests.open(request.id, suspension);
    const sent = version === undefined ? 'unknown' : this.#outlet.dispatch(ask.to, request);
    if (sent === 'queued') return;
    const [code, why] =
      sent === 'full'
        ? (['ASK_FULL', 'has a full mailbox; try again later'] as const)
        : (['ASK_UNKNOWN', 'does not exist or does not accept it'] as const);
    this.#kernel.requests.close(request.id, {
      error: new HitlessError(code, `${suspension.what} ${why}`, { module: ask.to }),
    });
  }

  readonly #resume = (suspension: Suspension): void => {
    // A suspension that is not there any more was given up.
    if (!this.#suspended.delete(suspension)) return;
    this.#resumable.push(suspension);
    this.#stir();
  };

  #promised(handling: Handling, promise: Promise<unknown>): void {
    if (this.#outlet.async) {
      this.#await(handling, promise);
      return;
    }
    promise.then(undefined, () => {});
    this.#failed(
      handling,
      new HitlessError(
        'HOOK_ASYNC',
        `${this.#who} ${handling.hook} answered a promise; say async: true in the manifest, or use a generator`,
        {
          module: this.#outlet.name,
        },
      ),
    );
  }

  #await(handling: Handling, promise: Promise<unknown>): void {
    this.awaiting = true;
    const suspension = new Suspension(this.#outlet, handling, handling.cause, undefined, this.#resume);
    this.#suspended.add(suspension);
    const { guard } = this.#kernel;
    const settled = (then: () => void) => {
      if (!this.#suspended.delete(suspension)) return;
      guard.push();
      this.awaiting = false;
      then();
      this.#stir();
      guard.pop();
    };
    promise.then(
      (value) => settled(() => this.#finished(handling, value)),
      (error) => settled(() => this.#failed(handling, this.#looked(handling, error))),
    );
  }

  #tellFirstHandled(): void {
    this.onFirstHandled?.(now());
    this.onFirstHandled = undefined;
  }

  #finished(handling: Handling, value: unknown): void {
    this.#handled++;
    this.#tellFirstHandled();
    if (handling.entry.kind === 'request') this.#kernel.requests.close(handling.entry.id, { value });
  }

  /** The error with which a promise was rejected. */
  #looked({ hook }: Handling, error: unknown): Error {
    try {
      return this.#kernel.guard.look(this.#outlet.name, `error of ${hook}`, () => thrownOf(error));
    } catch (thrown) {
      return thrown as Error;
    }
  }

  #failed(handling: Handling, thrown: Error): void {
    this.#errors++;
    this.#tellFirstHandled();
    this.#outlet.log('error', `${handling.hook} threw ${reasonOf(thrown)}`);
    if (handling.entry.kind !== 'request') return;
    const error = new HitlessError(
      'ASK_FAILED',
      `${this.#who} failed in ${handling.hook}: ${reasonOf(thrown)}`,
      { module: this.#outlet.name, cause: thrown },
    );
    this.#kernel.requests.close(handling.entry.id, { error });
  }

  /** Code of the module threw when nobody had called it. */
  threwLate(text: string): void {
    this.#errors++;
    this.#outlet.log('error', text);
  }

  /**
   * The running handler was cut: it sends nothing, its message is lost to this module, its state may be half written.
   * @param stack where it stood, innermost first, a line each
   */
  interrupted(stack: string): void {
    const handling = this.#running;
    if (handling === undefined) return;
    this.#atRest();
    for (const receiver of this.#kernel.names.proxies())
      receiver.takeBackFrom(this.#outlet.name, this.#before);
    this.#tellFirstHandled();
    this.instance.context.dropUnsettled();
    this.instance.context.mode = 'live';
    this.#wasCut(handling, `${handling.hook} did not return`, stack);
  }

  /** Continuations that its handlers had left were cut: whoever waits for one waits in vain. */
  continuationCut(stack: string): void {
    const awaited = this.awaiting ? [...this.#suspended].find(({ ask }) => ask === undefined) : undefined;
    if (awaited !== undefined) this.#suspended.delete(awaited);
    this.awaiting = false;
    this.#wasCut(awaited?.handling, 'a promise continuation of its handlers did not return', stack);
  }

  #wasCut(handling: Handling | undefined, what: string, stack: string): void {
    this.#interrupted++;
    this.suspect = true;
    const where = stack === '' ? '' : `: ${innermost(stack)}`;
    this.#outlet.log('error', `${what} and was cut; its state may be half written${where}`);
    if (handling?.entry.kind !== 'request') return;
    const error = new HitlessError(
      'ASK_FAILED',
      `${this.#who} did not return from ${handling.hook} and was cut`,
      { module: this.#outlet.name },
    );
    this.#kernel.requests.close(handling.entry.id, { error });
  }

  get #who(): string {
    return `${this.#outlet.name} ${this.#outlet.version}`;
  }
}

/** Names, each once, with how many there are of it. */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} of ${name}`)).join(', ');
}

/** A handler returned what is to be waited for, which is made a promise. */
function promised(handling: Handling): boolean {
  if (!isThenable(handling.value)) return false;
  handling.value = Promise.resolve(handling.value);
  return true;
}
