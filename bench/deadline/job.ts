/** What one program measures in one go, and what it writes down of it. */

/** What keeps a module from becoming quiescent; `nothing` for the control. */
export type Obstacle = 'busy' | 'suspended' | 'spinning' | 'nothing';

export interface DeadlineJob {
  obstacle: Obstacle;
  /** Who keeps the deadline: a transaction of hitless, or a `setTimeout` beside the work. */
  by: 'transaction' | 'setTimeout';
  /** Time granted, in ms. */
  granted: number;
  samples: number;
  warmup: number;
}

export interface DeadlineRecord {
  /** µs from each deadline to the decision. */
  late: number[];
  /** Of a `setTimeout` for the same moment in the same process, µs. */
  beside: number[];
  /** Decisions that gave the work up, as they all must. */
  aborted: number;
}
