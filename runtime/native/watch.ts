/**
 * Loads the addon whose thread watches the event loop's (watch.cc). It is compiled when hitless is installed; where it
 * was not, the guard does with `vm` time-outs.
 */
import { createRequire } from 'node:module';
import { type Marks, marksOn, WORDS } from './marks.ts';

export interface NativeWatch {
  /** Read by the thread, as `marks` writes them. */
  readonly words: Int32Array;
  /** CPU time of this thread that the call with this generation may use, in ms; counted from the thread's first look. */
  readonly limit: Float64Array;
  /** How often the heap's end was near, at 0. */
  readonly heapEnds: Float64Array;
  /**
   * From now on the call that runs is cut when the heap's end is near, and the limit is raised for that. Allocations are
   * sampled. Main thread only.
   */
  watchHeap(): void;
  /**
   * The samples of what is still there: bytes and the files whose code allocated them, the innermost first. Undefined when a
   * debugger has ended the sampling.
   */
  heapHeld(): [bytes: number, ...files: string[]][] | undefined;
  /**
   * Runs `body` for at most `limit` ms of the monotonic clock, and each call in it for its CPU time. Returns undefined, or the
   * stack of what it cut. Errors of `body` pass through.
   * @param after promise continuations that are queued when `body` returns are a part of it; not where one calls this
   * @param before does first what is queued
   */
  run(limit: number, body: () => void, after?: boolean, before?: boolean): string | undefined;
  /** Has promise continuations run that module code has left so far. True when they were cut: the next end of a loop is it too. */
  finish(): true | undefined;
}

/** From a bundle of `dist/` or the library's package, from the library within hitless, and from the sources. */
const PLACES = [
  './native/build/Release/watch.node',
  '../native/build/Release/watch.node',
  '../../dist/native/build/Release/watch.node',
];

/** A setting of the environment that does without. */
export const WANTS_VM = 'HITLESS_GUARD=vm';

/** Why there is none; empty when there is. */
export let absence = '';

let loaded: NativeWatch | undefined;
/** How the main thread tells the watching one what runs: one for all guards, so that V8 knows it as a constant. */
export let nativeMarks: Marks | undefined;
let tried = false;

/** The addon of this environment; undefined where it is not compiled, or `HITLESS_GUARD=vm` says to do without. */
export function nativeWatch(): NativeWatch | undefined {
  if (tried) return loaded;
  tried = true;
  if (process.env.HITLESS_GUARD === 'vm') {
    absence = WANTS_VM;
    return undefined;
  }
  const load = createRequire(import.meta.url);
  for (const place of PLACES) {
    try {
      const found = load(place) as NativeWatch;
      if (found.words.length !== WORDS) {
        absence = 'it was compiled for another version of the library; install it again';
        continue;
      }
      found.limit[0] = Number.POSITIVE_INFINITY;
      absence = '';
      loaded = found;
      nativeMarks = marksOn(found.words, found.limit);
      return loaded;
    } catch (thrown) {
      // An addon that does not load says more than one that is not there.
      const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'MODULE_NOT_FOUND';
      if (!missing || absence === '') absence = missing ? 'it is not compiled' : firstLine(thrown);
    }
  }
  return undefined;
}

function firstLine(thrown: unknown): string {
  return String(thrown instanceof Error ? thrown.message : thrown).split('\n', 1)[0]!;
}
