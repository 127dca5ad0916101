/**
 * Whose turn it is: one queue of modules with something to do. A turn handles entries until its budget is spent
 * and then gives the event loop back. Turns run under the guard, with `vm` time-outs only while a transaction runs:
 * module code that never returns is cut (design rule 8).
 */
import { type Clock, MACHINE } from '../clock.ts';
import { type Guard, MARGIN_MS } from './guard.ts';
import { HeapWatch } from './heap-watch.ts';
import { TurnTime } from './turn-time.ts';

/** Milliseconds that a turn may go on taking new entries while others wait for the event loop. */
const TURN_MS = 1;
/** Entries that one module may handle before the next module has its chance. */
const BURST = 64;

/** A module as its turns see it. */
export interface Runnable {
  /** Set while it waits for its turn. */
  scheduled: boolean;
  /** How long one of its handlers may take, in ms. */
  readonly maxHandlerMs: number;
  /** True while `step` would do something. */
  readonly ready: boolean;
  /**
   * Handles up to `limit` entries, and begins none once the time is over. True when a handler gave way in the middle: the
   * event loop should have its chance before the next step.
   */
  step(limit: number, time: TurnTime): boolean;
  /** Its handler was cut in the middle of a step, or what its handlers had left. */
  interrupted(stack: string): void;
  readonly name: string;
  /** Its code may leave promise continuations behind. */
  readonly goesOn: boolean;
}

export class Scheduler {
  readonly #guard: Guard;
  readonly #clock: Clock;
  readonly #ready: Runnable[] = [];
  /** Told of a module whose handler was cut, after it knows itself. */
  onCut: (name: string) => void = () => {};
  /** Told that the heap's end is near. */
  onHeapEnd: (heap: HeapWatch) => void = () => {};
  readonly #heap = new HeapWatch();
  readonly #time = new TurnTime();
  /** How many of `#ready` the running turn has taken. */
  #taken = 0;
  /** Those that gave way in the middle of a handler: they go on in the next turn. */
  #later: Runnable[] = [];
  #armed = false;
  /** How many want turns to be guarded. */
  #guards = 0;
  /** This phase of the event loop has had its turn already. */
  #hurried = false;
  /** While it is set, woken modules wait for their turn until all of them are woken. */
  #gathering = false;
  #stepping: Runnable | undefined;
  readonly #idleWatchers = new Set<() => void>();

  constructor(guard: Guard, clock = MACHINE) {
    this.#guard = guard;
    this.#clock = clock;
  }

  /** Module code runs under the guard until the returned function is called. */
  guardTurns(): () => void {
    this.#guards++;
    let ended = false;
    return () => {
      if (!ended) this.#guards--;
      ended = true;
    };
  }

  get #guarded(): boolean {
    return this.#guards > 0 && !this.#guard.everyTurn;
  }

  wake(runnable: Runnable): void {
    if (runnable.scheduled) return;
    runnable.scheduled = true;
    this.#ready.push(runnable);
    if (!this.#armed) {
      this.#armed = true;
      if (!this.#gathering) this.#soon();
    }
  }

  /**
   * To be called by the event loop, with nothing else on the stack. What `body` wakes has its turn right
   * after it, which saves a callback.
   */
  gather(body: () => void): void {
    if (this.#armed) {
      body();
      return;
    }
    this.#gathering = true;
    try {
      body();
    } finally {
      this.#gathering = false;
      if (this.#armed && this.#guarded) this.#clock.soon(this.#turn);
      else if (this.#armed) this.#turn();
    }
  }

  /**
   * A tick comes before anything else of the event loop: the first turn of a phase is one. Not a second one, or modules
   * that wake each other by promises would keep the loop to themselves. And none in a transaction with `vm` time-outs. A
   * microtask would be no less: but in one, nobody's continuations can be told from a module's.
   */
  #soon(): void {
    if (this.#guarded || this.#hurried || this.#clock !== MACHINE) {
      this.#clock.soon(this.#turn);
      return;
    }
    this.#hurried = true;
    process.nextTick(this.#turn);
    setImmediate(this.#rested);
  }

  readonly #rested = (): void => {
    this.#hurried = false;
  };

  /** Lets it go on only after the event loop had its chance. */
  wakeLater(runnable: Runnable): void {
    if (runnable.scheduled) return;
    runnable.scheduled = true;
    this.#later.push(runnable);
    if (!this.#armed) {
      this.#armed = true;
      this.#clock.soon(this.#turn);
    }
  }

  /** Called after every turn that left nothing to do. */
  onIdle(watcher: () => void): () => void {
    this.#idleWatchers.add(watcher);
    return () => this.#idleWatchers.delete(watcher);
  }

  readonly #turn = (): void => {
    this.#ready.push(...this.#later);
    this.#later = [];
    try {
      if (this.#guard.everyTurn) this.#watchedTurn();
      else if (this.#guarded) this.#guardedTurn();
      else this.#run(undefined);
    } finally {
      if (this.#heap.isNear) this.onHeapEnd(this.#heap);
      this.#ready.splice(0, this.#taken);
      this.#taken = 0;
      this.#armed = this.#ready.length > 0 || this.#later.length > 0;
      if (this.#armed) this.#clock.soon(this.#turn);
    }
    if (!this.#armed) for (const watcher of this.#idleWatchers) watcher();
  };

  /** Each handler in it has its own time. */
  #watchedTurn(): void {
    this.#guard.turn(this.#unlimited, this.#wasCut);
  }

  readonly #unlimited = (): void => this.#run(undefined);

  #guardedTurn(): void {
    // The guard has one time-out: who may take longer or less has the next turn.
    const limit = this.#ready[0]?.maxHandlerMs ?? 0;
    const cut = this.#guard.run(TURN_MS + limit + MARGIN_MS, () => this.#run(limit));
    if (cut !== undefined) this.#wasCut(cut.stack);
  }

  /** Promise continuations that its handlers have left. */
  #finish(runnable: Runnable): void {
    this.#guard.begin(runnable.maxHandlerMs);
    this.#guard.finish();
    this.#guard.end();
  }

  readonly #wasCut = (stack: string): void => {
    const runnable = this.#stepping;
    this.#stepping = undefined;
    if (runnable === undefined) return;
    runnable.interrupted(stack);
    if (!this.#heap.isNear) this.onCut(runnable.name);
    if (runnable.ready) this.wake(runnable);
  };

  /**
   * Up to the first one whose handlers may take another time than `limit`, if that is given. Nothing here may rely on
   * `finally`: a cut skips it.
   */
  #run(limit: number | undefined): void {
    this.#time.begin(TURN_MS, this.#guard.timed);
    // The walk also sees what is woken meanwhile.
    while (this.#taken < this.#ready.length) {
      const runnable = this.#ready[this.#taken]!;
      if (limit !== undefined && runnable.maxHandlerMs !== limit) return;
      this.#taken++;
      runnable.scheduled = false;
      this.#stepping = runnable;
      const gaveWay = runnable.step(BURST, this.#time);
      if (runnable.goesOn && this.#guard.everyTurn) this.#finish(runnable);
      this.#stepping = undefined;
      if (gaveWay) this.wakeLater(runnable);
      else if (runnable.ready) this.wake(runnable);
      if (this.#time.over) return;
    }
  }
}
