/** Body of TIMER's event `broadcast`, version 1: the tick that the other modules act on (paper, Figure 9). */
export interface Broadcast {
  /** Consecutive number of the tick, from 0. */
  tick: number;
  /** Milliseconds from one tick to the next. */
  period: number;
  /** Periods that passed without a tick before this one, because the last tick was not handled in time. */
  missed?: number;
}

/** True on the ticks on which something is to be sent that is sent every `interval` ms; at best on every tick. */
export function isDue({ tick, period }: Broadcast, interval: number): boolean {
  return tick % Math.max(1, Math.round(interval / period)) === 0;
}
