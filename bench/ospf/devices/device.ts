/** A router that is measured, running in this program's namespace. */
import type { OspfJob } from '../job.ts';

export interface MeasuredRouter {
  /** Processes whose memory is its own. */
  readonly pids: readonly number[];
  /** Protocol number of its routes in the kernel (rt_protos). */
  readonly protocol: number;
  /** ms of the last whole calculation of routes, where it says so itself. */
  calculation?(): Promise<number>;
  /** Its loop and its swaps, where it has some. */
  readonly inside?: Inside;
  stop(): Promise<void>;
}

export interface Inside {
  /** Garbage of before is collected. */
  collect(): Promise<void>;
  /** From now on the longest time is measured for which the loop does not come back. */
  watch(): Promise<void>;
  /** ms of it. */
  longest(): Promise<number>;
  /** Puts another version in the place of the one that serves. @returns ms for which OSPF, and the loop, stood still */
  swap(version: string): Promise<{ window: number; stall: number }>;
}

/** @param directory of its own */
export type OpenRouter = (job: OspfJob, directory: string) => Promise<MeasuredRouter>;
