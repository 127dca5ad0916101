/**
 * The words by which the watching thread knows what runs (watcher.h). They are written for each message, so each function
 * here is one store. V8 then compiles it into its caller whatever else is there.
 */

/** Word that changes with each call into module code. */
const GENERATION = 0;
/** Word that is above 0 while the runtime's own code runs: nothing is cut then. */
const OWN = 1;
/** Word that is above 0 while a debugger may be attached: nothing is cut then. */
const DEBUGGED = 2;
/** Word that is above 0 when the code that runs is about to be cut. */
const STRUCK = 3;
export const WORDS = 4;

export interface Marks {
  /** Another call runs from now on. */
  next(): void;
  /** CPU time in ms that the call which runs may use; the heap's end may have lowered it. */
  limit(): number;
  setLimit(ms: number): void;
  /** How deep in the runtime's own code we are; 0 is a module's. */
  own(): number;
  setOwn(depth: number): void;
  /** The runtime's own code begins; not where it is about to be cut: then it is cut here, before anything is half done. */
  push(): void;
  pop(): void;
  /** A call within a turn is over, unless it is about to be cut. */
  rest(): void;
  setDebugged(open: boolean): void;
}

/**
 * @param words WORDS of them
 * @param limits the limit of CPU time, at 0
 */
export function marksOn(words: Int32Array, limits: Float64Array): Marks {
  return {
    next() {
      words[GENERATION] = (words[GENERATION]! + 1) | 0;
    },
    limit: () => limits[0]!,
    setLimit(ms) {
      limits[0] = ms;
    },
    own: () => words[OWN]!,
    setOwn(depth) {
      words[OWN] = depth;
    },
    push() {
      words[OWN]!++;
      if (words[STRUCK]! > 0) untilCut();
    },
    pop() {
      words[OWN]!--;
    },
    rest() {
      if (words[STRUCK]! > 0) untilCut();
      words[OWN] = 1;
    },
    setDebugged(open) {
      words[DEBUGGED] = open ? 1 : 0;
    },
  };
}

/** V8 ends code at the end of a loop, or where a function begins that it has not compiled into another. */
function untilCut(): never {
  for (;;);
}
