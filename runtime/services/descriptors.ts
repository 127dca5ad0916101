/**
 * A reserve of file descriptors. A `vm` time-out makes an event loop of its own for its watching thread. Where no
 * descriptor is free for that, Node aborts the process. So some are kept, and given up just before.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** An epoll, an eventfd, a pipe's two ends; and one, for another thread may open a file in between. */
const WANTED = 5;

export class DescriptorReserve {
  readonly #held: number[] = [];

  /** Takes what is missing; false when there are not enough. */
  take(): boolean {
    try {
      while (this.#held.length < WANTED) this.#held.push(openSync(devNull, 'r'));
      return true;
    } catch {
      return false;
    }
  }

  /** Gives all of them up, for who needs as many at once. */
  give(): void {
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor);
  }
}
