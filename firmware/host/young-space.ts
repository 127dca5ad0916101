/**
 * V8's young space, where objects are made. When it is full, those that stay are moved, and the event loop waits. It would
 * grow from 1 to 16 MB while much stays, such as a table that is loaded: a wait of several ms each time. At its first size
 * the waits are fractions of one; there are more of them, and they take about as long together.
 */
import { setFlagsFromString } from 'node:v8';
import type { Worker } from 'node:worker_threads';

/** The young space stays as small as it is at first. */
export function keepYoungSpaceSmall(): void {
  growNot();
  // V8 sets it back, for all threads, with each heap that it makes: that of a thread which compiles a version is one.
  process.on('worker', (worker: Worker) => worker.once('online', growNot));
}

function growNot(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
