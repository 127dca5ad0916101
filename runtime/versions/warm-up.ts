/**
 * Warms a new version up while the old one serves (design rule 13). V8 compiles a function when it is first called,
 * and that is most of what a cold swap costs. So every entry point is called once before, on a throw-away instance whose
 * outputs go nowhere. It has a sample of the state and of the last inputs, and is called in slices of the event loop.
 *
 * The instance comes from a second evaluation of the bundle. Its module-scope variables are others than those of the
 * version that will serve; what V8 compiled is the same. Nothing that happens here is a reason to refuse the
 * version: what throws has thrown with a sample, what does not return is cut.
 *
 * Not run are async functions, and any handler of a module with `async: true`. What goes on after an `await` can be
 * neither bounded nor called back. A promise that a synchronous handler starts and drops may reject unheard.
 */
import { types } from 'node:util';
import { promiseHooks } from 'node:v8';
import { now } from '../clock.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Entry } from '../message.ts';
import { Ask } from '../module/ask.ts';
import { isSteps } from '../module/handling.ts';
import type { Instance } from '../module/instance.ts';
import { type AnyManifest, handledTypes, handlerName } from '../module/manifest.ts';
import type { Module } from '../module/module.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { twinOf, Understudy } from '../module/understudy.ts';
import { turn } from '../turn.ts';
import type { Bundle } from './bundle.ts';
import { sampleOf } from './sample.ts';

/** One slice of the event loop takes no further entry point after so many ms. */
const SLICE_MS = 0.03;
/** An entry point that does not return is cut after so many ms: as long, the old version may be kept waiting. */
const DEFAULT_LIMIT_MS = 5;
/** All entry points together, in ms of work. */
const DEFAULT_BUDGET_MS = 50;
/** All slices together may take so many times the budget, by the clock: on a busy event loop they are far between. */
const MOST_BUDGETS = 20;
/** Times that a generator is resumed. */
const MOST_STEPS = 2;
/** Promises started by one slice that are kept from rejecting unheard. */
const MOST_PROMISES = 10_000;

export interface WarmUpOptions {
  readonly kernel: Kernel;
  /** Makes a sample of the state as the new version will have it: the instance's own, to be written. May throw. */
  readonly state: () => unknown;
  /** By type of input: an entry that the module had. It is copied; where there is none, an empty one is made. */
  readonly samples?: ReadonlyMap<string, Entry>;
  /** Told of what is waited for. */
  readonly stall?: { wait<T>(something: PromiseLike<T>): Promise<T>; within<T>(body: () => T): T };
  /** Milliseconds of work, 50 unless told. */
  readonly budget?: number;
  /** Milliseconds after which an entry point is cut, 5 unless told. */
  readonly limit?: number;
}

export interface WarmUpReport {
  /** Entry points that returned. */
  ran: string[];
  threw: { hook: string; reason: string }[];
  /** Did not return in time. */
  cut: string[];
  /** Not run: asynchronous, or no time was left. */
  skipped: string[];
  /** Milliseconds of work on the event loop's thread. */
  work: number;
  /** Milliseconds from first to last. */
  took: number;
}

/** Runs the entry points of a bundle; never throws. */
export async function warmUp(bundle: Bundle, options: WarmUpOptions): Promise<WarmUpReport> {
  return new WarmUp(bundle, options).run();
}

interface EntryPoint {
  readonly hook: string;
  readonly asynchronous: boolean;
  readonly call: () => unknown;
}

class WarmUp {
  readonly #bundle: Bundle;
  readonly #options: WarmUpOptions;
  readonly #report: WarmUpReport = { ran: [], threw: [], cut: [], skipped: [], work: 0, took: 0 };
  readonly #beganAt = now();
  readonly #limit: number;
  /** The call that runs now. */
  #hook = '';

  constructor(bundle: Bundle, options: WarmUpOptions) {
    this.#bundle = bundle;
    this.#options = options;
    this.#limit = options.limit ?? DEFAULT_LIMIT_MS;
  }

  async run(): Promise<WarmUpReport> {
    const proxy = await this.#make();
    if (proxy !== undefined) {
      const waiting: EntryPoint[] = [];
      const samples = this.#options.samples ?? new Map();
      await this.#guardedTurn(() => waiting.push(...entryPoints(proxy.instance, samples)));
      while (waiting.length > 0 && !this.#spent) await this.#guardedTurn(() => this.#take(waiting));
      this.#report.skipped.push(...waiting.map(({ hook }) => hook));
      await this.#turn(() => {});
      proxy.retire();
    }
    this.#report.took = now() - this.#beganAt;
    return this.#report;
  }

  #turn<T>(body: () => T): Promise<T> {
    const { stall } = this.#options;
    return stall === undefined ? turn(body) : stall.wait(turn(() => stall.within(body)));
  }

