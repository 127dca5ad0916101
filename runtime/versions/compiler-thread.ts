/**
 * The thread that compiles bundles: one for all runtimes of the process. Starting it holds the main thread up for 1.6 to 2.4
 * ms. So it starts with the first bundle, and stays for as long as a runtime uses it. It takes about 9 MB.
 */
import { Worker } from 'node:worker_threads';
import { HitlessError, reasonOf } from '../errors.ts';

export interface CompilerThreadOptions {
  /** How long it may take for one source, in ms. */
  limit?: number;
  /** It ends after so many ms without work, although it is in use. */
  idle?: number;
  /** Room for its objects, in MB: one source that needs more costs the thread, not the process. */
  heap?: number;
}

/** Names of a bundle's parameters, as a function. */
export const PARAMETERS = ['exports', 'require', 'module'];

/** It ends after so many ms in which nobody uses it. */
const UNUSED_MS = 3_000;

type Result = { data: Uint8Array } | { error: unknown };

interface Job {
  readonly file: string;
  readonly text: string;
  readonly user: object;
  /** Without data: there is no thread, the user compiles it. */
  readonly done: (data?: Uint8Array) => void;
  readonly failed: (error: unknown) => void;
}

/** The worker's program; given as text because the runtime may be bundled into one file. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { compileFunction } = require('node:vm');
parentPort.on('message', ({ file, text }) => {
  try {
    const { cachedData } = compileFunction(text, ${JSON.stringify(PARAMETERS)}, { filename: file, produceCachedData: true });
    const data = new Uint8Array(cachedData);
    parentPort.postMessage({ data }, [data.buffer]);
  } catch (error) {
    parentPort.postMessage({ error });
  }
});
`;

export class CompilerThread {
  readonly #limit: number;
  readonly #idle: number | undefined;
  readonly #heap: number;
  readonly #users = new Set<object>();
  #worker: Worker | undefined;
  #online = false;
  /** No thread can be had here. */
  #unavailable = false;
  /** The first is at work; the worker has one at a time, so that each has the whole time limit. */
  readonly #jobs: Job[] = [];
  #alarm: NodeJS.Timeout | undefined;

  constructor({ limit = 10_000, idle, heap = 512 }: CompilerThreadOptions = {}) {
    this.#limit = limit;
    this.#idle = idle;
    this.#heap = heap;
  }

  get alive(): boolean {
    return this.#worker !== undefined;
  }

  /** It takes a source at once. */
  get ready(): boolean {
    return this.#online;
  }

  /** Starts it unless it is there, and keeps it for this user. Returns false when no thread can be had. */
  join(user: object): boolean {
    this.#users.add(user);
    if (this.#worker !== undefined) return true;
    if (this.#unavailable) return false;
    try {
      this.#worker = this.#start();
    } catch {
      this.#withoutWorker();
      return false;
    }
    this.#worker.unref();
    this.#rest();
    return true;
  }

  /** The user needs it no more; what it still waits for it compiles itself. */
  leave(user: object): void {
    this.#users.delete(user);
    const own = this.#jobs.filter((job) => job.user === user);
    if (own.includes(this.#jobs[0]!)) this.#end();
    for (const job of own) {
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
      job.done();
    }
    this.#next();
  }

  /**
   * Compiles a source and returns V8's cached data; undefined when the thread cannot be had, or its user left.
   * @throws HitlessError `BUNDLE_TIMEOUT`, `COMPILER_ENDED`; and what V8 throws of the source
   */
  compile(user: object, file: string, text: string): Promise<Uint8Array | undefined> {
    return new Promise((done, failed) => {
      this.#jobs.push({ user, file, text, done, failed });
      if (this.#jobs.length === 1) this.#next();
    });
  }

  #next(): void {
    clearTimeout(this.#alarm);
    const job = this.#jobs[0];
    if (job === undefined) {
      this.#worker?.unref();
      this.#rest();
      return;
    }
    try {
      this.#worker ??= this.#start();
    } catch {
      this.#withoutWorker();
      return;
    }
    // The process must not end while a bundle is waited for, because nothing else is going on.
    this.#worker.ref();
    this.#worker.postMessage({ file: job.file, text: job.text });
    this.#alarm = setTimeout(() => this.#overdue(), this.#limit);
  }

  /** There is nothing to compile. */
  #rest(): void {
    clearTimeout(this.#alarm);
    const idle = this.#users.size === 0 ? UNUSED_MS : this.#idle;
    if (this.#worker !== undefined && idle !== undefined)
      this.#alarm = setTimeout(() => this.#end(), idle).unref();
  }

  /** The host's options (a loader, a debugger) and environment are not for it: they cost time, and could fail it. */
  #start(): Worker {
    const worker = new Worker(PROGRAM, {
      eval: true,
      name: 'hitless-compiler',
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#heap },
    });
    worker.on('online', () => {
      if (worker === this.#worker) this.#online = true;
    });
    worker.on('message', (result: Result) => {
      if (worker !== this.#worker) return;
      const job = this.#jobs.shift();
      if ('data' in result) job?.done(result.data);
      else job?.failed(result.error);
      this.#next();
    });
    worker.on('error', (thrown) => this.#died(worker, thrown));
    worker.on('exit', (code) => this.#died(worker, new Error(`it ended with code ${code}`)));
    return worker;
  }

  #died(worker: Worker, thrown: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#online = false;
    if ((thrown as { code?: unknown }).code === 'ERR_WORKER_INIT_FAILED') {
      this.#withoutWorker();
      return;
    }
    const job = this.#jobs.shift();
    job?.failed(
      new HitlessError(
        'COMPILER_ENDED',
        `${job.file}: the thread that compiled it ended: ${reasonOf(thrown)}; is there memory enough for so large a bundle?`,
        { cause: thrown },
      ),
    );
    this.#next();
  }

  #overdue(): void {
    this.#end();
    const job = this.#jobs.shift();
    job?.failed(
      new HitlessError(
        'BUNDLE_TIMEOUT',
        `${job.file}: did not compile within ${this.#limit} ms; make the bundle smaller, or try again when the machine has less to do`,
      ),
    );
    this.#next();
  }

  /** The main thread compiles what waits, and all that comes. */
  #withoutWorker(): void {
    this.#unavailable = true;
    clearTimeout(this.#alarm);
    this.#end();
    for (const job of this.#jobs.splice(0)) job.done();
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#online = false;
    void worker?.terminate();
  }
}
