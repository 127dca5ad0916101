/**
 * Finds, in development, what module code starts by itself: a `setTimeout`, a promise's reaction, a child process. It runs
 * outside of the proxy, is not ended with its version, and can write the next version's state (design rule 1). Each is told
 * once per module, hook and kind; those of a revoked version are told again when they run.
 *
 * Only what leaves an asynchronous resource of Node is seen, and only while a call into module code runs: not listeners, nor
 * what code does that was started so. A module that says `async: true` may await timers, sockets and promises.
 */
import { createHook, executionAsyncId } from 'node:async_hooks';
import type { LogLevel } from '../module/module.ts';

/** Resources looked at in one call: a stack is taken of each. A recursion without end must not end inside the hook. */
const MOST_LOOKED_AT = 64;
/** Frames of a stack: Node's own lie over the module's. */
const MOST_FRAMES = 32;
/** Acts watched until they run. */
const MOST_PENDING = 1_000;
/** Different ones that are remembered as told. */
const MOST_TOLD = 1_000;

const PORT = 'let the program do it and attach a Port';
const AT_ONCE = 'do it at once, or use this.ctx.setTimer';

/** Types of resources (as `async_hooks` names them) that act later, and what is used in place of them. */
const ACTS: Readonly<Record<string, Act>> = {
  Timeout: { word: 'setTimeout', instead: 'use this.ctx.setTimer' },
  Immediate: { word: 'setImmediate', instead: AT_ONCE },
  TickObject: { word: 'nextTick', instead: AT_ONCE },
  Microtask: { word: 'queueMicrotask', instead: AT_ONCE },
  PROMISE: { word: 'a promise', instead: 'use a generator, or say async: true in the manifest' },
  PROCESSWRAP: { word: 'a child process', instead: PORT, always: true },
  WORKER: { word: 'a thread', instead: PORT, always: true },
  TCPWRAP: { word: 'a socket', instead: PORT },
  TCPSERVERWRAP: { word: 'a socket', instead: PORT },
  PIPEWRAP: { word: 'a socket', instead: PORT },
  PIPESERVERWRAP: { word: 'a socket', instead: PORT },
  UDPWRAP: { word: 'a socket', instead: PORT },
};
/** Words of functions by which the author knows the act better than by its type. */
const CALLED = new Set(['setTimeout', 'setInterval', 'setImmediate', 'nextTick', 'queueMicrotask', 'fetch']);
/** `console` and `process.stdout` make streams of their own; they act on nothing of ours. */
const HARMLESS = /^node:internal\/(console\/|bootstrap\/)/;

interface Act {
  readonly word: string;
  readonly instead: string;
  /** Also of a module that may await: this outlives its handler. */
  readonly always?: true;
}

/** The version at work, as far as its context tells. */
export interface Doer {
  readonly version: string;
  readonly mode: string;
}

interface Call {
  readonly module: string;
  readonly hook: string;
  readonly doer: Doer | undefined;
  looked: number;
}

/** What is known of a bundle's file: while its top level runs, no more than that it is one. */
interface Known {
  readonly version: string;
  readonly async: boolean | undefined;
}

interface Found {
  readonly id: number;
  readonly call: Call;
  readonly kind: string;
  readonly instead: string;
  readonly file: string;
  readonly at: string;
}

export class LateActs {
  readonly #tell: (level: LogLevel, module: string, version: string, text: string) => void;
  readonly #bundles = new Map<string, Known>();
  readonly #told = new Set<string>();
  /** Those that have not run yet, by the id of their resource. */
  readonly #pending = new Map<number, Found>();
  #call: Call | undefined;
  #found: Found[] = [];
  /** Of a top level, until its module's name is known. */
  #nameless: Found[] = [];

