/**
 * Packets to single neighbours that an interface may send now, before it is known that the neighbour is there. Those to
 * addresses that do not resolve wait for 3 s in the socket's send buffer, and may not take the room of Hellos to all routers.
 */
import type { Spare } from '../state.ts';

/** Returns how many are left of `before` now; with `spare` below 1 there is none. @param everyMs until there is one more */
export function spareOf(before: Spare | undefined, most: number, everyMs: number, now: number): Spare {
  const { spare, at } = before ?? { spare: most, at: now };
  return { spare: Math.min(most, spare + Math.max(0, now - at) / everyMs), at: now };
}
