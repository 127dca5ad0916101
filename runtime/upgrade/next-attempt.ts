/** When a transaction should act next: an instant at which its members are idle, or a moment at which one may have become so. */
import { now } from '../clock.ts';
import type { Group } from '../module/group.ts';
import type { Scheduler } from '../services/scheduler.ts';
import type { Deadline } from './deadline.ts';
import type { Participant } from './participant.ts';

/** How often a module that is not quiescent is asked again: at first, and at the longest, in ms. */
const ASK_AGAIN_MS = { first: 1, longest: 16 };
/** Nobody is asked again later than this many ms before the deadline. */
const LAST_CALL_MS = 2;
/** `setTimeout` is late by up to this many ms: the rest of the way to a deadline is spun on the event loop. */
const ALARM_LEAD_MS = 2;

/** Resolves at an instant at which every member is idle, or at the moment `until`. */
export async function untilIdle(
  members: readonly Participant[],
  scheduler: Scheduler,
  until: number,
): Promise<void> {
  const idle = () => members.every((member) => !member.drains || member.proxy.idle);
  if (idle()) return;
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!idle() && now() < until) return;
      stop();
      clearInterval(poll);
      resolve();
    };
    const stop = scheduler.onIdle(look);
    const poll = setInterval(look, 1);
  });
}

export class NextAttempt {
  readonly #deadline: Deadline;
  readonly #group: Group;
  #askAgain = ASK_AGAIN_MS.first;

  constructor(deadline: Deadline, group: Group) {
    this.#deadline = deadline;
    this.#group = group;
  }

  /** Resolves when another attempt may succeed: a member can go on, should be asked again, or the deadline is there. */
  comes(members: readonly Participant[]): Promise<void> {
    return new Promise((resolve) => {
      if (members.some((member) => member.proxy.runnable)) {
        setImmediate(resolve);
        return;
      }
      let wait = this.#deadline.remaining;
      if (members.every((member) => member.proxy.idle)) {
        // Leaving the guard may take its time: just before the deadline nobody is asked any more.
        if (this.#askAgain < wait - LAST_CALL_MS) wait = this.#askAgain;
        this.#askAgain = Math.min(ASK_AGAIN_MS.longest, this.#askAgain * 2);
      }
      const wakeAt = now() + wait;
      let alarm: NodeJS.Timeout | undefined;
      let spin: NodeJS.Immediate | undefined;
      const go = () => {
        clearTimeout(alarm);
        clearImmediate(spin);
        this.#group.onProgress = undefined;
        resolve();
      };
      const approach = () => {
        if (now() >= wakeAt) go();
        else spin = setImmediate(approach);
      };
      this.#group.onProgress = () => {
        this.#group.onProgress = undefined;
        setImmediate(go);
      };
      alarm = setTimeout(approach, Math.max(0, wait - ALARM_LEAD_MS));
    });
  }
}
