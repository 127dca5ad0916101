/**
 * How long module code may take that does not serve yet: a version's top level, its constructor, what makes or carries its
 * state, `start`. It is a bound of its own, far below the preparation time, for all else of the program stands still.
 */
import { now } from '../clock.ts';
import { type Cut, type Guard, MARGIN_MS } from '../services/guard.ts';
import { maxHandlerMsOf } from './manifest.ts';

/** A constructor may take this many ms; every other hook may at the least. */
const HOOK_MS = 200;
/** A version's top level may take this many ms: it runs once, before anything is compiled for speed. */
const TOP_LEVEL_MS = 500;
/** As long as nothing serves there is nobody to disturb, and a board that boots is slow. */
const COLD_MS = 5_000;
/** A hook that used less than this share of its time was not cut for its own sake: the machine stood still. */
const SHARE = 0.7;
/** A mark that is so many ms old still serves: little beside what a hook may take. */
const FRESH_MS = 5;
/** Tries altogether, of what was cut while the machine stood still. */
export const MOST_TRIES = 4;

/** Time for a version's top level, in ms. */
export function topLevelMs({ cold }: Guard): number {
  return cold() ? COLD_MS : TOP_LEVEL_MS;
}

/** Time for a version's constructor, in ms. */
export function constructorMs({ cold }: Guard): number {
  return cold() ? COLD_MS : HOOK_MS;
}

/** Time for all hooks of a version together in one swap, in ms: as long as for one of its handlers. */
export function hookMsOf(manifest: { api: number; maxHandlerMs?: number }, { cold }: Guard): number {
  // The first message is handled under the same guard, and has its full time.
  return Math.max(cold() ? COLD_MS : HOOK_MS, maxHandlerMsOf(manifest) + 2 * MARGIN_MS);
}

/** The process's CPU time so far, in ms. Reading it costs up to 50 µs. */
export function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** A moment of the process's CPU time, from which what was cut is judged. */
export class CpuMark {
  #at = Number.NEGATIVE_INFINITY;
  #used = 0;

  read(at = now()): void {
    this.#at = at;
    this.#used = cpuNow();
  }

  /** Reads it again unless that was just before the moment `at`: a swap reads it once, and not in its window. */
  refresh(at: number): void {
    if (at - this.#at > FRESH_MS) this.read(at);
  }

  /** Whether what was cut after `limit` ms had no processor for most of them: a busy machine must not abort a swap. */
  stoodStill(limit: number): boolean {
    return cpuNow() - this.#used < limit * SHARE;
  }
}

/**
 * Runs a hook for at most `limit` ms of CPU time. With `vm` time-outs it is run again, for it may have been cut because
 * the machine stood still.
 */
export function runHook(guard: Guard, limit: number, body: () => void): Cut | undefined {
  if (guard.everyTurn) return guard.spend(limit, body);
  for (let tries = 1; ; tries++) {
    const cpu = new CpuMark();
    cpu.read();
    const cut = guard.run(limit, body);
    if (cut === undefined || tries === MOST_TRIES || !cpu.stoodStill(limit)) return cut;
  }
}

/** The same, called by the event loop: after an `await`, the guard is not entered otherwise. */
export function runHookSoon(guard: Guard, limit: number, body: () => void): Promise<Cut | undefined> {
  return guard.soon(() => runHook(guard, limit, body));
}