  /** A reaction is what makes a promise act: it alone has another promise as its trigger. */
  readonly #init = (id: number, type: string, trigger: number): void => {
    // After a cut inside of the hook Node no longer disables it.
    if (this.#call === undefined || !(type in ACTS)) return;
    if (type === 'PROMISE' && trigger === executionAsyncId()) return;
    if (++this.#call.looked > MOST_LOOKED_AT) return void this.#making.disable();
    try {
      this.#look(id, ACTS[type]!, type, this.#call);
    } catch {
      // The stack is full: Node ends the process for an error thrown here.
    }
  };
  readonly #making = createHook({ init: this.#init });
  readonly #running = createHook({
    before: (id) => this.#runs(id),
    destroy: (id) => this.#ended(id),
  });

  constructor(tell: (level: LogLevel, module: string, version: string, text: string) => void) {
    this.#tell = tell;
  }

  /** A bundle's top level is about to run: its hook is entered with no module's name. */
  loads(file: string): void {
    this.#nameless = [];
    this.#bundles.set(file, { version: '', async: undefined });
  }

  /** Its manifest is known. */
  loaded(
    file: string,
    { name, version, async }: { name: string; version: string; async?: boolean | undefined },
  ): void {
    this.#bundles.set(file, { version, async: async === true });
    for (const found of this.#nameless.splice(0))
      this.#report({ ...found, call: { ...found.call, module: name } });
  }

  /** Module code is about to be called. */
  begin(module: string, hook: string, doer: Doer | undefined): void {
    this.#call = { module, hook, doer, looked: 0 };
    this.#making.enable();
  }

  /** It has returned, or was cut. */
  end(): void {
    if (this.#call === undefined) return;
    this.#call = undefined;
    this.#making.disable();
    if (this.#found.length === 0) return;
    for (const found of this.#found.splice(0)) {
      if (found.call.module === '') this.#nameless.push(found);
      else this.#report(found);
    }
  }

  stop(): void {
    this.#making.disable();
    this.#running.disable();
    this.#pending.clear();
  }

  #look(id: number, act: Act, type: string, call: Call): void {
    const frames = this.#moduleFrame();
    if (frames === undefined) return;
    const [frame, above] = frames;
    const file = frame.getFileName()!;
    const known = this.#bundles.get(file);
    if (known === undefined) return;
    const called = above?.getFunctionName() ?? '';
    const kind = CALLED.has(called) ? called : act.word;
    // Streams make ticks of their own.
    if (type === 'TickObject' && called !== 'nextTick') return;
    if (known.async === true && act.always !== true && kind !== 'setInterval') return;
    if (known.async === undefined && type === 'PROMISE') return;
    const at = `${file}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
    this.#found.push({ id, call, kind, instead: act.instead, file, at });
  }

  /** The innermost frame that is not Node's, and the one that it called; undefined for what is harmless. */
  #moduleFrame(): [frame: NodeJS.CallSite, above: NodeJS.CallSite | undefined] | undefined {
    let above: NodeJS.CallSite | undefined;
    for (const frame of this.#stack()) {
      const file = frame.getFileName();
      if (file != null && !file.startsWith('node:')) return [frame, above];
      if (file != null && HARMLESS.test(file)) return undefined;
      above = frame;
    }
    return undefined;
  }

  #stack(): NodeJS.CallSite[] {
    const { stackTraceLimit, prepareStackTrace } = Error;
    const holder: { stack?: NodeJS.CallSite[] } = {};
    Error.stackTraceLimit = MOST_FRAMES;
    // As text it would name the sources of a source map.
    Error.prepareStackTrace = (_, sites) => sites;
    try {
      Error.captureStackTrace(holder, this.#init);
      return holder.stack ?? [];
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      Error.prepareStackTrace = prepareStackTrace;
    }
  }

  #report(found: Found): void {
    const { call, kind, file, at, instead } = found;
    const { version } = this.#bundles.get(file)!;
    if (this.#pending.size < MOST_PENDING && call.doer !== undefined) {
      this.#pending.set(found.id, found);
      this.#running.enable();
    }
    this.#once(
      'made',
      found,
      call.doer?.version ?? version,
      `${call.hook} uses ${kind} at ${at}: it acts outside of the module and is not ended with its version; ${instead}`,
    );
  }

  #once(
    when: 'made' | 'later',
    { call: { module, hook }, kind }: Found,
    version: string,
    text: string,
  ): void {
    const key = `${when} ${module} ${hook} ${kind}`;
    if (this.#told.has(key) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(key);
    this.#tell('warn', module, version, text);
  }

  #runs(id: number): void {
    const found = this.#pending.get(id);
    if (found === undefined) return;
    const { call, kind, at } = found;
    // Everything else tells when it has ended; an interval runs again.
    if (kind === ACTS.PROMISE!.word) this.#ended(id);
    if (call.doer?.mode !== 'revoked') return;
    const text = `${kind} of ${call.hook} at ${at} ran after its version was revoked; the state that it can write may be another version's now`;
    // A log's listener is foreign code: it may not throw inside of the hook.
    setImmediate(() => this.#once('later', found, call.doer!.version, text));
  }

  #ended(id: number): void {
    if (this.#pending.delete(id) && this.#pending.size === 0) this.#running.disable();
  }
}
