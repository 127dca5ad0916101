/**
 * Routes of other programs, counted: a table of the whole Internet that somebody else installs is not to fill this program's
 * memory. The count is exact after a list, and about right in between.
 */
import { NLM_F_REPLACE } from '../netlink/constants.ts';
import type { Route } from '../netlink/route.ts';
import { MOST_FOREIGN, OWN_PROTOCOL } from './datum.ts';

const RTPROT_KERNEL = 2;
/** Part of the limit below which those that were left out are listed again. */
const ROOM = 0.9;

export class ForeignRoutes {
  readonly #most: number;
  #present = 0;
  #leftOut = 0;

  constructor(most = MOST_FOREIGN) {
    this.#most = most;
  }

  get present(): number {
    return this.#present;
  }

  /** Routes that were not told since the last list began. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** There is room again for those that were left out. */
  get hasRoom(): boolean {
    return this.#leftOut > 0 && this.#present < ROOM * this.#most;
  }

  /** A list begins. */
  clear(): void {
    this.#present = 0;
    this.#leftOut = 0;
  }

  /** A route of a list; false where it is one too many. */
  listed(route: Route): boolean {
    return !isForeign(route) || this.#another();
  }

  /** A change that was heard; false where it is one too many. */
  heard(route: Route, gone: boolean, flags: number): boolean {
    if (!isForeign(route)) return true;
    if (gone) this.#present = Math.max(0, this.#present - 1);
    if (gone || (flags & NLM_F_REPLACE) !== 0) return true;
    return this.#another();
  }

  #another(): boolean {
    this.#present++;
    if (this.#present <= this.#most) return true;
    this.#leftOut++;
    return false;
  }
}

/** The kernel's own lead to the networks of the links: there are as many as addresses, and nothing works without them. */
function isForeign({ protocol }: Route): boolean {
  return protocol !== OWN_PROTOCOL && protocol !== RTPROT_KERNEL;
}
