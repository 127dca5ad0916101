/** A way by which routes come into the kernel's table. */
import type { RoutesJob } from '../job.ts';

export const PHASES = ['install', 'replace', 'withdraw'] as const;
export type Phase = (typeof PHASES)[number];

export interface Way {
  /** The work of each phase, ready to be done: text and changes were made before. It may resolve before all is done. */
  prepare(phase: Phase): () => Promise<void>;
  /** Processes whose memory holds the routes; this program's own where there are none. */
  readonly pids?: readonly number[];
  stop(): Promise<void> | void;
}

/** @param directory of its own, in which it may keep files */
export type OpenWay = (job: RoutesJob, index: number, directory: string) => Promise<Way>;
