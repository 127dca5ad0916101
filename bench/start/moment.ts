import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Moment } from './job.ts';

/** The CPU time comes first: a collection has some of its own. */
export function momentNow(): Moment {
  const { user, system } = process.cpuUsage();
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, rss } = process.memoryUsage();
  return { cpu: (user + system) / 1e3, heap: heapUsed / 1e3, resident: rss / 1e3 };
}
