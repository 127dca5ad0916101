/** Errors of the router's start: a stable code, and a message that says what is wrong, where, and what to do. */
export const ROUTER_CODES = {
  BUNDLE_MISSING: 'there is no bundle for a module that the configuration wants',
  STATE_UNUSABLE: 'the directory that keeps which versions are current cannot be used',
  REALTIME_UNBOUNDED: 'under the real-time priority, code that never yields would not be cut in time',
  UNIT_OUTDATED: 'the installed unit does not allow what the configuration asks for',
  DEBUGGER_OPEN: "Node's debugger is open, and nobody asked the router for that",
  START_ABORTED: 'the modules could not be started',
  WATCH_PATH: '--watch was given a path at which nothing can be watched',
  BUNDLER_MISSING: 'a watched module is source, and what bundles it is not installed',
  BOARD_PROGRAM_MISSING: 'what builds images of boards is not built',
  BENCH_PROGRAM_MISSING: 'what makes a page of figures is not built, or failed',
  BENCH_SOURCE_MISSING: 'the benches are not where hitless is',
  BENCH_REFUSED: 'a router did not measure what it was asked to',
  BENCH_OUT: 'the figures cannot be written where they are to go',
  OUTPUT_LOST: 'standard output could not be written',
  USAGE: 'the command line is not understood',
} as const;

export type RouterCode = keyof typeof ROUTER_CODES;

export class RouterError extends Error {
  readonly code: RouterCode;

  constructor(code: RouterCode, message: string) {
    super(message);
    this.name = 'RouterError';
    this.code = code;
  }
}
