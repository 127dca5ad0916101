/**
 * Cryptographic sequence numbers that we send (RFC 2328 D.3, D.4.3): the seconds since 1970, and never less than before.
 *
 * Neighbours drop a number that is lower than the last one, and take an equal one. So all packets of a second have the same:
 * the network may reorder them. What this holds across:
 * - a swap and a configuration: the last number is in the state;
 * - a return to an older state, and a restart without any: the clock has gone on since;
 * - a clock that is put back, or a number that ran ahead of it: one more each second, as long as the state lasts;
 * - a restart with a clock that is not set: neighbours' own numbers, which are times for most, stand in for it.
 *
 * It is lost by one thing: a restart without the state together with a clock that is wrong by the past. Neighbours take
 * our packets again when they have forgotten us, which is after RouterDeadInterval.
 */
import { CLOCK_IS_SET_FROM } from './keys.ts';
import type { Interface, SentSequence } from './state.ts';

const LARGEST = 0xffff_ffff;
/** A neighbour's number beyond this is no time that we take over: 2100. */
const LARGEST_TIME = Date.UTC(2100, 0, 1) / 1000;
const SECOND_MS = 1000;

/** A key id and number with which a neighbour's packets come. */
export interface Heard {
  keyId: number;
  number: number;
}

/** The highest number of an interface's neighbours, where they are looked at: while our clock is not set. */
export function heardOn({ neighbors }: Interface, wall: number): Heard | undefined {
  if (wall >= CLOCK_IS_SET_FROM) return undefined;
  let best: Heard | undefined;
  for (const { sequences } of neighbors.values())
    for (const [keyId, number] of Object.entries(sequences))
      if (number <= LARGEST_TIME && number > (best?.number ?? 0)) best = { keyId: Number(keyId), number };
  return best;
}

/**
 * The number of the next packet.
 * @param before that of the last one
 * @param now the monotonic clock in ms
 * @param wall ms since 1970
 */
export function nextSequence(
  before: SentSequence | undefined,
  heard: Heard | undefined,
  now: number,
  wall: number,
): SentSequence {
  const clock = Math.min(Math.max(Math.floor(wall / SECOND_MS), heard?.number ?? 0, 0), LARGEST);
  if (before === undefined || clock > before.number) return { number: clock, at: now };
  // Of another boot, whose monotonic clock began elsewhere.
  const passed = now < before.at ? SECOND_MS : now - before.at;
  return passed < SECOND_MS ? before : { number: Math.min(before.number + 1, LARGEST), at: now };
}
