/** Body of TIMER's event `broadcast`, version 1: the tick that the other modules act on (paper, Figure 9). */
export interface Broadcast {
  /** Consecutive number of the tick, from 0. */
  tick: number;
  /** Milliseconds from one tick to the next. */
  period: number;
  /** Periods that passed without a tick before this one, because the last tick was not handled in time. */
  missed?: number;
}