  #guardedTurn(body: () => void): Promise<void> {
    return this.#turn(() => this.#guarded(body));
  }

  /** The budget, the time or the runtime has come to its end. */
  get #spent(): boolean {
    const { kernel, budget = DEFAULT_BUDGET_MS } = this.#options;
    return kernel.stopped || this.#report.work >= budget || now() - this.#beganAt >= budget * MOST_BUDGETS;
  }

  /** A proxy that nobody knows, with an instance whose outputs go nowhere; undefined when there can be none. */
  async #make(): Promise<ModuleProxy | undefined> {
    // A class of the program has one set of variables: trying it would write them.
    if (this.#bundle.evaluateAgain === undefined) return undefined;
    let twin: Bundle | undefined;
    const evaluate = () => {
      twin = twinOf(this.#bundle);
    };
    await this.#guardedTurn(() => this.#attempt('top level', evaluate));
    if (twin === undefined) return undefined;
    let proxy: ModuleProxy | undefined;
    await this.#guardedTurn(() => {
      proxy = this.#proxyOf(twin!);
    });
    if (proxy === undefined) return undefined;
    await this.#guardedTurn(() => this.#furnish(proxy!));
    return proxy;
  }

  #proxyOf(twin: Bundle): ModuleProxy | undefined {
    const { kernel } = this.#options;
    this.#hook = 'constructor';
    let proxy: ModuleProxy | undefined;
    try {
      proxy = Understudy.new(twin, kernel, undefined, this.#limit);
      this.#report.ran.push('constructor');
    } catch (thrown) {
      if (thrown instanceof HitlessError && thrown.code === 'HOOK_CUT') this.#report.cut.push('constructor');
      else this.#report.threw.push({ hook: 'constructor', reason: reasonOf(thrown) });
    }
    this.#hook = '';
    return proxy;
  }

  /** Gives it a state, and its ports. */
  #furnish(proxy: ModuleProxy): void {
    const { state, samples } = this.#options;
    this.#hook = 'state handlers';
    proxy.bind(proxy.instance, sampled(state));
    this.#hook = '';
    for (const sample of samples?.values() ?? [])
      if (sample.kind === 'packet') proxy.attach(sample.type, sample.key, nowhere);
  }

  /** Takes off what it has run. */
  #take(waiting: EntryPoint[]): void {
    const end = now() + SLICE_MS;
    while (waiting.length > 0 && !this.#options.kernel.stopped && now() < end) {
      const { hook, asynchronous, call } = waiting.shift()!;
      if (asynchronous) this.#report.skipped.push(hook);
      else this.#attempt(hook, call);
    }
  }

  /** Under the guard, which may cut it anywhere. */
  #attempt(hook: string, call: () => unknown): void {
    this.#hook = hook;
    let reason: string | undefined;
    try {
      stepThrough(call());
    } catch (thrown) {
      reason = reasonOf(thrown);
    }
    this.#hook = '';
    if (reason === undefined) this.#report.ran.push(hook);
    else this.#report.threw.push({ hook, reason });
  }

  #guarded(body: () => void): void {
    const promises: Promise<unknown>[] = [];
    const from = now();
    const unhook = promiseHooks.onInit((promise) => {
      if (promises.length < MOST_PROMISES) promises.push(promise);
    });
    try {
      const cut = this.#options.kernel.guard.spend(this.#limit, body);
      if (cut !== undefined && this.#hook !== '') this.#report.cut.push(this.#hook);
      this.#hook = '';
    } finally {
      unhook();
      for (const promise of promises) Promise.prototype.then.call(promise, undefined, () => {});
      this.#report.work += now() - from;
    }
  }
}

function sampled(state: () => unknown): unknown {
  try {
    return state();
  } catch {
    // Whatever is wrong is found out with the state itself.
    return {};
  }
}

function entryPoints(
  { module, inputs, bundle: { manifest } }: Instance,
  samples: ReadonlyMap<string, Entry>,
): EntryPoint[] {
  const point = (hook: string, call: () => unknown): EntryPoint => ({
    hook,
    asynchronous: manifest.async === true || isAsync(module, hook),
    call,
  });
  return [
    point('start', () => module.start('upgrade')),
    point('isQuiescent', () => module.isQuiescent()),
    point('isHealthy', () => module.isHealthy()),
    ...handledTypes(manifest).map((type) => {
      const sample = samples.get(type);
      const entry = sample === undefined ? emptyEntry(manifest, type) : copyOf(sample);
      return point(handlerName(type), () => inputs.get(type)!.handle(entry));
    }),
  ];
}

/** Looks at the class, not at the instance, and computes nothing: this runs outside of the guard. */
function isAsync(module: Module, hook: string): boolean {
  for (let object: object | null = module; object !== null; object = Object.getPrototypeOf(object)) {
    const method = Object.getOwnPropertyDescriptor(object, hook);
    if (method !== undefined) return types.isAsyncFunction(method.value);
  }
  return false;
}

/** A generator's first steps: an answer that it asks for is an error, for there is none. */
function stepThrough(result: unknown): void {
  if (!isSteps(result)) return;
  let step = result.next();
  for (let i = 1; i < MOST_STEPS && !step.done; i++) {
    step = step.value instanceof Ask ? result.throw(noAnswer(step.value)) : result.next();
  }
  result.return(undefined);
}

function noAnswer({ to, type }: Ask): HitlessError {
  return new HitlessError('ASK_UNKNOWN', `${to} is not asked "${type}" while a version is warmed up`);
}

function copyOf(entry: Entry): Entry {
  if (entry.kind === 'packet') return { ...entry, at: now(), datum: sampleOf(entry.datum) };
  return entry.kind === 'timer'
    ? { ...entry, due: now(), body: sampleOf(entry.body) }
    : { ...entry, body: sampleOf(entry.body) };
}

/** An input with nothing in it: a handler gets as far with it as it can. */
function emptyEntry({ name, accepts, subscribes, timers }: AnyManifest, type: string): Entry {
  if (timers.includes(type))
    return { kind: 'timer', type, key: '', due: now(), overruns: 0, body: undefined };
  const versions = accepts[type] ?? subscribes[type];
  if (versions === undefined) return { kind: 'packet', type, key: '', at: now(), datum: {} };
  return {
    kind: accepts[type] === undefined ? 'event' : 'message',
    id: 0,
    from: name,
    fromVersion: '',
    type,
    version: versions.at(-1)!,
    cause: 0,
    body: {},
  };
}

/** Takes what is sent and gives nothing. */
const nowhere = { open: () => {}, send: () => 'sent' as const, close: () => {} };
