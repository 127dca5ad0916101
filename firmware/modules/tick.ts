/** TIMER's ticks (paper, Figure 9) as those use them who send something every so often. */
import type { Broadcast } from './messages/broadcast.ts';

/** True on the ticks on which something is to be sent that is sent every `interval` ms; at best on every tick. */
export function isDue({ tick, period }: Broadcast, interval: number): boolean {
  return tick % Math.max(1, Math.round(interval / period)) === 0;
}
