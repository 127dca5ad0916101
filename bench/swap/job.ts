/** What one program measures in one go: the same orders for all sides. */
export type Job = SwapJob | TalkJob;

export interface SwapJob {
  kind: 'swap';
  /** Modules that are swapped together. */
  servers: number;
  /** Entries in the state of each. */
  entries: number;
  /** True: every swap changes every entry. False: the state is adopted as it is. */
  migrate: boolean;
  /** Size of a new version's code, in bytes. */
  code: number;
  /** True: two versions take turns, whose code is warm by then. False: every version is code that nobody has run. */
  hot: boolean;
  /** True: the new version fails in its last step, so that the old one goes on. */
  abort: boolean;
  /** Erlang: when the new code is loaded; `finish` is prepared before the window and put in place inside. */
  load: 'before' | 'finish' | 'inside';
  /** The first message of the new version: it waits already, or is a call made after the swap (Erlang). */
  first: 'waiting' | 'call';
  /** Swaps to measure; 0 with a stream is the control. */
  swaps: number;
  /** Swaps made before, which are not measured. */
  warmup: number;
  /** Messages per second to each server all the time; 0: only some between swaps, and one for each window. */
  rate: number;
  /** Instead of a rate: so many messages wait at each server all the time, as fast as it takes them; 0: no such flood. */
  flood: number;
  /** With a stream: ms around each swap in which gaps count, at least; for the control, exactly. */
  observe: number;
  /** With a stream: how many times it is observed. */
  observations: number;
}

export interface TalkJob {
  kind: 'ask' | 'send';
  /** Batches to measure, after one tenth as many that are not. */
  batches: number;
  /** Requests, or messages, in each. */
  size: number;
}

/** Whether messages come all the time. */
export function isStreamed({ rate, flood }: SwapJob): boolean {
  return rate > 0 || flood > 0;
}

/** Versions that are put in service one after the other, the first not counted. */
export function versionsOf({ swaps, warmup, abort }: SwapJob): number {
  return swaps === 0 || abort ? 0 : swaps + warmup;
}
